"""The proof that no entry of the audit was changed, removed or slipped in afterwards.

The chain carries no key: who owns the file can write all of it anew. Against that, and against a
tail cut off, stands a head that was written down elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, inspect, select

from scheduler import clock
from scheduler.audit import guard
from scheduler.audit.answers import Head
from scheduler.audit.chain import GENESIS, Row, digest
from scheduler.audit.database import Database
from scheduler.audit.keeping import ChainPlace, Marks, confirm_until_of, gateway_of, mark_of
from scheduler.audit.table import anchor, open_runs, standing
from scheduler.errors import AuditTamperedError


@dataclass(frozen=True, slots=True)
class Verified:
    """How many entries there are and the last one's hash, all of them proven."""

    rows: int
    head: Head | None
    """The last entry of all sites."""
    heads: Mapping[str, Head] = field(default_factory=dict)
    """The last entry of each site."""
    complaints: tuple[str, ...] = ()
    """What is wrong with the file beside its entries: guards missing, triggers of others, what
    stands beside the log and does not follow from it."""


def verify(database: Database, head: WrittenDown | None = None) -> Verified:
    """Reads every entry and proves the chains. `head` was written down earlier: it must still be
    there.

    Raises AuditTamperedError with the first entry that does not fit, AuditUnwritableError.
    """
    with database.reading() as connection:
        walk = _Walk(connection, head or WrittenDown(None, ""))
        for before, hash_, *columns in _raw_rows(connection):
            walk.take(Row(*columns), before, hash_)
        walk.finish()
        complaints = () if walk.older else _complaints(connection, walk)
    return walk.verified(complaints)


class WrittenDown(NamedTuple):
    """A head as somebody kept it: the hash, and perhaps the number of its entry."""

    id: int | None
    hash: str


def parse_head(text: str) -> WrittenDown:
    """`HASH` or `ID:HASH` as it was written down. Raises ValueError with the way out."""
    number, _, hash_ = text.strip().rpartition(":")
    if not _HEAD.fullmatch(text.strip().lower()):
        raise ValueError(
            f"{text!r} is not a head. Write the 64 hex digits, or ID:HASH, as the journal has it"
            ' ("audit head of ...").'
        )
    return WrittenDown(int(number) if number else None, hash_.lower())


_HEAD: Final = re.compile(r"([0-9]{1,18}:)?[0-9a-f]{64}")


class _Walk:
    """What is known while the rows go by."""

    def __init__(self, connection: Connection, asked: WrittenDown) -> None:
        self.rows = 0
        self._last: tuple[int, str] | None = None
        self._heads: dict[str, tuple[int, str]] = {}
        self._asked_id, self._asked = asked
        self._found: int | None = None
        self._anchor = _anchor(connection)
        self.older = self._anchor.id < 0
        """A schema in which all sites shared one chain; a copy of it is proven as it is."""
        self._hashes: dict[str, str] = {}
        self._shared = GENESIS
        self._whose: dict[int, ChainPlace] = {}
        self._open: dict[int, int | None] = {}
        self._marks: dict[ChainPlace, Marks] = {}

    def take(self, row: Row, before: str, hash_: str) -> None:
        """Prove one row. Raises AuditTamperedError. A million rows go through here in seconds,
        so nothing is made that is thrown away at the next."""
        self.rows += 1
        if row.id != self.rows:
            raise _missing(self.rows, f"entry {row.id} stands in its place")
        shared = self.older or row.id <= self._anchor.id
        prev = self._shared if shared else self._hashes.get(row.site, self._anchor.hash)
        if before != prev or hash_ != digest(prev, row):
            raise _changed(row)
        if shared:
            self._shared = hash_
            if not self.older and row.id == self._anchor.id and hash_ != self._anchor.hash:
                raise _changed(row)
        else:
            self._hashes[row.site] = hash_
        if hash_ == self._asked:
            self._found = row.id
        self._last = self._heads[row.site] = (row.id, hash_)
        if row.run is not None:
            self._follow(row)

    def verified(self, complaints: tuple[str, ...]) -> Verified:
        heads = {site: Head(*head) for site, head in self._heads.items()}
        return Verified(self.rows, Head(*self._last) if self._last else None, heads, complaints)

    def finish(self) -> None:
        """Raises AuditTamperedError where the end is not where it must be."""
        if self.rows < self._anchor.id:
            raise _missing(self.rows + 1, "the audit ends before it")
        if not self._asked:
            return
        if self._found is None or self._asked_id not in {None, self._found}:
            number = self._asked_id or self.rows + 1
            raise AuditTamperedError(
                f"The head that was written down ({self._asked}) is not in the audit: entries"
                " were cut off its end, or it was written anew. Compare with a backup.",
                entry=number,
            )

    def present(self, connection: Connection) -> Iterator[str]:
        """What stands beside the log and does not follow from it, in words."""
        runs = {row.run: row.confirm_until for row in connection.execute(select(open_runs))}
        if runs != self._open:
            odd = sorted(runs.items() ^ self._open.items(), key=str)
            yield f"the table open_runs does not follow from the entries (run {odd[0][0]})"
        found = {
            ChainPlace(row.site, row.gateway): Marks(row.confirmed, row.written, row.seen)
            for row in connection.execute(select(standing))
        }
        for place in sorted(found.keys() | self._marks.keys()):
            if found.get(place, Marks()) != self._marks.get(place, Marks()):
                yield (
                    "the table standing does not follow from the entries"
                    f" ({place.site}, {place.gateway or 'no gateway'})"
                )

    def _follow(self, row: Row) -> None:
        """The same bookkeeping as `keeping`, from the rows alone."""
        assert row.run is not None
        if row.entry == "intent":
            self._whose[row.run] = ChainPlace(row.site, gateway_of(row))
            self._open[row.run] = None
            return
        mark = mark_of(row)
        if mark is not None and row.run in self._whose:
            self._marks.setdefault(self._whose[row.run], Marks()).take(mark, row.run)
        if row.entry == "outcome":
            self._open.pop(row.run, None)
        elif row.entry == "evidence" and row.run in self._open:
            self._open[row.run] = confirm_until_of(row) or self._open[row.run]


def _anchor(connection: Connection) -> Head:
    if not inspect(connection).has_table(anchor.name):
        return Head(-1, GENESIS)
    return Head(*connection.execute(select(anchor.c.id, anchor.c.hash)).one())


def _complaints(connection: Connection, walk: _Walk) -> tuple[str, ...]:
    return (*guard.complaints(_driver(connection)), *walk.present(connection))


def _missing(number: int, why: str) -> AuditTamperedError:
    return AuditTamperedError(
        f"Entry {number} of the audit is missing: {why}. Compare with a backup.", entry=number
    )


def _changed(row: Row) -> AuditTamperedError:
    return AuditTamperedError(
        f"Entry {row.id} of the audit ({_when(row.at)}) does not match its hash: it, or the entry"
        " before, was changed afterwards. Compare with a backup.",
        entry=row.id,
    )


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _raw_rows(connection: Connection) -> Iterable[tuple[Any, ...]]:
    """Straight from the driver's cursor, row by row: a million rows neither fit in memory nor
    in ten seconds otherwise."""
    rows: Iterable[tuple[Any, ...]] = _driver(connection).execute(
        "SELECT prev, hash, id, at, site, entry, kind, run, name, wake, outcome, detail"
        " FROM audit ORDER BY id"
    )
    return rows


def _when(at: int) -> str:
    try:
        return clock.iso(clock.from_micros(at))
    except OverflowError:
        return "of no possible time"
