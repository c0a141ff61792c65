"""Reading the audit back: runs as people see them, raw entries, events.

Changes nothing, and reads while the service writes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    literal_column,
    or_,
    select,
)

from scheduler import clock
from scheduler.audit.database import Database
from scheduler.audit.proof import Verified, verify
from scheduler.audit.standing import together
from scheduler.audit.table import audit
from scheduler.audit.views import EntryView, RunView, StepView
from scheduler.words import Outcome

__all__ = [
    "EntryView",
    "RunView",
    "StepView",
    "Verified",
    "entries",
    "events",
    "run",
    "runs",
    "verify",
]

# Written out and not bound: SQLite takes a partial index only for a constant it can see.
_OUTCOME: Final[ColumnElement[str]] = literal_column("'outcome'")
_EVENT: Final[ColumnElement[str]] = literal_column("'event'")
_STEP: Final[ColumnElement[str]] = literal_column("'step'")

_first: Final = audit.alias("f")
_end: Final = audit.alias("o")

_RUNS: Final = (
    select(
        _first.c.run,
        _first.c.site,
        _first.c.kind,
        _first.c.name,
        _first.c.wake,
        _first.c.at,
        _first.c.detail,
        _end.c.at.label("finished_at"),
        _end.c.outcome,
        _end.c.detail.label("outcome_detail"),
    )
    .select_from(_first.outerjoin(_end, (_end.c.run == _first.c.id) & (_end.c.entry == _OUTCOME)))
    .where(_first.c.run == _first.c.id)
)

_STEPS: Final = select(audit.c.run, audit.c.at, audit.c.detail).where(audit.c.entry == _STEP)

_CHUNK: Final = 500
"""Runs per query for their steps; SQLite allows 999 parameters in its older builds."""


def runs(
    database: Database,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    outcome: Outcome | str | None = None,
    job: str | None = None,
    limit: int | None = None,
) -> list[RunView]:
    """The newest `limit` runs, oldest of them first, that started at or after `since` and before
    `until`. `job` is a job's or rule's name, or a kind. Raises AuditUnwritableError."""
    conditions = _which_runs(since, until, outcome, job)
    query = _RUNS.where(*conditions).order_by(_first.c.id.desc()).limit(limit)
    with database.reading() as connection:
        rows = connection.execute(query).all()
        steps = _steps_of(connection, [row.run for row in rows])
    return [_run_view(row, steps.get(row.run, ())) for row in reversed(rows)]


def run(database: Database, number: int) -> RunView | None:
    """One run by its number; None where there is none. Raises AuditUnwritableError."""
    with database.reading() as connection:
        row = connection.execute(_RUNS.where(_first.c.id == number)).one_or_none()
        steps = _steps_of(connection, [number])
    return None if row is None else _run_view(row, steps.get(number, ()))


def entries(
    database: Database,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    outcome: Outcome | str | None = None,
    job: str | None = None,
    limit: int | None = None,
) -> list[EntryView]:
    """The newest `limit` raw entries, oldest of them first, filtered each for itself as `runs`
    filters. Raises AuditUnwritableError."""
    conditions = _between(audit.c.at, since, until)
    if outcome is not None:
        conditions += [audit.c.outcome == str(outcome), audit.c.entry == _OUTCOME]
    if job is not None:
        conditions.append(or_(audit.c.name == job, audit.c.kind == job))
    return _entries(database, conditions, limit)


def events(
    database: Database,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    kind: str | None = None,
    limit: int | None = None,
) -> list[EntryView]:
    """The newest `limit` events (service, reload, trust, clock ...), oldest of them first. Raises
    AuditUnwritableError."""
    conditions = [audit.c.entry == _EVENT, *_between(audit.c.at, since, until)]
    if kind is not None:
        conditions.append(audit.c.kind == kind)
    return _entries(database, conditions, limit)


def _which_runs(
    since: datetime | None, until: datetime | None, outcome: str | None, job: str | None
) -> list[ColumnElement[bool]]:
    """Each condition as a list of numbers from one covering index: the same few milliseconds for
    a common word and for a rare one, where a filtered walk takes 0.3 s for the rare."""
    number, begins = select(audit.c.run), audit.c.run == audit.c.id
    lists: list[Select[int] | CompoundSelect[int]] = []
    if since is not None or until is not None:
        lists.append(number.where(begins, *_between(audit.c.at, since, until)))
    if outcome is not None:
        lists.append(number.where(audit.c.entry == _OUTCOME, audit.c.outcome == str(outcome)))
    if job is not None:
        named = number.where(begins, audit.c.name == job)
        lists.append(named.union_all(number.where(begins, audit.c.kind == job)))
    return [_first.c.id.in_(numbers) for numbers in lists]


def _between(
    at: ColumnElement[int], since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    conditions = []
    if since is not None:
        conditions.append(at >= clock.to_micros(since))
    if until is not None:
        conditions.append(at < clock.to_micros(until))
    return conditions


def _entries(
    database: Database, conditions: list[ColumnElement[bool]], limit: int | None
) -> list[EntryView]:
    query = select(audit).where(*conditions).order_by(audit.c.id.desc()).limit(limit)
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return [_entry_view(row) for row in reversed(rows)]


def _entry_view(row: Row[*tuple[Any, ...]]) -> EntryView:
    return EntryView(
        id=row.id,
        at=clock.from_micros(row.at),
        site=row.site,
        entry=row.entry,
        kind=row.kind,
        run=row.run,
        name=row.name,
        wake=row.wake,
        outcome=row.outcome,
        detail=json.loads(row.detail),
        hash=row.hash,
    )


def _steps_of(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[StepView, ...]]:
    steps: dict[int, list[StepView]] = {}
    for first in range(0, len(numbers), _CHUNK):
        wanted = audit.c.run.in_(numbers[first : first + _CHUNK])
        query = _STEPS.where(wanted).order_by(audit.c.id)
        for row in connection.execute(query):
            steps.setdefault(row.run, []).append(_step_view(row))
    return {number: tuple(found) for number, found in steps.items()}


def _step_view(row: Row[*tuple[Any, ...]]) -> StepView:
    detail = json.loads(row.detail)
    return StepView(
        at=clock.from_micros(row.at),
        step=str(detail.get("step")),
        method=detail.get("method"),
        path=detail.get("path"),
        status=detail.get("status"),
        duration_ms=detail.get("duration_ms"),
        error=detail.get("error"),
    )


def _run_view(row: Row[*tuple[Any, ...]], steps: tuple[StepView, ...]) -> RunView:
    ended = row.outcome is not None
    first, last = json.loads(row.detail), json.loads(row.outcome_detail) if ended else {}
    detail = together(first, last)
    return RunView(
        run=row.run,
        site=row.site,
        kind=row.kind,
        name=row.name,
        wake=row.wake,
        planned_at=_instant(detail.get("planned_at")),
        started_at=clock.from_micros(row.at),
        finished_at=clock.from_micros(row.finished_at) if ended else None,
        outcome=row.outcome,
        wanted=detail.get("wanted"),
        observed=last.get("observed"),
        attempt=detail.get("attempt"),
        error=last.get("error"),
        note=last.get("note"),
        gateway=detail.get("gateway"),
        detail=detail,
        steps=steps,
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
