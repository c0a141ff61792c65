"""Audit files of one's own, and processes that use them."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.audit.database import Database, open_database
from scheduler.audit.log import Log
from scheduler.words import EntryKind, Outcome, Wake

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tou.db"


@pytest.fixture
def opened() -> Iterator[Callable[..., Database]]:
    """Opens databases and closes them at the end."""
    with ExitStack() as stack:

        def open_(path: Path, **options: Any) -> Database:
            database = open_database(path, **options)
            stack.callback(database.close)
            return database

        yield open_


@pytest.fixture
def database(path: Path, opened: Callable[..., Database]) -> Database:
    return opened(path, create=True)


@pytest.fixture
def fill() -> Callable[[Database], None]:
    """Writes three runs and an event: eleven entries with every column in use."""
    return _fill


def _fill(database: Database) -> None:
    log = Log(database, "home")
    setting: dict[str, Any] = {"mode": "backup", "reserve_percent": 100.0}
    log.append(at=AT, entry=EntryKind.EVENT, kind="service", name="started", detail={"pid": 1})
    for number, outcome in enumerate((Outcome.CONFIRMED, Outcome.UNREACHABLE, Outcome.UNCHANGED)):
        at = AT + timedelta(hours=number)
        common: dict[str, Any] = {"kind": "switch", "name": "charge", "wake": Wake.BOUNDARY}
        intent: Any = {
            "gateway": "local",
            "planned_at": None,
            "attempt": 1,
            "wanted": setting,
        }
        run = log.append(at=at, entry=EntryKind.INTENT, detail=intent, **common)
        step: Any = {
            "step": "look",
            "method": "GET",
            "path": "/",
            "status": 200,
            "duration_ms": 1.5,
        }
        log.append(at=at, entry=EntryKind.STEP, run=run, detail={**step, "error": None}, **common)
        end: dict[str, Any] = {"observed": setting, "error": None}
        log.append(at=at, entry=EntryKind.OUTCOME, run=run, outcome=outcome, detail=end, **common)
    log.append(at=AT, entry=EntryKind.OUTCOME, kind="switch", outcome=Outcome.MISSED)


def start(script: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    """A Python process with the script, its outputs in pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.fixture
def spawn() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts processes, and ends those that are left at the end."""
    processes: list[subprocess.Popen[str]] = []

    def spawn_(script: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        processes.append(start(script, *arguments, **options))
        return processes[-1]

    yield spawn_
    for process in processes:
        process.kill()
        process.communicate()
