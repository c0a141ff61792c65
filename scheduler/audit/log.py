"""Writing the audit, and what the controller asks of it before it acts.

Knows entries, runs and their chain; nothing of tariffs or of a gateway's protocol. Synchronous:
a service calls it in a thread of its own.

What stands in `detail`, by kind of entry:

    intent   gateway, planned_at (ISO or null), attempt (from 1), wanted ({mode, reserve_percent}
             or null), period, season, day_class, schedule (the beginning of its digest)
    step     step, method, path, status, duration_ms, error
    outcome  observed ({mode, reserve_percent} or null), error (text or null), note (text), and
             what of the intent is known better now, such as wanted with the resolved reserve;
             hold_from (ISO) where a hold began; alone (missed, superseded, deferred) it brings
             the intent's keys itself
    event    what a reader needs
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import insert

from scheduler import clock
from scheduler.audit import standing
from scheduler.audit.chain import GENESIS, Json, Row, canonical, digest, storable
from scheduler.audit.database import Database
from scheduler.audit.standing import Confirmed, Head, Last, OpenRun
from scheduler.audit.table import audit
from scheduler.words import EntryKind, Outcome, Wake

__all__ = ["Confirmed", "Entry", "Head", "Last", "Log", "OpenRun"]

_SECRET: Final = re.compile(r"passw|token|cookie|userrecord|authoriz|secret", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row to be. `run` is the id of the run's first entry; an intent, or an outcome without
    `run`, begins a run of its own."""

    at: datetime
    entry: EntryKind
    kind: str
    run: int | None = None
    name: str | None = None
    wake: Wake | None = None
    outcome: Outcome | None = None
    detail: Mapping[str, Json] = field(default_factory=dict)


class Log:
    """The audit of one site. Several processes may append at once.

    Every method raises AuditUnwritableError when the database cannot be used.
    """

    def __init__(self, database: Database, site: str) -> None:
        self.database = database
        self.site = storable(site)

    def append(
        self,
        *,
        at: datetime,
        entry: EntryKind,
        kind: str,
        run: int | None = None,
        name: str | None = None,
        wake: Wake | None = None,
        outcome: Outcome | None = None,
        detail: Mapping[str, Json] | None = None,
    ) -> int:
        """Keep one entry; returns its id once it is on disk. Raises ValueError for a naive `at`,
        for a detail that looks like a secret, and for an entry that cannot be (see `Entry`)."""
        return self.append_many(
            [
                Entry(
                    at=at,
                    entry=entry,
                    kind=kind,
                    run=run,
                    name=name,
                    wake=wake,
                    outcome=outcome,
                    detail=detail or {},
                )
            ]
        )[0]

    def append_many(self, entries: Sequence[Entry]) -> tuple[int, ...]:
        """Keep all entries, or none, in one transaction; returns their ids. Raises as `append`."""
        for entry in entries:
            _check(entry)
        if not entries:
            return ()
        with self.database.writing() as connection:
            head = standing.head(connection) or Head(0, GENESIS)
            first, rows = head.id + 1, []
            for entry in entries:
                row = _row(head.id + 1, self.site, entry)
                rows.append({**row._asdict(), "prev": head.hash, "hash": digest(head.hash, row)})
                head = Head(row.id, rows[-1]["hash"])
            # One statement for all: their preparation costs more than their insertion.
            connection.execute(insert(audit), rows)
        return tuple(range(first, head.id + 1))

    def head(self) -> Head | None:
        """The last entry's id and hash; None of an empty audit. Kept elsewhere (a journal, a
        report) it shows later that the tail was not cut off."""
        with self.database.reading() as connection:
            return standing.head(connection)

    def last_at(self) -> datetime | None:
        """The latest instant of any entry, which after a step of the clock is not the last's."""
        with self.database.reading() as connection:
            return standing.last_at(connection)

    def open_runs(self) -> tuple[OpenRun, ...]:
        """Runs with an intent and no outcome, oldest first, of any site."""
        with self.database.reading() as connection:
            return standing.open_runs(connection)

    def last_confirmed(self, gateway: str) -> Confirmed | None:
        """The setting known to be in force on a gateway; see `standing.last_confirmed`."""
        with self.database.reading() as connection:
            return standing.last_confirmed(connection, gateway)

    def write_in_doubt(self, gateway: str) -> bool:
        """Whether a write on a gateway was not seen to its end; see `standing.write_in_doubt`."""
        with self.database.reading() as connection:
            return standing.write_in_doubt(connection, gateway)

    def last_outcome(self, kind: str, name: str) -> Last | None:
        """How the newest run of this kind and name that has ended, ended."""
        with self.database.reading() as connection:
            return standing.last_outcome(connection, kind, name)


def _check(entry: Entry) -> None:
    if entry.at.tzinfo is None:
        raise ValueError("an instant needs its zone")
    if (entry.entry is EntryKind.OUTCOME) != (entry.outcome is not None):
        raise ValueError("an outcome entry has an outcome, and no other has one")
    if entry.entry is EntryKind.INTENT and entry.run is not None:
        raise ValueError("an intent begins a run of its own")
    if entry.entry is EntryKind.STEP and entry.run is None:
        raise ValueError("a step belongs to a run")
    secret = _secret_key(entry.detail)
    if secret is not None:
        raise ValueError(f'"{secret}" looks like a secret, and none is kept in the audit')


def _secret_key(value: Json) -> str | None:
    """The last line of defence: the first key, however deep, that is named like a secret."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if _SECRET.search(re.sub(r"[^a-zA-Z]", "", key)):
                return key
            found = _secret_key(inner)
            if found is not None:
                return found
        return None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return next((key for key in map(_secret_key, value) if key is not None), None)
    return None


def _row(id_: int, site: str, entry: Entry) -> Row:
    begins = entry.entry is EntryKind.INTENT or entry.entry is EntryKind.OUTCOME
    return Row(
        id=id_,
        at=clock.to_micros(entry.at),
        site=site,
        entry=entry.entry.value,
        kind=storable(entry.kind),
        run=id_ if begins and entry.run is None else entry.run,
        name=None if entry.name is None else storable(entry.name),
        wake=None if entry.wake is None else entry.wake.value,
        outcome=None if entry.outcome is None else entry.outcome.value,
        detail=canonical(entry.detail),
    )
