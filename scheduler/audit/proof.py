"""The proof that no entry of the audit was changed, removed or slipped in afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from scheduler import clock
from scheduler.audit.chain import GENESIS, Row, digest
from scheduler.audit.database import Database
from scheduler.audit.standing import Head
from scheduler.errors import AuditTamperedError


@dataclass(frozen=True, slots=True)
class Verified:
    """How many entries there are and the last one's hash, all of them proven."""

    rows: int
    head: Head | None


def verify(database: Database) -> Verified:
    """Reads every entry and proves the chain. A tail that was cut off shows only against a head
    kept elsewhere.

    Raises AuditTamperedError with the first entry that does not fit, AuditUnwritableError.
    """
    rows, prev = 0, GENESIS
    with database.reading() as connection:
        for before, hash_, *columns in _raw_rows(connection):
            row = Row(*columns)
            rows += 1
            if row.id != rows:
                raise AuditTamperedError(
                    f"Entry {rows} of the audit is missing: entry {row.id} stands in its place."
                    " Compare with a backup.",
                    entry=rows,
                )
            if before != prev or hash_ != digest(prev, row):
                raise AuditTamperedError(
                    f"Entry {row.id} of the audit ({_when(row.at)}) does not match its hash: it,"
                    " or the entry before, was changed afterwards. Compare with a backup.",
                    entry=row.id,
                )
            prev = hash_
    return Verified(rows, Head(rows, prev) if rows else None)


def _raw_rows(connection: Connection) -> Iterable[tuple[Any, ...]]:
    """Straight from the driver's cursor, row by row: a million rows neither fit in memory nor
    in ten seconds otherwise."""
    driver: Any = connection.connection.driver_connection
    rows: Iterable[tuple[Any, ...]] = driver.execute(
        "SELECT prev, hash, id, at, site, entry, kind, run, name, wake, outcome, detail"
        " FROM audit ORDER BY id"
    )
    return rows


def _when(at: int) -> str:
    try:
        return clock.iso(clock.from_micros(at))
    except OverflowError:
        return "of no possible time"
