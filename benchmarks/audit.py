"""The audit with a million entries: how long a person waits for a page, a day, a run, the proof."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figure import Figure
from scheduler import clock
from scheduler.audit import review
from scheduler.audit.chain import GENESIS, Row, canonical, digest
from scheduler.audit.database import Database, open_database
from scheduler.audit.log import Log

ENTRIES = 1_000_000
STEPS = 9
"""Requests of a confirmed switch: observe, log in, write, commit, run, look, read back ..."""
BEGIN = datetime(2018, 9, 22, tzinfo=UTC)
BETWEEN = timedelta(minutes=47)
"""Thirty runs a day: boundaries, jobs and retries of a restless house."""
GATEWAY = "local https://powerwall"
READ_MS = 20.0
VERIFY_S = 10.0
REPEATS = 20


def measure() -> list[Figure]:
    """The figures of the budget, and some more that a start or a status asks for."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder) / "million.db", create=True)
        with closing(database):
            fill(database, ENTRIES)
            return [*_reads(database), _verify(database)]


def fill(database: Database, count: int) -> None:
    """Entries as the controller writes them, chained, in one go and without durability."""
    database.close()
    with closing(sqlite3.connect(database.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        marks = ", ".join("?" * 12)
        connection.executemany(f"INSERT INTO audit VALUES ({marks})", _chained(count))
        connection.execute("COMMIT")


def _chained(count: int) -> Iterator[tuple[int | str | None, ...]]:
    prev = GENESIS
    for row in _rows(count):
        hash_ = digest(prev, row)
        yield (*row, prev, hash_)
        prev = hash_


def _rows(count: int) -> Iterator[Row]:
    id_ = 0
    for number in range(count // (STEPS + 2)):
        run = id_ + 1
        at = clock.to_micros(BEGIN + number * BETWEEN)
        for offset in range(STEPS + 2):
            id_ += 1
            entry, outcome, detail = _PARTS[min(offset, 1) + (offset > STEPS)]
            yield Row(
                id_,
                at + offset * 40_000,
                "home",
                entry,
                "switch",
                run,
                "charge overnight",
                "boundary",
                outcome,
                detail,
            )


_SETTING = {"mode": "backup", "reserve_percent": 100.0}
_PARTS = (
    (
        "intent",
        None,
        canonical(
            {
                "gateway": GATEWAY,
                "planned_at": "2026-01-01T08:00:00Z",
                "attempt": 1,
                "wanted": _SETTING,
                "period": "super_off_peak",
                "season": "winter",
                "schedule": "8c0b0dbe1f2a3c4d",
            }
        ),
    ),
    (
        "step",
        None,
        canonical(
            {
                "step": "write",
                "method": "POST",
                "path": "/api/operation",
                "status": 200,
                "duration_ms": 12.345,
                "error": None,
            }
        ),
    ),
    ("outcome", "confirmed", canonical({"observed": _SETTING, "error": None})),
)


def _reads(database: Database) -> list[Figure]:
    day = BEGIN + timedelta(days=1500)
    log = Log(database, "home")
    return [
        _read("audit: last page (50 runs)", lambda: review.runs(database, limit=50)),
        _read(
            "audit: one day of runs",
            lambda: review.runs(database, since=day, until=day + timedelta(days=1)),
        ),
        _read("audit: one run", lambda: review.run(database, (STEPS + 2) * 45_000 + 1)),
        _read("audit: last page of raw entries", lambda: review.entries(database, limit=200)),
        _read("audit: last confirmed setting", lambda: log.last_confirmed(GATEWAY)),
        _read(
            "audit: last outcome of a rule", lambda: log.last_outcome("switch", "charge overnight")
        ),
        _read("audit: runs without an end", log.open_runs, empty=True),
        _read("audit: latest instant", log.last_at),
    ]


def _read(what: str, question: Callable[[], object], *, empty: bool = False) -> Figure:
    """The median of a few readings; an answer with nothing in it would be measured for nothing."""
    if bool(question()) is empty:
        raise AssertionError(f"{what}: not the answer that was to be measured")
    taken = sorted(_seconds(question) for _ in range(REPEATS))[REPEATS // 2] * 1000
    return Figure(what, taken, "ms", READ_MS, taken <= READ_MS)


def _verify(database: Database) -> Figure:
    taken = _seconds(lambda: review.verify(database))
    what = f"audit: verify {ENTRIES:,} entries"
    return Figure(what, taken, "s", VERIFY_S, taken <= VERIFY_S)


def _seconds(question: Callable[[], object]) -> float:
    begin = time.perf_counter()
    question()
    return time.perf_counter() - begin
