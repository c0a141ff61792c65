"""The audit with a million entries: how long a person waits for a page, a day, a run, the proof."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from benchmarks.figure import Figure
from scheduler import clock
from scheduler.audit import keeping, proof, review
from scheduler.audit.chain import Json, Row, canonical
from scheduler.audit.database import Database, open_database
from scheduler.audit.intent import Intent
from scheduler.audit.questions import Questions
from scheduler.setting import Mode, Setting
from scheduler.words import Wake

ENTRIES = 1_000_000
STEPS = ("login", "observe", "look", "write", "commit", "run", "look", "look", "observe")
"""Requests of a confirmed switch."""
BEGIN = datetime(2018, 9, 22, tzinfo=UTC)
BETWEEN = timedelta(minutes=47)
"""Thirty runs a day: boundaries, jobs and retries of a restless house."""
GATEWAY = "local https://powerwall"
SITE = "home"
FAILED = 26_000
BATCH = 50_000
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
    """Entries as the controller writes them, in great batches. The last
    26,000 runs failed: a gateway that did not answer for three years of a restless house."""
    rows = _rows(count)
    while batch := list(islice(rows, BATCH)):
        with database.writing() as connection:
            keeping.append(connection, batch)
    database.close()


def _rows(count: int) -> Iterator[Row]:
    """Confirmed runs of eleven entries; then runs of three that failed."""
    long = (count - FAILED * len(_FAILED)) // len(_CONFIRMED)
    id_ = 0
    for number in range(long + FAILED):
        run, at = id_ + 1, clock.to_micros(BEGIN + number * BETWEEN)
        for offset, (entry, outcome, detail) in enumerate(_CONFIRMED if number < long else _FAILED):
            id_ += 1
            yield Row(
                0,
                at + offset * 40_000,
                SITE,
                entry,
                "switch",
                None if entry == "intent" else run,
                "charge overnight",
                "boundary",
                outcome,
                detail,
            )


_SETTING: dict[str, Json] = {"mode": "backup", "reserve_percent": 100.0}
_INTENT = Intent(
    kind="switch",
    name="charge overnight",
    wake=Wake.BOUNDARY,
    gateway=GATEWAY,
    planned_at=BEGIN,
    wanted=Setting(Mode.BACKUP, 100.0),
    period="super_off_peak",
    season="winter",
    schedule="8c0b0dbe1f2a3c4d",
)
_STEP: dict[str, Json] = {
    "method": "POST",
    "path": "/api/operation",
    "status": 200,
    "duration_ms": 12.345,
    "error": None,
}
_CONFIRMED = (
    ("intent", None, canonical(_INTENT.detail())),
    *[("step", None, canonical({**_STEP, "step": step})) for step in STEPS],
    ("outcome", "confirmed", canonical({"observed": _SETTING, "error": None})),
)
_FAILED = (
    ("intent", None, canonical(_INTENT.detail())),
    ("step", None, canonical({**_STEP, "step": "login", "status": None, "error": "no answer"})),
    ("outcome", "unreachable", canonical({"observed": None, "error": "no answer"})),
)


def _reads(database: Database) -> list[Figure]:
    day = BEGIN + timedelta(days=1500)
    ask = Questions(database, SITE)
    last = ask.head()
    assert last is not None
    return [
        _read("audit: last page (50 runs)", lambda: review.runs(database, limit=50)),
        _read(
            "audit: one day of runs",
            lambda: review.runs(database, since=day, until=day + timedelta(days=1)),
        ),
        _read("audit: one run", lambda: review.run(database, len(_CONFIRMED) * 45_000 + 1)),
        _read("audit: last page of raw entries", lambda: review.entries(database, limit=200)),
        _read("audit: newest runs of one site", lambda: review.runs(database, site=SITE, limit=30)),
        _read("audit: what came since", lambda: review.runs(database, after=last.id - 5)),
        _read("audit: last confirmed setting", lambda: ask.last_confirmed(GATEWAY)),
        _read("audit: a write in doubt", lambda: ask.write_in_doubt(GATEWAY), empty=True),
        _read("audit: runs without an end", ask.open_runs, empty=True),
        _read("audit: latest instant", ask.last_at),
        _read("audit: head", ask.head),
        _read("audit: text of a schedule", lambda: ask.schedule_texts("none"), empty=True),
        _read("audit: last reading", ask.last_reading, empty=True),
    ]


def _read(what: str, question: Callable[[], object], *, empty: bool = False) -> Figure:
    """The median of a few readings; an answer with nothing in it would be measured for nothing."""
    if bool(question()) is empty:
        raise AssertionError(f"{what}: not the answer that was to be measured")
    taken = sorted(_seconds(question) for _ in range(REPEATS))[REPEATS // 2] * 1000
    return Figure(what, taken, "ms", READ_MS, taken <= READ_MS)


def _verify(database: Database) -> Figure:
    taken = _seconds(lambda: proof.verify(database))
    what = f"audit: verify {ENTRIES:,} entries"
    return Figure(what, taken, "s", VERIFY_S, taken <= VERIFY_S)


def _seconds(question: Callable[[], object]) -> float:
    begin = time.perf_counter()
    question()
    return time.perf_counter() - begin
