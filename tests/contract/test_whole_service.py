"""The whole service on the transport of thirty lines: a process with its timers, signals, control
socket, leases and audit, and the commands beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

TOU = [sys.executable, str(Path(__file__).parent / "tou_with_memory.py")]
JOB = '\njobs:\n  - {name: put in force, do: commit, at: "03:00"}\n'


def written(boundary: datetime) -> str:
    """A schedule that charges from an instant on."""
    return f"""\
schedule: in memory
timezone: Etc/UTC
rules:
  - {{name: charge, during: "{boundary:%H:%M:%S}-{boundary + timedelta(hours=1):%H:%M:%S}", \
mode: backup, reserve: 100%}}
  - {{name: run the house, mode: self_consumption, reserve: 10%}}
"""


class Service:
    """`tou run` in a folder, and the other commands in the same one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {key: value for key, value in os.environ.items() if not key.startswith("TOU_")}
        self.environment = {
            **kept,
            "TOU_SCHEDULE": "home.yaml",
            "TOU_GATEWAY": "memory",
            "TOU_PULSE": "1s",
            "TOU_RETRY_FIRST": "1s",
            "COLUMNS": "500",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        with (self.folder / "journal").open("ab") as journal:
            self.process = subprocess.Popen(
                [*TOU, "run"], cwd=self.folder, env=self.environment, stdout=journal, stderr=journal
            )

    def plan(self, ahead: timedelta) -> None:
        boundary = (datetime.now(UTC) + ahead).replace(microsecond=0)
        (self.folder / "home.yaml").write_text(written(boundary))

    def reload(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGHUP)

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(60)

    def tou(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*TOU, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def until(
        self, what: Callable[[dict[str, Any]], object], seconds: float = 60.0
    ) -> dict[str, Any]:
        """The first state of which something is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state: dict[str, Any] = json.loads(self.tou("status", "--format", "json").stdout)
            if what(state):
                return state
        return pytest.fail(f"never: {state}\n{(self.folder / 'journal').read_text()}")

    def shows(self, mode: str) -> dict[str, Any]:
        """The state once it is well with a mode confirmed."""
        return self.until(
            lambda state: state["health"]["ok"] and (state["confirmed"] or {}).get("mode") == mode
        )

    def outcomes(self) -> list[tuple[str, str]]:
        runs = json.loads(self.tou("audit", "--format", "json").stdout)
        return [(run["wake"], run["outcome"]) for run in runs]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    yield made
    if made.process and made.process.poll() is None:
        made.stop()


def test_it_starts_switches_on_time_obeys_people_and_is_killed_and_comes_back(
    service: Service,
) -> None:
    service.plan(timedelta(hours=12))
    assert service.tou("check").returncode == 0

    service.run()
    service.shows("self_consumption")
    # Only now, so that it hangs on no machine how long a start takes.
    service.plan(timedelta(seconds=6))
    service.reload()
    state = service.shows("backup")
    assert state["gateway"]["name"] == "memory"
    assert state["wanted"]["rule"] == "charge"

    applied = service.tou("apply")
    assert applied.stdout.startswith("unchanged: ")
    assert "ASK /memory" in applied.stderr
    assert (
        service.tou(
            "override", "--mode", "autonomous", "--reserve", "30", "--until", "2h"
        ).returncode
        == 0
    )
    service.shows("autonomous")
    service.tou("override", "clear")
    service.shows("backup")

    service.stop(signal.SIGKILL)
    assert service.tou("status").returncode == 3
    service.run()
    # The device was in the memory of the process: it is as new, and that is told.
    state = service.until(lambda state: state["service"]["running"] and state["health"]["details"])
    assert [reason["id"] for reason in state["health"]["details"]] == ["other_writer"]
    service.until(lambda state: state["confirmed"]["mode"] == state["wanted"]["mode"] == "backup")
    assert service.stop() == 0

    outcomes = service.outcomes()
    # A pulse that falls on the boundary may come before its timer.
    assert {("boundary", "confirmed"), ("pulse", "confirmed")} & set(outcomes)
    assert {outcome for _, outcome in outcomes} <= {"confirmed", "unchanged"}
    assert service.tou("audit", "verify").returncode == 0


def test_a_job_that_it_has_no_ability_for_is_refused_and_no_crash(service: Service) -> None:
    service.plan(timedelta(hours=12))
    with (service.folder / "home.yaml").open("a") as file:
        file.write(JOB)
    service.run()
    service.shows("self_consumption")

    done = service.tou("job", "put in force")

    assert done.returncode == 77
    assert "cannot" in done.stdout + done.stderr
    service.shows("self_consumption")
