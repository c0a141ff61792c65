"""An audit in memory, and a pen that writes runs a second apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.audit.database import Database, open_in_memory
from scheduler.audit.log import Log
from scheduler.words import EntryKind, Outcome, Wake

CHARGE = {"mode": "backup", "reserve_percent": 100.0}


class Pen:
    """Writes runs as the controller does, each entry a second after the one before."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.at = datetime(2026, 3, 1, 8, tzinfo=UTC)

    def entry(self, entry: EntryKind, **columns: Any) -> int:
        self.at += timedelta(seconds=1)
        return self.log.append(at=self.at, entry=entry, **columns)

    def begin(self, kind: str = "switch", name: str = "charge overnight", **detail: Any) -> int:
        common = {"gateway": "local", "planned_at": None, "attempt": 1, "wanted": CHARGE}
        return self.entry(
            EntryKind.INTENT, kind=kind, name=name, wake=Wake.BOUNDARY, detail={**common, **detail}
        )

    def step(self, run: int, step: str, **detail: Any) -> int:
        common = {"method": "GET", "path": "/", "status": 200, "duration_ms": 1.5, "error": None}
        return self.entry(
            EntryKind.STEP, kind="switch", run=run, detail={"step": step, **common, **detail}
        )

    def end(self, run: int | None, outcome: Outcome, kind: str = "switch", **detail: Any) -> int:
        common = {"observed": None, "error": None}
        return self.entry(
            EntryKind.OUTCOME, kind=kind, run=run, outcome=outcome, detail={**common, **detail}
        )

    def run(self, outcome: Outcome, *steps: str, kind: str = "switch", **detail: Any) -> int:
        run = self.begin(kind, **detail)
        for step in steps:
            self.step(run, step)
        self.end(run, outcome, kind)
        return run


@pytest.fixture
def database() -> Iterator[Database]:
    with closing(open_in_memory()) as database:
        yield database


@pytest.fixture
def log(database: Database) -> Log:
    return Log(database, "home")


@pytest.fixture
def pen(log: Log) -> Pen:
    return Pen(log)
