"""Writing the audit of one site here and now, and asking it: for commands that write an entry.

A service writes through `writer.Writer`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from scheduler.audit import writer
from scheduler.audit.answers import Confirmed, Head, OpenRun
from scheduler.audit.chain import Json
from scheduler.audit.entry import Entry
from scheduler.audit.questions import Questions
from scheduler.words import EntryKind, Outcome, Wake

__all__ = ["Confirmed", "Entry", "Head", "Log", "OpenRun"]


class Log(Questions):
    """The audit of one site. Several processes may append at once.

    Every method raises AuditUnwritableError when the database cannot be used.
    """

    __slots__ = ()

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
        """Keep one entry; returns its id once it is on disk. Raises ValueError as `prepared`."""
        made = Entry(
            at=at,
            entry=entry,
            kind=kind,
            run=run,
            name=name,
            wake=wake,
            outcome=outcome,
            detail=detail or {},
        )
        return self.append_many([made])[0]

    def append_many(self, entries: Sequence[Entry]) -> tuple[int, ...]:
        """Keep all entries, or none, in one transaction; returns their ids. Raises as `append`."""
        return writer.keep(self.database, self.site, entries)
