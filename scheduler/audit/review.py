"""Reading the audit back: runs as people see them, raw entries, events.

Changes nothing, and reads while the service writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    func,
    literal_column,
    or_,
    select,
)

from scheduler import clock
from scheduler.audit.chain import Json, storable
from scheduler.audit.database import Database
from scheduler.audit.keeping import chunks
from scheduler.audit.questions import EVENT, together
from scheduler.audit.table import audit, open_runs
from scheduler.audit.views import EntryView, EvidenceView, RunView, StepView
from scheduler.words import EntryKind, Outcome

# Written out and not bound: SQLite takes a partial index only for a constant it can see.
_OUTCOME: Final[ColumnElement[str]] = literal_column("'outcome'")

_first: Final = audit.alias("f")
_end: Final = audit.alias("o")

# Where a list says which runs, it is walked from its end; with an index by site all of the list is
# looked up and sorted before the first run is told.
_unsorted: Final[ColumnElement[str]] = _first.c.site.concat("")

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
        open_runs.c.confirm_until,
    )
    .select_from(
        _first.outerjoin(_end, (_end.c.run == _first.c.id) & (_end.c.entry == _OUTCOME)).outerjoin(
            open_runs, open_runs.c.run == _first.c.id
        )
    )
    .where(_first.c.run == _first.c.id)
)

_ENDS: Final = (
    select(_first.c.at, _first.c.kind, _end.c.at.label("finished_at"), _end.c.outcome)
    .select_from(_first.outerjoin(_end, (_end.c.run == _first.c.id) & (_end.c.entry == _OUTCOME)))
    .where(_first.c.run == _first.c.id)
    .order_by(_first.c.id)
)


class End(NamedTuple):
    """Of a run, when it was and how it ended; None where it has not."""

    started_at: datetime
    kind: str
    finished_at: datetime | None
    outcome: str | None


_PARTS: Final = (
    select(audit.c.run, audit.c.at, audit.c.entry, audit.c.detail)
    .where(audit.c.entry.in_([EntryKind.STEP.value, EntryKind.EVIDENCE.value]))
    .order_by(audit.c.id)
)


def runs(
    database: Database,
    *,
    site: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    outcome: Outcome | str | None = None,
    job: str | None = None,
    after: int | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> list[RunView]:
    """The newest `limit` runs, oldest of them first, that started at or after `since` and before
    `until`. `job` is a job's or rule's name, or a kind; `after` leaves those of which something
    was kept after this entry, `before` those with a lower number than this run. Raises
    AuditUnwritableError."""
    conditions = _which_runs(since, until, outcome, job)
    if after is not None:
        later = select(audit.c.run).where(audit.c.id > after, audit.c.run.is_not(None))
        conditions.append(_first.c.id.in_(later))
    if site is not None:
        conditions.append((_unsorted if conditions else _first.c.site) == site)
    if before is not None:
        conditions.append(_first.c.id < before)
    return _found(database, _RUNS.where(*conditions).limit(limit))


def ends(database: Database, site: str, since: datetime, until: datetime) -> list[End]:
    """How every run of a long time ended, oldest first, without what is told of it. Raises
    AuditUnwritableError."""
    query = _ENDS.where(_unsorted == storable(site), *_which_runs(since, until, None, None))
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return [
        End(
            clock.from_micros(row.at),
            row.kind,
            None if row.finished_at is None else clock.from_micros(row.finished_at),
            row.outcome,
        )
        for row in rows
    ]


def run(database: Database, number: int) -> RunView | None:
    """One run by its number; None where there is none. Raises AuditUnwritableError."""
    found = _found(database, _RUNS.where(_first.c.id == number))
    return found[0] if found else None


def last_run(database: Database, site: str) -> dict[str, Json] | None:
    """The newest run of a site that is over, as JSON without what belongs to its steps; None for
    none. Raises AuditUnwritableError."""
    found = [each for each in runs(database, site=site, limit=2) if each.finished_at]
    if not found:
        return None
    told = found[-1].to_json()
    return {key: told[key] for key in told if key not in {"steps", "evidence"}}


def run_of(database: Database, entry: int) -> int | None:
    """The run that an entry belongs to; None where there is none. Raises AuditUnwritableError."""
    with database.reading() as connection:
        return connection.execute(select(audit.c.run).where(audit.c.id == entry)).scalar()


def sites(database: Database) -> list[str]:
    """The names of all sites that have entries. Raises AuditUnwritableError."""
    found: list[str] = []
    with database.reading() as connection:
        # From one to the next by the index: DISTINCT would walk through every entry.
        while name := connection.execute(
            select(func.min(audit.c.site)).where(audit.c.site > (found[-1] if found else ""))
        ).scalar():
            found.append(name)
    return found


def last_entry(database: Database) -> int:
    """The number of the last entry of all sites; 0 for none. Raises AuditUnwritableError."""
    with database.reading() as connection:
        return connection.execute(select(func.max(audit.c.id))).scalar() or 0


def entries(
    database: Database,
    *,
    site: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    outcome: Outcome | str | None = None,
    job: str | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> list[EntryView]:
    """The newest `limit` raw entries, oldest of them first, filtered each for itself as `runs`
    filters; `after` leaves out those up to this one. Raises AuditUnwritableError."""
    conditions = [*_between(audit.c.at, since, until), *_of(site, after)]
    if outcome is not None:
        conditions += [audit.c.outcome == str(outcome), audit.c.entry == _OUTCOME]
    if job is not None:
        conditions.append(or_(audit.c.name == job, audit.c.kind == job))
    return _entries(database, conditions, limit)


def events(
    database: Database,
    *,
    site: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    kind: str | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> list[EntryView]:
    """The newest `limit` events (service, reload, trust, clock ...), oldest of them first. Raises
    AuditUnwritableError."""
    conditions = [audit.c.entry == EVENT, *_between(audit.c.at, since, until), *_of(site, after)]
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
    if outcome == Outcome.ACCEPTED:
        lists.append(select(open_runs.c.run).where(open_runs.c.confirm_until.is_not(None)))
    elif outcome is not None:
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
        gateways = _gateways(connection, {row.run for row in rows if row.run is not None})
    return [_entry_view(row, gateways) for row in reversed(rows)]


def _gateways(connection: Connection, numbers: set[int]) -> dict[int, str | None]:
    """Of the runs, as their first entries name them."""
    firsts = select(audit.c.id, audit.c.detail)
    return {
        row.id: json.loads(row.detail).get("gateway")
        for some in chunks(numbers)
        for row in connection.execute(firsts.where(audit.c.id.in_(some)))
    }


def _entry_view(row: Row[*tuple[Any, ...]], gateways: Mapping[int, str | None]) -> EntryView:
    detail = json.loads(row.detail)
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
        detail=detail,
        hash=row.hash,
        gateway=detail.get("gateway") or gateways.get(row.run),
    )


def _of(site: str | None, after: int | None) -> list[ColumnElement[bool]]:
    conditions = []
    if site is not None:
        conditions.append(audit.c.site == site)
    if after is not None:
        conditions.append(audit.c.id > after)
    return conditions


def _found(database: Database, query: Select[*tuple[Any, ...]]) -> list[RunView]:
    with database.reading() as connection:
        rows = connection.execute(query.order_by(_first.c.id.desc())).all()
        parts = _parts_of(connection, [row.run for row in rows])
    return [_run_view(row, parts.get(row.run, ())) for row in reversed(rows)]


Parts = Sequence[StepView | EvidenceView]


def _parts_of(connection: Connection, numbers: Sequence[int]) -> dict[int, Parts]:
    parts: dict[int, list[StepView | EvidenceView]] = {}
    for some in chunks(numbers):
        for row in connection.execute(_PARTS.where(audit.c.run.in_(some))):
            evidence = row.entry == EntryKind.EVIDENCE
            part = _evidence_view(row) if evidence else _step_view(row)
            parts.setdefault(row.run, []).append(part)
    return {number: tuple(found) for number, found in parts.items()}


def _evidence_view(row: Row[*tuple[Any, ...]]) -> EvidenceView:
    detail = json.loads(row.detail)
    return EvidenceView(clock.from_micros(row.at), str(detail.get("evidence")), detail)


def _step_view(row: Row[*tuple[Any, ...]]) -> StepView:
    detail = json.loads(row.detail)
    rest = {key: detail.get(key) for key in ("method", "path", "status", "duration_ms", "error")}
    return StepView(at=clock.from_micros(row.at), step=str(detail.get("step")), **rest)


def _run_view(row: Row[*tuple[Any, ...]], parts: Parts) -> RunView:
    ended = row.outcome is not None
    waiting = Outcome.ACCEPTED.value if row.confirm_until is not None else None
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
        outcome=row.outcome if ended else waiting,
        wanted=detail.get("wanted"),
        observed=last.get("observed"),
        attempt=detail.get("attempt"),
        error=last.get("error"),
        note=last.get("note"),
        gateway=detail.get("gateway"),
        detail=detail,
        steps=tuple(part for part in parts if isinstance(part, StepView)),
        evidence=tuple(part for part in parts if isinstance(part, EvidenceView)),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
