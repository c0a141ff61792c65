"""How entries get into the audit: numbered, chained, seen to be there, and what stands at present
kept beside them. All of it inside the one write transaction that it is handed.

Knows rows, and nothing of threads or of what a run does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from scheduler import clock
from scheduler.audit.chain import Row, digest
from scheduler.audit.entry import numbered
from scheduler.audit.table import anchor, audit, open_runs, standing
from scheduler.errors import AuditUnwritableError
from scheduler.words import EntryKind, Outcome

T = TypeVar("T")

CHANGING_STEPS: Final = frozenset({"write", "commit", "install"})
"""Steps after which a gateway's setting is unknown until it is read back. An explicit commit
counts, as firmware 1.43 applies the setting of the write before; so does a firmware change."""

ACCEPTED: Final = "accepted"
"""The evidence that a setting was sent and waits to be confirmed."""

CHUNK: Final = 500
"""Values in one IN; SQLite allows 999 parameters in its older builds."""

_GOOD: Final = frozenset({Outcome.CONFIRMED.value, Outcome.UNCHANGED.value})
_DOUBTFUL: Final = frozenset({Outcome.UNCONFIRMED.value, Outcome.INTERRUPTED.value})
# In canonical JSON a quote inside a text is escaped, so these stand for the key and nothing else.
_CHANGING_TEXT: Final = re.compile(f'"step":"({"|".join(sorted(CHANGING_STEPS))})"')
_ACCEPTED_TEXT: Final = f'"evidence":"{ACCEPTED}"'


class ChainPlace(NamedTuple):
    """Whose setting is spoken of."""

    site: str
    gateway: str


@dataclass(slots=True)
class Marks:
    """The newest runs that tell of one gateway's setting; 0 for none."""

    confirmed: int = 0
    written: int = 0
    seen: int = 0

    def take(self, mark: str, run: int) -> None:
        """Count a run under its mark, one of the three."""
        if run > getattr(self, mark):
            setattr(self, mark, run)


def append(connection: Connection, rows: Sequence[Row]) -> tuple[int, ...]:
    """Keep the prepared rows, in their order; their ids. Raises AuditUnwritableError where one of
    them is not there afterwards: a trigger can swallow a row without a word."""
    number: int = connection.execute(_LAST).scalar_one()
    hashes: dict[str, str] = {}
    kept, values = [], []
    for prepared in rows:
        number += 1
        row = numbered(prepared, number)
        if row.site not in hashes:
            hashes[row.site] = connection.execute(_BEFORE, {"its_site": row.site}).scalar_one()
        prev = hashes[row.site]
        hashes[row.site] = digest(prev, row)
        kept.append(row)
        values.append({**row._asdict(), "prev": prev, "hash": hashes[row.site]})
    # One statement for all: their preparation costs more than their insertion.
    connection.execute(insert(audit), values)
    _see(connection, values)
    _keep_present(connection, kept)
    return tuple(row.id for row in kept)


def _see(connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
    found = connection.execute(_SEEN, {"first": values[0]["id"]}).all()
    if [tuple(row) for row in found] != [(each["id"], each["hash"]) for each in values]:
        raise AuditUnwritableError(
            "The audit took an entry without keeping it: a trigger or another program swallows"
            " what is written. `tou audit verify` names what does not belong in the file."
        )


def mark_of(row: Row) -> str | None:
    """What a row says of its gateway's setting: `confirmed`, `written` or `seen`; None for
    nothing. Pure: the same rule for writing and for proving."""
    match row.entry:
        case "step":
            return "written" if _CHANGING_TEXT.search(row.detail) else None
        case "evidence":
            return "written" if _ACCEPTED_TEXT in row.detail else None
        case "outcome" if row.run != row.id:
            return _outcome_mark(row)
    return None


def _outcome_mark(row: Row) -> str | None:
    if row.kind == "switch" and row.outcome in _GOOD:
        return "confirmed"
    if row.outcome in _DOUBTFUL:
        return "written"
    saw = row.kind == "switch" and json.loads(row.detail).get("observed") is not None
    return "seen" if saw else None


def gateway_of(row: Row) -> str:
    """The gateway that an intent names; empty where it names none."""
    return str(json.loads(row.detail).get("gateway") or "")


def confirm_until_of(row: Row) -> int | None:
    """Until when an accepted run waits; None where the row says nothing of it."""
    if row.entry != EntryKind.EVIDENCE or _ACCEPTED_TEXT not in row.detail:
        return None
    until = json.loads(row.detail).get("until")
    return None if until is None else clock.to_micros(datetime.fromisoformat(until))


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists of at most `CHUNK`."""
    iterator = iter(values)
    while part := list(islice(iterator, CHUNK)):
        yield part


def _keep_present(connection: Connection, rows: Sequence[Row]) -> None:
    opened = [
        {"run": row.run, "site": row.site, "gateway": gateway_of(row), "confirm_until": None}
        for row in rows
        if row.entry == EntryKind.INTENT
    ]
    if opened:
        connection.execute(insert(open_runs), opened)
    waiting = [
        {"its_run": row.run, "until": until}
        for row in rows
        if (until := confirm_until_of(row)) is not None
    ]
    if waiting:
        connection.execute(_WAITS, waiting)
    _keep_marks(connection, [(row, mark) for row in rows if (mark := mark_of(row)) is not None])
    ended = [
        {"its_run": row.run} for row in rows if row.entry == EntryKind.OUTCOME and row.run != row.id
    ]
    if ended:
        connection.execute(_CLOSES, ended)


def _keep_marks(connection: Connection, marked: Sequence[tuple[Row, str]]) -> None:
    if not marked:
        return
    places = _places(connection, {row.run for row, _ in marked if row.run is not None})
    marks: dict[ChainPlace, Marks] = {}
    for row, mark in marked:
        if row.run in places:
            marks.setdefault(places[row.run], Marks()).take(mark, row.run)
    known = _known(connection, {place.site for place in marks})
    fresh = [
        {"site": site, "gateway": gateway, "confirmed": 0, "written": 0, "seen": 0}
        for site, gateway in marks
        if (site, gateway) not in known
    ]
    if fresh:
        connection.execute(insert(standing), fresh)
    connection.execute(
        _MARKS,
        [
            {
                "its_site": place.site,
                "its_gateway": place.gateway,
                "its_confirmed": each.confirmed,
                "its_written": each.written,
                "its_seen": each.seen,
            }
            for place, each in marks.items()
        ],
    )


def _places(connection: Connection, runs: set[int]) -> dict[int, ChainPlace]:
    """Whose the runs are: the open ones at once, an ended one by its intent."""
    found: dict[int, ChainPlace] = {}
    for part in chunks(runs):
        for row in connection.execute(_OPEN_AMONG.where(open_runs.c.run.in_(part))):
            found[row.run] = ChainPlace(row.site, row.gateway)
    for part in chunks(runs - found.keys()):
        for row in connection.execute(_INTENTS_AMONG.where(audit.c.id.in_(part))):
            found[row.run] = ChainPlace(row.site, str(json.loads(row.detail).get("gateway") or ""))
    return found


def _known(connection: Connection, sites: set[str]) -> set[tuple[str, str]]:
    query = select(standing.c.site, standing.c.gateway)
    return {
        (row.site, row.gateway)
        for part in chunks(sites)
        for row in connection.execute(query.where(standing.c.site.in_(part)))
    }


_LAST: Final = select(func.coalesce(func.max(audit.c.id), 0))

_own: Final = (
    select(audit.c.hash)
    .where(
        audit.c.site == bindparam("its_site"), audit.c.id > select(anchor.c.id).scalar_subquery()
    )
    .order_by(audit.c.id.desc())
    .limit(1)
)
_BEFORE: Final = select(func.coalesce(_own.scalar_subquery(), anchor.c.hash)).select_from(anchor)

_SEEN: Final = (
    select(audit.c.id, audit.c.hash).where(audit.c.id >= bindparam("first")).order_by(audit.c.id)
)

_OPEN_AMONG: Final = select(open_runs.c.run, open_runs.c.site, open_runs.c.gateway)
_INTENTS_AMONG: Final = select(audit.c.run, audit.c.site, audit.c.detail).where(
    audit.c.entry == EntryKind.INTENT.value
)
_WAITS: Final = (
    update(open_runs)
    .where(open_runs.c.run == bindparam("its_run"))
    .values(confirm_until=bindparam("until"))
)
_CLOSES: Final = delete(open_runs).where(open_runs.c.run == bindparam("its_run"))
_MARKS: Final = (
    update(standing)
    .where(standing.c.site == bindparam("its_site"), standing.c.gateway == bindparam("its_gateway"))
    .values(
        {
            name: case(
                (standing.c[name] < bindparam(f"its_{name}"), bindparam(f"its_{name}")),
                else_=standing.c[name],
            )
            for name in ("confirmed", "written", "seen")
        }
    )
)
