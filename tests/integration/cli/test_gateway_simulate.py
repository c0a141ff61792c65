"""`tou gateway simulate` as a process: what it prints, how it ends, what it logs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scheduler.simulated import Faults
from scheduler.simulated.fleet import FleetFaults
from scheduler.simulated.proxy import ProxyFaults
from scheduler.simulated.switches import Switches
from scheduler.simulated.v1r import V1rFaults

TOU = [sys.executable, "-m", "scheduler", "gateway", "simulate"]


@pytest.fixture
def simulate(home: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts simulations and kills what is left of them in the end."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*TOU, "--port", "0", *words],
            cwd=home,
            env={**os.environ, "PYTHONUNBUFFERED": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _end(process: subprocess.Popen[str], sign: signal.Signals) -> tuple[int, str, str]:
    process.send_signal(sign)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def _told(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_where_it_answers_at_once_and_ends_cleanly(
    simulate: Any, sign: signal.Signals
) -> None:
    process = simulate("--format", "json")
    told = _told(process)

    code, rest, err = _end(process, sign)

    assert set(told) == {"url", "fingerprint", "profile", "username", "password_is_default"}
    assert told["password_is_default"] is True
    assert (code, rest, err) == (0, "", "")


def test_its_lines_are_all_that_a_client_needs_and_its_requests_are_logged(
    simulate: Any, tou: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = simulate("--run-seconds", "0.2", "--charge", "42")
    for line in iter(process.stdout.readline, ""):
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").strip().partition("=")
            monkeypatch.setenv(name, value)
        if line.startswith("export TOU_GATEWAY_PASSWORD"):
            break
    monkeypatch.setenv("TOU_GATEWAY_PAUSE", "0")

    answer = tou("gateway", "info", "--login", "--format", "json")
    _, _, err = _end(process, signal.SIGTERM)

    told = json.loads(answer.out)
    assert told["setting"]["mode"] == "self_consumption"
    assert told["charge_percent"] == pytest.approx(42, abs=0.5)
    logged = [line.split(maxsplit=1)[1] for line in err.splitlines()]
    assert "POST /api/login/Basic 200" in logged
    assert "GET /api/operation 200" in logged


def test_a_password_of_ones_own_is_shown_nowhere(simulate: Any) -> None:
    process = simulate("--password", "hunter2-hunter2", "--format", "json")
    told = _told(process)

    _, out, err = _end(process, signal.SIGTERM)

    assert told["password_is_default"] is False
    assert "hunter2" not in json.dumps(told) + out + err


def test_an_identity_file_keeps_the_certificate(simulate: Any, home: Path) -> None:
    first = _told(simulate("--format", "json", "--identity", "gateway.pem"))

    second = _told(simulate("--format", "json", "--identity", "gateway.pem"))

    assert first["fingerprint"] == second["fingerprint"]
    assert (home / "gateway.pem").stat().st_mode & 0o777 == 0o600


def test_later_firmware_names_the_login_that_can_read(simulate: Any) -> None:
    told = _told(simulate("--format", "json", "--profile", "21.44"))

    assert (told["profile"], told["username"]) == ("21.44", "customer")


def test_a_story_is_played_while_it_serves(simulate: Any, home: Path) -> None:
    """It updates itself, is away for a while, and comes back with another version."""
    (home / "story.yaml").write_text(
        '- {after: 1s, restart: true, away: 1s, version: "20.49"}\n'
        "- {after: 1s, faults: [busy:3]}\n"
    )
    process = simulate("--story", "story.yaml", "--control", "0", "--format", "json")
    control = _told(process)["control"]
    before = now = _state(control)

    while now["version"] == before["version"] or not (now["running"] and now["faults"]):
        time.sleep(0.05)
        now = _state(control)

    assert now["version"].startswith("20.49")
    assert now["faults"] == {"busy": 3}
    assert _end(process, signal.SIGTERM)[0] == 0


def _state(control: str) -> dict[str, Any]:
    with urllib.request.urlopen(control) as answer:
        state: dict[str, Any] = json.load(answer)
        return state


def test_a_story_that_cannot_be_read_is_told_before_anything_is_served(
    tou: Any, home: Path
) -> None:
    (home / "story.yaml").write_text("- {at: 15:50, restart: true}\n- {at: teatime, stop: true}\n")

    answer = tou("gateway", "simulate", "--port", "0", "--story", "story.yaml")

    assert (answer.code, answer.out) == (78, "")
    assert answer.err.startswith("story.yaml:2:")


def test_a_story_at_another_door_is_a_usage_error(tou: Any, home: Path) -> None:
    (home / "story.yaml").write_text("- {at: 15:50, stop: true}\n")

    answer = tou("gateway", "simulate", "--door", "v1r", "--story", "story.yaml")

    assert answer.code == 2
    assert "--door local alone" in answer.err


def test_a_port_in_use_is_said(tou: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        answer = tou("gateway", "simulate", "--port", str(port))

    assert answer.code == 1
    assert answer.err.startswith(f"Port {port} on 127.0.0.1 cannot be taken")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--fault", "bussy:3"], "Did you mean busy?", id="unknown fault"),
        pytest.param(["--fault", "slow:fast"], '"slow:fast" is not a fault.', id="wrong value"),
        pytest.param(["--profile", "9.9"], "'1.49'", id="unknown firmware"),
        pytest.param(["--charge", "101"], "--charge", id="too full"),
        pytest.param(["--identity", "text.pem"], "does not hold a certificate", id="no identity"),
    ],
)
def test_wrong_words_are_usage_errors(tou: Any, home: Path, words: list[str], said: str) -> None:
    (home / "text.pem").write_text("not a certificate")

    answer = tou("gateway", "simulate", *words)

    assert answer.code == 2
    assert said in answer.err


def test_help_lists_every_fault_of_each_door(tou: Any) -> None:
    answer = tou("gateway", "simulate", "--help")

    _, *parts = answer.out.split("Faults of --door ")
    told = {part.partition(":")[0]: part for part in parts}
    doors: dict[str, type[Switches]] = {
        "local": Faults,
        "fleet": FleetFaults,
        "proxy": ProxyFaults,
        "v1r": V1rFaults,
    }
    assert set(told) == set(doors)
    for door, faults in doors.items():
        assert [name for name in faults.kinds() if name not in told[door]] == [], door


@pytest.mark.parametrize(
    ("door", "told"), [("proxy", "secret"), ("fleet", "access_token"), ("v1r", "key")]
)
def test_another_door_tells_what_a_client_needs_and_ends_cleanly(
    simulate: Any, door: str, told: str
) -> None:
    process = simulate("--door", door, "--format", "json", "--control", "0")
    found = _told(process)

    code, rest, err = _end(process, signal.SIGTERM)

    assert {"url", "control", told} <= set(found)
    assert (code, rest, err) == (0, "", "")


def test_a_fault_that_another_door_does_not_have_is_a_usage_error(tou: Any) -> None:
    answer = tou("gateway", "simulate", "--door", "proxy", "--fault", "not_takn")

    assert answer.code == 2
    assert "Did you mean not_taken?" in answer.err
