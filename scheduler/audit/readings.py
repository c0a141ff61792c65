"""What was read of a battery and its house, instant by instant: the meters' memory.

Beside the log and not under its chain: readings come by the minute, and prove nothing by
themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select

from scheduler import clock
from scheduler.audit.chain import storable
from scheduler.audit.database import Database
from scheduler.audit.table import readings as table


@dataclass(frozen=True, slots=True)
class KeptReading:
    """What was read at an instant; None is not known. Powers in watts, counters in watt-hours,
    charge and reserve in app percent."""

    at: datetime
    source: str
    """The gateway that was read, as the audit calls it."""
    charge: float | None = None
    battery_w: float | None = None
    grid_w: float | None = None
    solar_w: float | None = None
    load_w: float | None = None
    grid_imported_wh: float | None = None
    grid_exported_wh: float | None = None
    battery_charged_wh: float | None = None
    battery_discharged_wh: float | None = None
    solar_wh: float | None = None
    load_wh: float | None = None
    mode: str | None = None
    reserve: float | None = None


def keep(connection: Connection, site: str, found: Sequence[KeptReading]) -> None:
    """Keep readings; a second one of the same instant is the same reading."""
    values = {clock.to_micros(reading.at): reading for reading in found}
    same = (table.c.site == site, table.c.at.in_(list(values)))
    for at in connection.execute(select(table.c.at).where(*same)).scalars():
        del values[at]
    rows = [{**asdict(each), "site": site, "at": at} for at, each in values.items()]
    if rows:
        connection.execute(insert(table), rows)


def thin(database: Database, site: str, before: datetime) -> int:
    """Leave one reading an hour of those before an instant; how many went. The guard against
    deleting is away only inside the transaction that does it."""
    old = (table.c.site == storable(site), table.c.at < clock.to_micros(before))
    first = select(func.min(table.c.at)).where(*old).group_by(table.c.at // _HOUR)
    with database.writing() as connection:
        guard = connection.exec_driver_sql(_GUARD).scalar_one()
        connection.exec_driver_sql("DROP TRIGGER readings_no_delete")
        gone = connection.execute(delete(table).where(*old, table.c.at.not_in(first))).rowcount
        connection.exec_driver_sql(guard)
        return gone


def readings(
    connection: Connection, site: str, since: datetime, until: datetime
) -> list[KeptReading]:
    """A site's readings from `since` on and before `until`, oldest first."""
    query = _OF_SITE.where(
        table.c.site == site,
        table.c.at >= clock.to_micros(since),
        table.c.at < clock.to_micros(until),
    )
    return [_reading(row) for row in connection.execute(query.order_by(table.c.at))]


def last_reading(connection: Connection, site: str) -> KeptReading | None:
    query = _OF_SITE.where(table.c.site == site).order_by(table.c.at.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _reading(row)


def _reading(row: Row[*tuple[Any, ...]]) -> KeptReading:
    at, *rest = row
    return KeptReading(clock.from_micros(at), *rest)


_OF_SITE: Final = select(*(table.c[each.name] for each in fields(KeptReading)))
_HOUR: Final = 3_600_000_000
_GUARD: Final = (
    "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'readings_no_delete'"
)
