"""The whole of `tou gateway pair`: against a simulated unit, and the cloud in front of it."""

import asyncio
import base64
import binascii
import json
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from scheduler.audit import review
from scheduler.audit.database import open_database
from scheduler.gateway.fleet.tokens import TokenFile, Tokens
from scheduler.gateway.v1r.key import Key, make_key
from scheduler.simulated.fleet import SimulatedFleet
from scheduler.simulated.v1r import SimulatedV1r
from scheduler.simulated.v1r.keyring import Paired
from scheduler.simulated.v1r.unit import Unit

from .conftest import Tou

pytest.importorskip("aiopowerwall", reason="the extra tedapi is not installed")

PASSWORD = "LABEL-PASSWORD"
QUICK = ("--every", "0s", "--wait", "5s")


def relay_of(unit: Unit) -> Callable[..., Any]:
    """The way from the cloud to a unit: its keys, and where it is."""

    def relay(message: Mapping[str, Any]) -> Any:
        asked = message.get("authorization", {})
        if "add_authorized_client_request" in asked:
            return _added(unit, asked["add_authorized_client_request"])
        if "list_authorized_clients_request" in asked:
            return _listed(unit)
        if "get_networking_status_request" in message.get("common", {}):
            return _network()
        return None

    return relay


def _added(unit: Unit, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        key = base64.b64decode(str(wanted["public_key"]), validate=True)
    except (binascii.Error, KeyError):
        return None
    unit.keyring.add(key, unit.turn(), str(wanted.get("description", "")))
    return _told("Authorization", "AddAuthorizedClientResponse", {"client": {"state": 1}})


def _listed(unit: Unit) -> dict[str, Any]:
    clients = [
        {
            "type": 1,
            "description": each.description,
            "key_type": 1,
            "public_key": base64.b64encode(each.public_der).decode(),
            "roles": [1],
            "state": int(each.state),
            "verification": 1,
        }
        for each in unit.keyring.all(unit.turn())
    ]
    return _told("Authorization", "ListAuthorizedClientsResponse", {"clients": clients})


def _network() -> dict[str, Any]:
    wired = {"enabled": True, "ipv4_config": {"address": int(IPv4Address("127.0.0.1"))}}
    found = {"eth": wired, "wifi": {"enabled": False}, "gsm": {"enabled": True}}
    return _told("Common", "GetNetworkingStatusResponse", found)


def _told(room: str, name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {"message": {"Payload": {room: {"Message": {name: found}}}}}


class Neighbourhood:
    """A unit and a cloud in a thread of their own, since the command has a loop of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._ready.wait(60)

    async def _start(self) -> None:
        self.unit, self.cloud = SimulatedV1r(password=PASSWORD), SimulatedFleet()
        await self.unit.start()
        await self.cloud.start()
        self.cloud.door.relay = relay_of(self.unit.unit)

    async def _stop(self) -> None:
        await self.cloud.stop()
        await self.unit.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._start())
        self._ready.set()
        self.loop.run_forever()
        self.loop.run_until_complete(self._stop())
        self.loop.close()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(60)

    def somebody_waits(self) -> None:
        """Somebody stands at the unit, and moves its switch once a key waits for it."""
        self.loop.call_soon_threadsafe(self._mind)

    def _mind(self) -> None:
        if any(each.state.name == "PENDING" for each in self.keys):
            self.move_switch()
        else:
            self.loop.call_later(0.02, self._mind)

    def move_switch(self) -> None:
        self.unit.keyring.move_switch(self.unit.unit.turn())

    @property
    def keys(self) -> list[Paired]:
        return self.unit.keyring.all(self.unit.unit.turn())


@pytest.fixture
def there() -> Iterator[Neighbourhood]:
    made = Neighbourhood()
    yield made
    made.close()


@pytest.fixture
def cloud(there: Neighbourhood, home: Path, monkeypatch: pytest.MonkeyPatch) -> SimulatedFleet:
    """A sign-in, as `tou gateway login` leaves one."""
    for name in ("API", "SIGN_IN", "TOKEN"):
        monkeypatch.setenv(f"TOU_FLEET_{name}_URL", there.cloud.url)
    monkeypatch.setenv("TOU_FLEET_SITE", there.cloud.site)
    now = datetime.now(UTC)
    first = Tokens(there.cloud.client_id, "none", "none", now, now)
    TokenFile(home / "tou.fleet").keep(first.renewed(there.cloud.tokens(), now))
    return there.cloud


@pytest.fixture
def at_home(there: Neighbourhood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOU_V1R_HOST", there.unit.address)
    monkeypatch.setenv("TOU_V1R_PASSWORD", PASSWORD)


@pytest.fixture
def key(home: Path) -> Key:
    return make_key(home / "v1r.pem", bits=2048)


@pytest.fixture
def paired(
    there: Neighbourhood, at_home: None, key: Key, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.unit.keyring.verify(key.public_der)
    monkeypatch.setenv("TOU_GATEWAY", "v1r")
    monkeypatch.setenv("TOU_V1R_KEY", str(home / "v1r.pem"))


def test_from_nothing_to_a_key_that_is_taken(
    tou: Tou, there: Neighbourhood, cloud: SimulatedFleet, home: Path
) -> None:
    there.somebody_waits()

    answer = tou("gateway", "pair", *QUICK)

    path = home / "v1r.pem"
    assert answer.code == 0, answer.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"RSA PRIVATE KEY" in path.read_bytes()
    assert "count to fifteen" in answer.out
    assert f"TOU_V1R_KEY={path}" in answer.out
    assert "TOU_V1R_HOST=127.0.0.1" in answer.out
    assert "PRIVATE" not in answer.out + answer.err


def test_what_was_paired_is_in_the_audit_without_the_key(
    tou: Tou, there: Neighbourhood, cloud: SimulatedFleet, home: Path, key: Key
) -> None:
    there.somebody_waits()
    tou("gateway", "pair", *QUICK)

    database = open_database(home / "tou.db")
    events = [each for each in review.events(database) if each.kind == "pair"]
    database.close()

    assert [each.name for each in events] == ["v1r key"]
    assert "PRIVATE" not in repr(events)


def test_a_cloud_that_passes_no_messages_on_is_told_as_what_it_is(
    tou: Tou, there: Neighbourhood, cloud: SimulatedFleet, key: Key
) -> None:
    there.cloud.door.relay = None

    answer = tou("gateway", "pair", "--wait", "0s")

    assert answer.code == 77
    assert "does not pass messages on to this site's gateway" in answer.err
    assert "does not know this energy site" not in answer.err


def test_a_second_run_goes_on_with_the_same_key(
    tou: Tou, there: Neighbourhood, cloud: SimulatedFleet, key: Key
) -> None:
    first = tou("gateway", "pair", "--wait", "0s")
    there.move_switch()
    second = tou("gateway", "pair", "--wait", "0s")

    assert (first.code, second.code) == (1, 0)
    assert "Not verified yet" in first.err
    assert [each.public_der for each in there.keys] == [key.public_der]


def test_where_nobody_came_in_time_it_says_so_and_registers_anew(
    tou: Tou, there: Neighbourhood, cloud: SimulatedFleet, key: Key
) -> None:
    tou("gateway", "pair", "--wait", "0s")
    there.keys[0].added -= 1000
    late = tou("gateway", "pair", "--wait", "0s")
    again = there.keys[0].state.name

    assert late.code == 1
    assert again == "PENDING"


def test_a_key_that_was_removed_is_registered_anew(
    tou: Tou, there: Neighbourhood, cloud: SimulatedFleet, key: Key
) -> None:
    there.unit.keyring.verify(key.public_der)
    there.unit.keyring.remove(key.public_der)
    there.somebody_waits()

    answer = tou("gateway", "pair", *QUICK)

    assert answer.code == 0, answer.err
    assert "was removed" in answer.out


def test_a_key_that_works_already_is_found_at_home_without_the_cloud(
    tou: Tou, there: Neighbourhood, at_home: None, key: Key
) -> None:
    there.unit.keyring.verify(key.public_der)

    answer = tou("gateway", "pair")

    assert answer.code == 0, answer.err
    assert "takes the key" in answer.out
    assert there.cloud.log == []


def test_a_key_that_others_made_and_registered_only_waits_for_the_switch(
    tou: Tou, there: Neighbourhood, at_home: None, home: Path
) -> None:
    key = make_key(home / "theirs.pem", bits=2048)
    there.unit.keyring.add(key.public_der, there.unit.unit.turn())
    there.somebody_waits()

    answer = tou("gateway", "pair", "--key", "theirs.pem", *QUICK)

    assert answer.code == 0, answer.err


def test_without_a_sign_in_it_tells_both_ways_and_leaves_the_public_half(
    tou: Tou, home: Path, key: Key
) -> None:
    answer = tou("gateway", "pair")

    assert answer.code == 78
    assert "tou gateway login" in answer.err
    assert "pypowerwall register" in answer.err
    assert (home / "v1r.pub").read_text().strip() == key.public_text


def test_json_has_the_state_and_no_secret(
    tou: Tou, there: Neighbourhood, cloud: SimulatedFleet, key: Key
) -> None:
    there.somebody_waits()

    answer = tou("gateway", "pair", *QUICK, "--format", "json")

    found = json.loads(answer.out)
    assert (found["state"], found["key"], found["made"]) == ("verified", key.short, False)
    assert "PRIVATE" not in answer.out


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.chmod(0o644), "chmod 600"),
        (lambda path: path.write_bytes(b"no key"), "no private key in PEM"),
        (lambda path: path.write_bytes(b"\xff" * 30_000), "larger than"),
        (lambda path: (path.unlink(), path.mkdir()), "directory"),
    ],
    ids=["open to others", "no key", "too long", "a folder"],
)
def test_a_key_that_cannot_be_used_is_one_clear_message(
    tou: Tou, home: Path, key: Key, spoil: Callable[..., Any], words: str
) -> None:
    spoil(home / "v1r.pem")

    answer = tou("gateway", "pair", "--key", str(home / "v1r.pem"))

    assert answer.code in (2, 77, 78)
    assert words in answer.err
    assert "Traceback" not in answer.err


def test_a_credential_of_systemd_is_taken_whatever_its_mode_shows(
    tou: Tou, there: Neighbourhood, paired: None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home / "credentials"
    folder.mkdir()
    (home / "v1r.pem").rename(folder / "v1r_key")
    (folder / "v1r_key").chmod(0o440)
    monkeypatch.delenv("TOU_V1R_KEY")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))

    answer = tou("gateway", "info")

    assert answer.code == 0, answer.err


def test_an_elliptic_or_an_encrypted_key_is_told_apart(tou: Tou, home: Path) -> None:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    path = home / "v1r.pem"
    made = ec.generate_private_key(ec.SECP256R1())
    plain = made.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    path.write_bytes(plain)
    path.chmod(0o600)
    elliptic = tou("gateway", "pair")
    locked = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"word")
    )
    path.write_bytes(locked)
    encrypted = tou("gateway", "pair")

    assert "no RSA key" in elliptic.err
    assert "passphrase" in encrypted.err
    assert (elliptic.code, encrypted.code) == (78, 78)


def test_a_wrong_password_is_told_and_ends_it(
    tou: Tou, there: Neighbourhood, at_home: None, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOU_V1R_PASSWORD", "WRONG-LABEL")

    answer = tou("gateway", "pair")

    assert answer.code == 77
    assert "TOU_V1R_PASSWORD" in answer.err
    assert there.unit.logins == 1


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("TOU_V1R_HOST", "TOU_V1R_HOST is not set"),
        ("TOU_V1R_KEY", "tou gateway pair"),
        ("TOU_V1R_PASSWORD", "TOU_V1R_PASSWORD is not set"),
    ],
)
def test_a_setting_that_is_missing_is_named(
    tou: Tou, paired: None, monkeypatch: pytest.MonkeyPatch, missing: str, words: str
) -> None:
    monkeypatch.delenv(missing)

    answer = tou("apply")

    assert answer.code == 78
    assert words in answer.err


def test_an_address_with_a_scheme_is_refused(tou: Tou, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOU_GATEWAY", "v1r")
    monkeypatch.setenv("TOU_V1R_HOST", "https://10.42.1.40")

    answer = tou("check")

    assert answer.code == 78
    assert "TOU_V1R_HOST: write a name or an address alone" in answer.err


def test_the_present_setting_is_applied_over_v1r(
    tou: Tou, there: Neighbourhood, paired: None
) -> None:
    there.unit.unit.config.put("backup", 81.0, there.unit.unit.turn())

    answer = tou("apply")

    assert answer.code == 0, answer.err
    assert there.unit.unit.config.writes == 1


def test_the_gateway_tells_what_it_is(tou: Tou, paired: None) -> None:
    answer = tou("gateway", "info")

    assert answer.code == 0, answer.err
    assert "26.18.1" in answer.out


def python(text: str) -> subprocess.CompletedProcess[str]:
    """A process of its own."""
    words = [sys.executable, "-c", text]
    return subprocess.run(words, check=False, capture_output=True, text=True)


def test_without_the_extra_one_message_names_it() -> None:
    hidden = (
        "import sys; sys.modules['aiopowerwall'] = None\n"
        "from scheduler.gateway.v1r import the_library\n"
        "from scheduler.errors import SettingsError\n"
        "try: the_library()\n"
        "except SettingsError as error: print(error)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", hidden], check=False, capture_output=True, text=True
    )

    assert "pip install 'tou-scheduler[tedapi]'" in answer.stdout


def test_a_service_of_another_gateway_does_not_carry_the_library() -> None:
    asked = (
        "import sys\n"
        "from scheduler.host import host, sites\n"
        "from scheduler.gateway import registry\n"
        "registry.transport('local'); registry.transport('simulated'); registry.transport('v1r')\n"
        "registry.settings_of('v1r')\n"
        "print([each for each in ('aiopowerwall', 'aiohttp', 'google.protobuf') "
        "if each in sys.modules])"
    )

    answer = subprocess.run(
        [sys.executable, "-c", asked], check=False, capture_output=True, text=True
    )

    assert answer.stdout.strip() == "[]", answer.stderr


def test_a_token_of_teslemetry_pairs_by_its_own_calls(
    tou: Tou, there: Neighbourhood, cloud: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOU_FLEET_PROVIDER", "teslemetry")
    monkeypatch.setenv("TOU_FLEET_TOKEN", str(cloud.tokens()["access_token"]))
    there.somebody_waits()

    done = tou("gateway", "pair", *QUICK)

    assert done.code == 0, done.err
    asked = {f"{each.method} {each.path.rpartition(cloud.site)[2]}" for each in cloud.log}
    assert asked == {
        "GET /command/authorized_clients",
        "POST /command/add_authorized_client",
        "GET /command/networking_status",
    }
