"""`tou gateway info` and `trust`, against a simulated gateway at work in a thread."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from scheduler.audit import review, views
from scheduler.audit.database import open_database
from scheduler.cli.gateway_trust import with_line
from scheduler.simulated import DEFAULT_PASSWORD, Faults, SimulatedGateway

from .conftest import Tou

LINE = b"TOU_GATEWAY_FINGERPRINT=new"
LOGIN = ("POST", "/api/login/Basic")


class Beside:
    """A simulated gateway that answers while a command runs."""

    def __init__(self, **words: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.gateway = SimulatedGateway(run_seconds=0.2, **words)
        self._do(self.gateway.start())

    def sent(self) -> list[tuple[str, str]]:
        """Method and path of each request so far."""
        return [(each.method, each.path) for each in self.gateway.device.requests]

    def running(self) -> bool:
        """Whether the battery is being run."""

        async def ask() -> bool:
            return self.gateway.device.sitemaster_running

        return bool(self._do(ask()))

    def close(self) -> None:
        self._do(self.gateway.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


Paired = Callable[..., Beside]


@pytest.fixture
def beside() -> Iterator[Callable[..., Beside]]:
    """Starts gateways and stops them in the end."""
    started: list[Beside] = []

    def start(**words: Any) -> Beside:
        started.append(Beside(**words))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def paired(beside: Callable[..., Beside], monkeypatch: pytest.MonkeyPatch) -> Paired:
    """Starts a gateway that the settings name and trust."""

    def start(**words: Any) -> Beside:
        made = beside(**words)
        monkeypatch.setenv("TOU_GATEWAY", "local")
        monkeypatch.setenv("TOU_GATEWAY_URL", made.gateway.url)
        monkeypatch.setenv("TOU_GATEWAY_FINGERPRINT", made.gateway.fingerprint)
        monkeypatch.setenv("TOU_GATEWAY_PAUSE", "0")
        return made

    return start


def _password(monkeypatch: pytest.MonkeyPatch, text: str = DEFAULT_PASSWORD) -> None:
    monkeypatch.setenv("TOU_GATEWAY_PASSWORD", text)


def _runs(home: Path) -> list[views.RunView]:
    with closing(open_database(home / "tou.db")) as database:
        return review.runs(database)


def _events(home: Path) -> list[views.EntryView]:
    with closing(open_database(home / "tou.db")) as database:
        return review.events(database)


# info


def test_info_looks_without_a_login_a_password_or_an_entry(
    tou: Any, paired: Paired, home: Path
) -> None:
    made = paired(charge=60)

    answer = tou("gateway", "info", "--format", "json")

    told = json.loads(answer.out)
    assert LOGIN not in made.sent()
    assert not (home / "tou.db").exists()
    assert (told["version"], told["can_write"], told["login_stops"]) == ("1.49.0", True, True)
    assert (told["session"], told["setting"]) == (False, None)
    assert told["sitemaster_running"] is True
    assert told["charge_percent"] == pytest.approx(60, abs=0.1)


def test_info_says_why_a_gateway_cannot_be_written(tou: Any, paired: Paired) -> None:
    made = paired(profile="21.44")

    answer = tou("gateway", "info")

    assert answer.code == 0
    assert LOGIN not in made.sent()
    assert "can be written  no. Firmware 21.44 does not let" in answer.out
    assert "charge          not told without a session" in answer.out


def test_info_with_login_is_on_the_record_and_leaves_the_battery_running(
    tou: Any, paired: Paired, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = paired()
    _password(monkeypatch)

    answer = tou("gateway", "info", "--login", "--format", "json")

    told = json.loads(answer.out)
    assert told["setting"] == {
        "mode": "self_consumption",
        "reserve_percent": 20.0,
        "raw_reserve": 24.0,
    }
    assert (told["session"], told["owes_restart"]) == (True, False)
    assert made.sent().count(LOGIN) == 1
    assert made.running()
    (run,) = _runs(home)
    assert (run.kind, run.wake, run.outcome) == ("info", "operator", "completed")
    steps = [(step.method, step.path) for step in run.steps]
    assert steps == made.sent()


def test_a_session_of_an_earlier_login_is_used_without_another(
    tou: Any, paired: Paired, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = paired()
    _password(monkeypatch)
    tou("gateway", "info", "--login")

    answer = tou("gateway", "info")

    assert made.sent().count(LOGIN) == 1
    assert "session         one that works is at hand" in answer.out
    assert "setting         Self-Powered, 20 % (raw 24)" in answer.out


def test_a_refused_login_is_exit_77_recorded_and_tells_no_password(
    tou: Any, paired: Paired, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = paired()
    _password(monkeypatch, "hunter2-hunter2")

    answer = tou("gateway", "info", "--login")

    (run,) = _runs(home)
    assert answer.code == 77
    assert "hunter2" not in answer.out + answer.err + (run.error or "")
    assert run.outcome == "refused"
    assert made.sent().count(LOGIN) == 1


def test_a_login_without_a_password_is_a_setting_to_mend(tou: Any, paired: Paired) -> None:
    made = paired()

    answer = tou("gateway", "info", "--login")

    assert answer.code == 78
    assert "TOU_GATEWAY_PASSWORD" in answer.err
    assert made.sent() == []


def test_another_certificate_is_exit_77_and_gets_no_request(
    tou: Any, paired: Paired, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = paired()
    monkeypatch.setenv("TOU_GATEWAY_FINGERPRINT", "0" * 64)

    answer = tou("gateway", "info")

    assert answer.code == 77
    assert "another certificate" in answer.err
    assert made.sent() == []


def test_a_gateway_that_is_away_is_exit_69(tou: Any, paired: Paired) -> None:
    paired(faults=Faults(refuse=True))

    answer = tou("gateway", "info")

    assert answer.code == 69
    assert "refuses the connection" in answer.err


def test_without_settings_info_is_a_simulation_and_says_so(tou: Any) -> None:
    answer = tou("gateway", "info")

    assert answer.code == 0
    assert answer.out.startswith("SIMULATION: ")


# trust


def test_trust_shows_the_certificate_records_it_and_prints_the_setting(
    tou: Any, beside: Callable[..., Beside], home: Path
) -> None:
    gateway = beside().gateway
    shown = ":".join(gateway.fingerprint.upper()[at : at + 2] for at in range(0, 64, 2))

    answer = tou("gateway", "trust", gateway.url, "--yes")

    assert answer.code == 0
    assert f"SHA-256      {shown}\n" in answer.out
    assert "names        teg, powerwall, powerpack\n" in answer.out
    assert f"  TOU_GATEWAY_FINGERPRINT={gateway.fingerprint}\n" in answer.out
    (event,) = _events(home)
    assert event.kind == "trust"
    assert event.detail == {
        "url": gateway.url,
        "old_fingerprint": None,
        "new_fingerprint": gateway.fingerprint,
    }


def test_trust_sends_no_request(tou: Any, beside: Callable[..., Beside]) -> None:
    made = beside()

    tou("gateway", "trust", made.gateway.url, "--yes")

    assert made.sent() == []


def test_trust_warns_of_another_certificate_than_the_paired_one(
    tou: Any, paired: Paired, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paired()
    monkeypatch.setenv("TOU_GATEWAY_FINGERPRINT", "ab" * 32)

    answer = tou("gateway", "trust", "--yes")

    assert f"It is NOT the one that is paired: {'AB:' * 31}AB." in answer.out
    assert _events(home)[0].detail["old_fingerprint"] == "ab" * 32


def test_trust_without_anybody_to_ask_changes_nothing(
    tou: Any, beside: Callable[..., Beside], home: Path
) -> None:
    answer = tou("gateway", "trust", beside().gateway.url)

    assert answer.code == 2
    assert "--yes" in answer.err
    assert list(home.iterdir()) == []


def test_trust_asks_a_person_and_takes_a_yes(
    tou: Any, beside: Callable[..., Beside], home: Path
) -> None:
    answer = tou("gateway", "trust", beside().gateway.url, typed=b"y\n")

    assert answer.code == 0
    assert "Is this the fingerprint of your gateway? [y/N]" in answer.out
    assert len(_events(home)) == 1


@pytest.mark.parametrize("typed", [b"n\n", b"\n", b""], ids=["no", "enter", "end of input"])
def test_trust_takes_anything_but_a_yes_for_a_no(
    tou: Any, beside: Callable[..., Beside], home: Path, typed: bytes
) -> None:
    answer = tou("gateway", "trust", beside().gateway.url, typed=typed)

    assert answer.code == 1
    assert list(home.iterdir()) == []


def test_trust_writes_its_line_and_keeps_the_rest_and_the_mode(
    tou: Any, beside: Callable[..., Beside], home: Path
) -> None:
    gateway = beside().gateway
    settings = home / "tou.env"
    settings.write_text("# mine\nTOU_SITE=cabin\nTOU_GATEWAY_FINGERPRINT=old\nTOU_PULSE=1m\n")
    settings.chmod(0o640)

    answer = tou("gateway", "trust", gateway.url, "--yes", "--write", "tou.env")

    assert answer.code == 0
    assert settings.read_text() == (
        f"# mine\nTOU_SITE=cabin\nTOU_GATEWAY_FINGERPRINT={gateway.fingerprint}\nTOU_PULSE=1m\n"
    )
    assert settings.stat().st_mode & 0o777 == 0o640


def test_a_new_settings_file_is_readable_by_its_owner_alone(
    tou: Any, beside: Callable[..., Beside], home: Path
) -> None:
    tou("gateway", "trust", beside().gateway.url, "--yes", "--write", "tou.env")

    assert (home / "tou.env").stat().st_mode & 0o777 == 0o600


def test_trust_as_json_is_one_object(tou: Any, beside: Callable[..., Beside]) -> None:
    gateway = beside().gateway

    answer = tou("gateway", "trust", gateway.url, "--yes", "--format", "json")

    told = json.loads(answer.out)
    assert told["fingerprint"] == gateway.fingerprint
    assert told["setting"] == f"TOU_GATEWAY_FINGERPRINT={gateway.fingerprint}"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        pytest.param("https://127.0.0.1:9", 69, id="nobody there"),
        pytest.param("http://127.0.0.1:9", 78, id="not https"),
    ],
)
def test_trust_of_nothing_records_nothing(tou: Any, home: Path, url: str, code: int) -> None:
    answer = tou("gateway", "trust", url, "--yes")

    assert answer.code == code
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"", LINE + b"\n", id="empty file"),
        pytest.param(b"A=1", b"A=1\n" + LINE + b"\n", id="no newline at the end"),
        pytest.param(
            b"export TOU_GATEWAY_FINGERPRINT=old\n", b"export " + LINE + b"\n", id="exported"
        ),
        pytest.param(
            b"#TOU_GATEWAY_FINGERPRINT=x\n",
            b"#TOU_GATEWAY_FINGERPRINT=x\n" + LINE + b"\n",
            id="a comment is none",
        ),
        pytest.param(
            b"TOU_GATEWAY_FINGERPRINT=1\nA=1\nTOU_GATEWAY_FINGERPRINT=2\nB=2\n",
            LINE + b"\nA=1\nB=2\n",
            id="twice",
        ),
        pytest.param(
            b"A=1\r\nTOU_GATEWAY_FINGERPRINT=1\r\nB=\xff\r\n",
            b"A=1\r\n" + LINE + b"\r\nB=\xff\r\n",
            id="carriage returns and bytes that are no text",
        ),
    ],
)
def test_the_line_is_set_in_any_settings_file(before: bytes, after: bytes) -> None:
    assert with_line(before, LINE) == after


# info --all


def test_info_all_shows_every_read_without_private_data_or_a_login(
    tou: Any, paired: Paired
) -> None:
    made = paired()

    answer = tou("gateway", "info", "--all", "--format", "json")

    details = json.loads(answer.out)["details"]
    assert LOGIN not in made.sent()
    assert details["meters/aggregates"]["load"]["instant_power"] > 0
    assert details["config"]["vin"] == "[private]"
    assert details["site_info"]["site_name"] == "[private]"
    assert details["operation"] == "needs a session; --login makes one"
    assert "T0000000000000" not in answer.out


def test_info_all_with_login_and_private_shows_it_all(
    tou: Any, paired: Paired, monkeypatch: pytest.MonkeyPatch
) -> None:
    paired(profile="1.49")
    _password(monkeypatch)

    answer = tou("gateway", "info", "--all", "--private", "--login")

    assert answer.code == 0
    assert "T0000000000000" in answer.out
    assert "real_mode" in answer.out


def test_info_private_alone_is_a_mistake(tou: Any, paired: Paired) -> None:
    paired()

    assert tou("gateway", "info", "--private").code == 2


# logout


def test_logout_ends_the_session_there_and_here_on_the_record(
    tou: Tou, home: Path, paired: Paired, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = paired(profile="1.49")
    _password(monkeypatch)
    tou("gateway", "info", "--login")

    answer = tou("gateway", "logout", "--format", "json")

    (left,) = json.loads(answer.out)["gateways"]
    assert (answer.code, left["ended"]) == (0, True)
    assert "forgotten here. The next switch logs in anew, which stops" in left["told"]
    assert made.sent()[-1] == ("GET", "/api/logout")
    assert json.loads((home / "tou.session").read_text())["session"] is None
    run = _runs(home)[-1]
    assert (run.kind, run.outcome, run.detail["note"]) == ("logout", "completed", left["told"])
    assert json.loads(tou("gateway", "info", "--format", "json").out)["session"] is False


def test_logout_without_a_session_sends_nothing(
    tou: Tou, paired: Paired, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = paired(profile="1.49")
    _password(monkeypatch)

    answer = tou("gateway", "logout")

    assert (answer.code, made.sent()) == (0, [])
    assert answer.out.endswith(": There is no session.\n")


def test_logout_runs_a_battery_that_a_login_left_standing_before(
    tou: Tou, home: Path, paired: Paired, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = paired(profile="1.49")
    _password(monkeypatch)
    tou("gateway", "info", "--login")
    memory = json.loads((home / "tou.session").read_text())
    memory["restart_owed"] = "2026-07-06T09:00:00Z"
    (home / "tou.session").write_text(json.dumps(memory))

    answer = tou("gateway", "logout")

    paths = [path for _, path in made.sent()]
    assert answer.code == 0
    assert paths[-2:] == ["/api/sitemaster", "/api/logout"]
    assert json.loads((home / "tou.session").read_text())["restart_owed"] is None


def test_logout_of_a_gateway_that_is_away_keeps_the_session(
    tou: Tou, home: Path, paired: Paired, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = paired(profile="1.49")
    _password(monkeypatch)
    tou("gateway", "info", "--login")
    made.gateway.faults.refuse = True

    answer = tou("gateway", "logout")

    assert answer.code == 69
    assert json.loads((home / "tou.session").read_text())["session"] is not None
    assert _runs(home)[-1].outcome == "unreachable"


@pytest.mark.parametrize(
    ("name", "told"),
    [("fleet", "withdrawn"), ("v1r", "signed with the paired key"), ("proxy", "the proxy has its")],
)
def test_logout_says_what_ends_the_access_where_no_session_is_kept(
    tou: Tou, monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    monkeypatch.setenv("TOU_GATEWAY", name)

    answer = tou("gateway", "logout")

    assert (answer.code, told in answer.out) == (1, True)
    assert "No session was ended" in answer.err


def test_logout_leaves_each_gateway_of_a_line(
    tou: Tou, home: Path, paired: Paired, monkeypatch: pytest.MonkeyPatch
) -> None:
    paired(profile="1.49")
    _password(monkeypatch)
    tou("gateway", "info", "--login")
    monkeypatch.setenv("TOU_GATEWAY", "v1r,local")

    answer = tou("gateway", "logout")

    assert answer.code == 0
    assert [line.partition(":")[0].split()[0] for line in answer.out.splitlines()] == [
        "v1r",
        "local",
    ]
    assert json.loads((home / "tou.session").read_text())["session"] is None
