"""How entries get into the audit: numbered, chained, seen to be there, and what stands at present
kept beside them. All of it inside the one write transaction that it is handed.

Knows rows, and nothing of threads or of what a run does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from scheduler import clock
from scheduler.audit.chain import Row, digest
from scheduler.audit.direct import Direct
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
    heads = {site: _HEAD.one(connection, its_site=site) for site in {row.site for row in rows}}
    last: int = max(last for last, _ in heads.values())
    hashes: dict[str, str] = {site: before for site, (_, before) in heads.items()}
    kept, values = [], []
    for number, prepared in enumerate(rows, last + 1):
        row = numbered(prepared, number)
        prev, hashes[row.site] = hashes[row.site], digest(hashes[row.site], row)
        kept.append(row)
        values.append({**row._asdict(), "prev": prev, "hash": hashes[row.site]})
    _INSERT.change_each(connection, values)
    _see(connection, values)
    _keep_present(connection, kept)
    return tuple(row.id for row in kept)


def _see(connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
    found = _SEEN.all(connection, first=values[0]["id"])
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
    for row in rows:
        if row.entry == EntryKind.INTENT:
            mine = {"run": row.run, "site": row.site, "gateway": gateway_of(row)}
            _OPENS.change(connection, **mine, confirm_until=None)
        if (until := confirm_until_of(row)) is not None:
            _WAITS.change(connection, its_run=row.run, until=until)
    _keep_marks(connection, [(row, mark) for row in rows if (mark := mark_of(row)) is not None])
    for row in rows:
        if row.entry == EntryKind.OUTCOME and row.run != row.id:
            _CLOSES.change(connection, its_run=row.run)


def _keep_marks(connection: Connection, marked: Sequence[tuple[Row, str]]) -> None:
    places: dict[int, ChainPlace | None] = {}
    marks: dict[ChainPlace, Marks] = {}
    for row, mark in marked:
        if row.run is None:
            continue
        if row.run not in places:
            places[row.run] = _place(connection, row.run)
        if (place := places[row.run]) is not None:
            marks.setdefault(place, Marks()).take(mark, row.run)
    for place, each in marks.items():
        mine = {f"its_{name}": value for name, value in (place._asdict() | asdict(each)).items()}
        if not _MARKS.change(connection, **mine):
            _FIRST_MARKS.change(connection, **mine)


def _place(connection: Connection, run: int) -> ChainPlace | None:
    """Whose a run is: an open one at once, an ended one by its intent."""
    if found := _OPEN.one(connection, its_run=run):
        return ChainPlace(*found)
    if found := _INTENT.one(connection, its_run=run):
        return ChainPlace(found[0], str(json.loads(found[1]).get("gateway") or ""))
    return None


_own: Final = (
    select(audit.c.hash)
    .where(
        audit.c.site == bindparam("its_site"),
        audit.c.id > select(anchor.c.id).scalar_subquery(),
    )
    .order_by(audit.c.id.desc())
    .limit(1)
)
_HEAD: Final = Direct(
    select(
        select(func.coalesce(func.max(audit.c.id), 0)).scalar_subquery(),
        func.coalesce(_own.scalar_subquery(), anchor.c.hash),
    ).select_from(anchor)
)
"""The last id of all, and the hash that a site's next entry goes on from."""

_INSERT: Final = Direct(insert(audit))
_SEEN: Final = Direct(
    select(audit.c.id, audit.c.hash).where(audit.c.id >= bindparam("first")).order_by(audit.c.id)
)

_OPEN: Final = Direct(
    select(open_runs.c.site, open_runs.c.gateway).where(open_runs.c.run == bindparam("its_run"))
)
_INTENT: Final = Direct(
    select(audit.c.site, audit.c.detail).where(
        audit.c.id == bindparam("its_run"), audit.c.entry == EntryKind.INTENT.value
    )
)
_OPENS: Final = Direct(insert(open_runs))
_WAITS: Final = Direct(
    update(open_runs)
    .where(open_runs.c.run == bindparam("its_run"))
    .values(confirm_until=bindparam("until"))
)
_CLOSES: Final = Direct(delete(open_runs).where(open_runs.c.run == bindparam("its_run")))
_MARKS: Final = Direct(
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
_FIRST_MARKS: Final = Direct(
    insert(standing).values({column.name: bindparam(f"its_{column.name}") for column in standing.c})
)
