"""`tou audit --follow`: a process that looks on while another writes, ended by Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scheduler.words import EntryKind, Outcome


@pytest.fixture
def follow() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    processes = []

    def start(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "scheduler", "audit", "--follow", *words]
        processes.append(
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
            )
        )
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_runs_are_shown_as_they_come_and_again_when_they_end(runs: Any, follow: Any) -> None:
    first = runs.switch(Outcome.CONFIRMED)
    process = follow("--format", "json")
    assert json.loads(line(process))["run"] == first

    second = runs.switch(None)
    begun = json.loads(line(process))
    runs.log.append(
        at=runs.at,
        entry=EntryKind.OUTCOME,
        kind="switch",
        run=second,
        outcome=Outcome.REFUSED,
    )
    ended = json.loads(line(process))

    assert (begun["run"], begun["outcome"]) == (second, None)
    assert (ended["run"], ended["outcome"]) == (second, "refused")


@pytest.mark.parametrize("words", [[], ["--entries"], ["--format", "json"]], ids=" ".join)
def test_ctrl_c_is_the_end_and_no_error(runs: Any, follow: Any, words: list[str]) -> None:
    runs.switch(Outcome.CONFIRMED)
    process = follow(*words)
    assert "confirmed" in line(process) or words == ["--entries"]

    process.send_signal(signal.SIGINT)

    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_events_are_shown_as_they_come(runs: Any, log: Any, follow: Any) -> None:
    log.append(at=runs.at, entry=EntryKind.EVENT, kind="service", name="start")
    process = follow("--events")
    assert "service  start" in line(process)

    runs.switch(Outcome.CONFIRMED)
    log.append(at=runs.at, entry=EntryKind.EVENT, kind="gateway", name="lost")

    assert "gateway  lost" in line(process)


def test_a_table_of_cells_cannot_be_followed(tou: Any, runs: Any) -> None:
    answer = tou("audit", "--follow", "--format", "csv")

    assert answer.code == 2
