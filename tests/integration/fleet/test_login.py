"""The whole of `tou gateway login` against the simulated cloud, without a browser."""

import asyncio
import io
import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scheduler.audit.database import open_database
from scheduler.cli import gateway_login_unit as unit
from scheduler.cli.gateway_login import login_command
from scheduler.errors import (
    ConfigurationError,
    GatewayBusyError,
    GatewayProtocolError,
    GatewayRefusedError,
)
from scheduler.gateway.fleet import TOKENS
from scheduler.gateway.fleet.progress import Progress, ProgressFile
from scheduler.gateway.fleet.tokens import TokenFile
from scheduler.simulated.fleet import SimulatedFleet
from scheduler.simulated.fleet.signin import CLIENT_ID, CLIENT_SECRET

REDIRECT = "http://127.0.0.1:{port}/callback"


class Cloud:
    """A simulated cloud in a thread of its own, since the command has a loop of its own."""

    def __init__(self) -> None:
        self.fleet = SimulatedFleet()
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._ready.wait(60)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self.fleet.start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self.fleet.stop())
        self._loop.close()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)

    @property
    def domain(self) -> str:
        return self.fleet.url.removeprefix("http://")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    yield made
    made.close()


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> Path:
    path = tmp_path / "tou.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOU_DATABASE", str(path))
    for name in ("API", "SIGN_IN", "TOKEN"):
        monkeypatch.setenv(f"TOU_FLEET_{name}_URL", cloud.fleet.url)
    return path


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return tmp_path / "units"


class Signer:
    """Answers as a person does, and goes to the address that is shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any]) -> None:
        self.answers = dict(answers)
        self.asked: list[str] = []
        monkeypatch.setattr("click.prompt", self.prompt)
        self.shown = ""
        monkeypatch.setattr("click.echo", self.echo)

    def echo(self, message: str = "", **_: Any) -> None:
        self.shown += f"{message}\n"

    def prompt(self, text: str, **_: Any) -> Any:
        self.asked.append(text)
        for start, answer in self.answers.items():
            if text.startswith(start):
                return answer() if callable(answer) else answer
        raise AssertionError(f"nobody knows what to say to: {text}")

    def came_back(self) -> str:
        """The address a browser ends at."""
        address = re.findall(r"http://\S+/authorize\?\S+", self.shown)[-1]
        return redirected(address)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def redirected(address: str) -> str:
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        opener.open(address)
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.headers["Location"]
    raise AssertionError("no redirect")


def sign_in(
    monkeypatch: pytest.MonkeyPatch,
    cloud: Cloud,
    units: Path,
    *,
    answers: dict[str, Any] | None = None,
    **options: Any,
) -> Signer:
    usual = {
        "DOMAIN": cloud.domain,
        "Client id": CLIENT_ID,
        "Client secret": CLIENT_SECRET,
        "Region": "na",
    }
    person = Signer(monkeypatch, {**usual, **(answers or {})})
    person.answers.setdefault("Address", person.came_back)
    given = {"provider": "tesla", "region": None, "paste": False, "again": False}
    assert login_command.callback is not None
    login_command.callback(
        **{**given, "redirect": "http://localhost:1/callback", "units": units, **options}
    )
    return person


def prepared(cloud: Cloud, database: Path) -> None:
    cloud.fleet.door.key_pem = ProgressFile(database).public_key()


def test_a_person_is_led_from_nothing_to_one_read(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)

    person = sign_in(monkeypatch, cloud, units)

    assert f"TOU_FLEET_SITE={cloud.fleet.site}" in person.shown
    assert "the site shows Self-Powered, 20 %" in person.shown
    assert cloud.fleet.cloud.commands == 1  # the registration of the domain, and no other
    assert TokenFile(database.with_suffix(".fleet")).read() is not None
    assert cloud.fleet.door.domains == {cloud.domain}


def test_no_secret_is_shown_or_left_behind(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)

    person = sign_in(monkeypatch, cloud, units)

    tokens = TokenFile(database.with_suffix(".fleet")).read()
    for secret in (*tokens.secrets(), CLIENT_SECRET):
        assert secret not in person.shown
    assert CLIENT_SECRET not in database.with_suffix(".fleet-setup").read_text()
    for ending in (".fleet", ".fleet-setup", ".fleet-key.pem"):
        assert database.with_suffix(ending).stat().st_mode & 0o077 == 0


def test_the_sign_in_is_an_entry_of_the_audit(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)
    sign_in(monkeypatch, cloud, units)

    opened = open_database(database)
    with opened.reading() as connection:
        rows = connection.exec_driver_sql("SELECT detail FROM audit WHERE kind='sign_in'").all()
    opened.close()

    assert [json.loads(row[0])["energy_site"] for row in rows] == [cloud.fleet.site]


def test_it_goes_on_where_it_was_left(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)
    cloud.fleet.faults.no_key = True
    with pytest.raises(GatewayRefusedError, match="cannot fetch the key"):
        sign_in(monkeypatch, cloud, units)

    cloud.fleet.faults.no_key = False
    person = sign_in(monkeypatch, cloud, units)

    assert person.asked == ["Address"]


def test_a_region_that_could_not_be_asked_for_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)
    cloud.fleet.faults.set("fails:region/503:1")
    with pytest.raises(GatewayBusyError):
        sign_in(monkeypatch, cloud, units)

    person = sign_in(monkeypatch, cloud, units)

    assert person.asked == ["Address"]
    assert "TOU_FLEET_REGION=na" in person.shown


def test_a_page_in_place_of_the_region_is_no_region(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)
    cloud.fleet.faults.set("pages:region/200:1")

    with pytest.raises(GatewayProtocolError, match="not its API"):
        sign_in(monkeypatch, cloud, units)


def test_a_secret_that_was_changed_meanwhile_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)
    file = ProgressFile(database)
    known = Progress("tesla", "na", cloud.domain, CLIENT_ID, "the one before")
    file.keep(known)
    with pytest.raises(GatewayRefusedError, match="id or secret is not right"):
        sign_in(monkeypatch, cloud, units)

    assert sign_in(monkeypatch, cloud, units).asked[:2] == [
        "Client id",
        "Client secret (it is not shown)",
    ]


def test_a_key_that_is_gone_from_its_place_has_the_place_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    ProgressFile(database).keep(Progress("tesla", "na", cloud.domain))
    with pytest.raises(ConfigurationError, match="must answer with the key"):
        sign_in(monkeypatch, cloud, units)

    prepared(cloud, database)
    assert sign_in(monkeypatch, cloud, units).asked[0].startswith("DOMAIN")


def test_a_domain_that_is_registered_already_is_as_good(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)
    cloud.fleet.faults.taken = True

    assert "Signed in" in sign_in(monkeypatch, cloud, units).shown


def test_a_key_that_is_not_there_is_said_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    with pytest.raises(ConfigurationError, match="must answer with the key"):
        sign_in(monkeypatch, cloud, units)


def test_a_wrong_secret_is_told_at_its_step(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)

    with pytest.raises(GatewayRefusedError, match="id or secret is not right") as caught:
        sign_in(monkeypatch, cloud, units, answers={"Client secret": "wrong"})

    assert caught.value.exit_code == 77


def test_a_box_that_was_not_ticked_is_named(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)
    cloud.fleet.faults.unticked = True

    with pytest.raises(GatewayRefusedError, match="Energy Product Commands"):
        sign_in(monkeypatch, cloud, units)

    assert TokenFile(database.with_suffix(".fleet")).read() is None


def test_an_address_of_another_sign_in_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)
    answers = iter(["http://localhost/callback?code=NA_aaaaaaaaaaaa&state=another", ""])
    person: dict[str, Any] = {}

    def address() -> str:
        return next(answers, None) or Signer.came_back(person["who"])

    original = Signer.__init__

    def remember(self: Signer, *given: Any) -> None:
        original(self, *given)
        person["who"] = self

    monkeypatch.setattr(Signer, "__init__", remember)
    shown = sign_in(monkeypatch, cloud, units, answers={"Address": address}).shown

    assert "of another sign-in" in shown
    assert "Signed in" in shown


def test_a_browser_on_this_machine_comes_back_by_itself(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    person: dict[str, Any] = {}

    def browser() -> str:
        found = person["who"].came_back()
        urllib.request.urlopen(found).close()
        return ""

    original = Signer.__init__

    def remember(self: Signer, *given: Any) -> None:
        original(self, *given)
        person["who"] = self

    monkeypatch.setattr(Signer, "__init__", remember)
    answers = {"Address": browser}
    shown = sign_in(
        monkeypatch, cloud, units, answers=answers, redirect=REDIRECT.format(port=port)
    ).shown

    assert "Signed in" in shown


def test_the_right_site_is_picked_from_a_list_with_names(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)
    cloud.fleet.cloud.more_sites = ((77, "Cabin"), (78, ""))

    person = sign_in(monkeypatch, cloud, units, answers={"Which one": 1})

    assert "Cabin" in person.shown
    assert "without a name" in person.shown
    assert f"TOU_FLEET_SITE={cloud.fleet.site}" in person.shown


def test_tokens_made_elsewhere_are_taken_over(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    refresh = cloud.fleet.tokens()["refresh_token"]

    person = sign_in(monkeypatch, cloud, units, paste=True, answers={"Refresh token": refresh})

    kept = TokenFile(database.with_suffix(".fleet")).read()
    assert kept.refresh != refresh
    assert "must stop using them" in person.shown
    assert refresh not in person.shown


def test_pasted_tokens_that_are_dead_are_refused(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    with pytest.raises(GatewayRefusedError, match="no longer serves") as caught:
        sign_in(monkeypatch, cloud, units, paste=True, answers={"Refresh token": "NA_dead"})

    assert caught.value.exit_code == 77
    assert not database.with_suffix(TOKENS).exists()


def test_pasted_tokens_that_lack_a_right_are_kept_once_they_were_renewed(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    lacking = cloud.fleet.tokens(scopes=("openid", "offline_access", "energy_device_data"))

    with pytest.raises(GatewayRefusedError):
        sign_in(
            monkeypatch,
            cloud,
            units,
            paste=True,
            answers={"Refresh token": lacking["refresh_token"]},
        )

    assert TokenFile(database.with_suffix(TOKENS)).read() is not None


def test_a_dead_paste_does_not_replace_a_sign_in_that_works(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    good = {"Refresh token": cloud.fleet.tokens()["refresh_token"]}
    sign_in(monkeypatch, cloud, units, paste=True, answers=good)
    kept = TokenFile(database.with_suffix(".fleet")).read()

    with pytest.raises(GatewayRefusedError):
        sign_in(monkeypatch, cloud, units, paste=True, answers={"Refresh token": "NA_dead"})

    assert TokenFile(database.with_suffix(".fleet")).read() == kept


@pytest.mark.parametrize("provider", ["teslemetry", "tessie"])
def test_the_easy_ways_need_a_token_alone(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path, provider: str
) -> None:
    token = cloud.fleet.tokens()["access_token"]

    person = sign_in(
        monkeypatch, cloud, units, provider=provider, answers={"Paste the token": token}
    )

    path = database.with_suffix(".fleet-token")
    assert path.read_text() == token
    assert path.stat().st_mode & 0o077 == 0
    assert f"TOU_FLEET_TOKEN_FILE={path}" in person.shown
    assert token not in person.shown


@pytest.mark.parametrize("pasted", ["dead", "of two words", "née"])
def test_a_token_that_is_not_taken_replaces_none_that_works(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path, pasted: str
) -> None:
    path = database.with_suffix(".fleet-token")
    path.write_text("the one that works")

    with pytest.raises(GatewayRefusedError):
        sign_in(monkeypatch, cloud, units, provider="tessie", answers={"Paste the token": pasted})

    assert path.read_text() == "the one that works"


def test_root_opens_the_way_out_of_the_service(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud, database: Path, units: Path
) -> None:
    prepared(cloud, database)
    units.mkdir()
    (units / unit.UNIT).write_text("[Service]\n")
    monkeypatch.setattr("os.geteuid", lambda: 0)

    person = sign_in(monkeypatch, cloud, units)

    written = unit.drop_in(units)
    assert "IPAddressDeny=\n" in written.read_text()
    assert str(written) in person.shown


def test_nobody_there_to_answer_ends_it_without_a_traceback(cloud: Cloud, database: Path) -> None:
    result = CliRunner().invoke(login_command, ["--provider", "tesla", "--region", "na"], input="")

    assert result.exit_code == 1
    assert "Aborted" in result.output


def test_answers_from_a_file_are_taken_without_a_word_about_terminals(
    cloud: Cloud, database: Path, monkeypatch: pytest.MonkeyPatch, units: Path
) -> None:
    refresh = str(cloud.fleet.tokens()["refresh_token"])
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CLIENT_ID}\n{refresh}\n"))
    assert login_command.callback is not None

    login_command.callback(
        provider="tesla", region="na", paste=True, again=False, redirect=REDIRECT, units=units
    )

    kept = TokenFile(database.with_suffix(TOKENS)).read()
    assert kept is not None
    assert kept.client_id == CLIENT_ID
