"""How often runs ended how, and how late switches were: counted on from the entry that was counted
last, so that a counter costs what is new, and begins where it stood after a restart.

Changes nothing, and reads while the service writes.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Row, func, literal_column, select

from scheduler import clock
from scheduler.audit.chain import storable
from scheduler.audit.database import Database
from scheduler.audit.table import audit
from scheduler.words import Outcome, Wake

BUCKETS: Final = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds; what is later than an hour is beyond the last."""

Until = Literal["begun", "confirmed"]

_PUT_OFF: Final = frozenset({Outcome.SUPERSEDED.value, Outcome.DEFERRED.value})
_PROVEN: Final = frozenset({Outcome.CONFIRMED.value, Outcome.UNCHANGED.value})
_BATCH: Final = 5_000
_OUTCOME: Final[ColumnElement[str]] = literal_column("'outcome'")
_first: Final = audit.alias("first")
_ENDED: Final = (
    select(
        audit.c.id,
        audit.c.at,
        audit.c.kind,
        audit.c.outcome,
        _first.c.wake,
        _first.c.at.label("started"),
        _first.c.detail,
    )
    .join_from(audit, _first, _first.c.id == audit.c.run)
    .where(audit.c.entry == _OUTCOME)
    .order_by(audit.c.id)
    .limit(_BATCH)
)


@dataclass(slots=True)
class Lateness:
    """How many switches were how late; `counts` has one place more than there are buckets."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one; a clock that was set back makes none early."""
        late = max(0.0, seconds)
        self.counts[bisect_left(BUCKETS, late)] += 1
        self.seconds += late


class Tally:
    """What was counted of one site's audit so far. Not for several threads at once."""

    def __init__(self, site: str) -> None:
        self._site = storable(site)
        self._forget()

    def _forget(self) -> None:
        self.runs: Counter[tuple[str, str]] = Counter()
        """By kind and outcome."""
        self.late: dict[Until, Lateness] = {"begun": Lateness(), "confirmed": Lateness()}
        self._last, self._hash = 0, ""
        self._due: datetime | None = None

    def count(self, database: Database) -> None:
        """Count what is new. Where the audit is another one than before (a backup that was put
        back), all is counted anew. Raises AuditUnwritableError."""
        with database.reading() as connection:
            if self._last and _hash_of(connection, self._last) != self._hash:
                self._forget()
            newest = connection.execute(select(func.max(audit.c.id))).scalar() or 0
            while rows := self._following(connection):
                for row in rows:
                    self._take(row)
                self._last = rows[-1].id
            self._last = max(self._last, newest)
            self._hash = _hash_of(connection, self._last)

    def _following(self, connection: Connection) -> list[Row[*tuple[Any, ...]]]:
        query = _ENDED.where(audit.c.id > self._last, audit.c.site == self._site)
        return list(connection.execute(query).all())

    def _take(self, row: Row[*tuple[Any, ...]]) -> None:
        self.runs[row.kind, row.outcome] += 1
        if row.kind == "switch":
            self._take_switch(row)

    def _take_switch(self, row: Row[*tuple[Any, ...]]) -> None:
        """A switch is due from its boundary on, over as many attempts as it takes; one that waits
        for a pause or a guard is not late."""
        if row.wake == Wake.BOUNDARY or row.outcome == Outcome.MISSED:
            self._due = _planned(row.detail)
        if row.outcome in _PUT_OFF:
            self._due = None
        if self._due is None or row.outcome == Outcome.MISSED:
            return
        if row.wake == Wake.BOUNDARY:
            begun = clock.from_micros(row.started) - self._due
            self.late["begun"].add(begun.total_seconds())
        if row.outcome in _PROVEN:
            proven = clock.from_micros(row.at) - self._due
            self.late["confirmed"].add(proven.total_seconds())
            self._due = None


def _planned(detail: str) -> datetime | None:
    text = json.loads(detail).get("planned_at")
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _hash_of(connection: Connection, entry: int) -> str:
    return connection.execute(select(audit.c.hash).where(audit.c.id == entry)).scalar() or ""
