"""The two grids of an OpenEI record: for each month and hour the number of a rate period.

Checks them and the rates they point at. Names nothing and writes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from scheduler.imports.document import Fault, Json, Path, RateFile, decoded
from scheduler.imports.records import Record

WEEKDAY, WEEKEND, RATES = ("energyweekdayschedule", "energyweekendschedule", "energyratestructure")
MAX_PERIODS = 10_000
MAX_PRICE = 10_000.0
_DEMAND = ("demandratestructure", "flatdemandstructure", "coincidentratestructure")

Row: TypeAlias = tuple[int, ...]
Rows: TypeAlias = tuple[Row, ...]
Tiers: TypeAlias = tuple[float, ...]
"""Price per kWh of each tier, rate plus adjustment."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Checked: twelve rows of twenty-four cells each, every cell a period with prices."""

    weekday: Rows
    weekend: Rows
    prices: dict[int, Tiers]
    notes: tuple[str, ...] = ()

    def used(self) -> tuple[int, ...]:
        return tuple(sorted({cell for row in (*self.weekday, *self.weekend) for cell in row}))


def read(document: RateFile, record: Record) -> Grid | None:
    """The grid of a record, or None where it has no energy price by the hour at all.

    Raises ScheduleError with every fault of the grid.
    """
    if record.fields.get(WEEKDAY) is None:
        _refuse_half_a_schedule(document, record)
        return None
    rows = {
        key: _rows(document, record, key)
        for key in (WEEKDAY, WEEKEND)
        if record.fields.get(key) is not None
    }
    weekday, weekend = rows[WEEKDAY], rows.get(WEEKEND, rows[WEEKDAY])
    periods = decoded(record.fields.get(RATES))
    if periods is None or periods == []:
        _refuse_without_rates(document, record, weekday, weekend)
        return None
    if not isinstance(periods, list):
        message = "A list of periods is expected here, each a list of tiers."
        raise document.error((*record.path, RATES), message, "rates")
    _no_dangling(document, record, rows, len(periods))
    used = Grid(weekday, weekend, {}).used()
    if _demand_alone(record, [periods[index] for index in used]):
        return None
    prices, notes = _prices(document, record, periods, used)
    if WEEKEND not in rows:
        notes.append("The record has no weekend schedule: weekends are written like weekdays.")
    return Grid(weekday, weekend, prices, tuple(notes))


def has_demand(record: Record) -> bool:
    """Whether the record charges for demand; the units alone are filled in everywhere."""
    return any(_has_rate(decoded(record.fields.get(key))) for key in _DEMAND)


def _refuse_half_a_schedule(document: RateFile, record: Record) -> None:
    periods = decoded(record.fields.get(RATES))
    if isinstance(periods, list) and len(periods) > 1:
        message = f"The record has {len(periods)} periods and no {WEEKDAY}."
        raise document.error(record.path, message, "missing-schedule")
    if record.fields.get(WEEKEND) is not None:
        message = f"The record has an {WEEKEND} and no {WEEKDAY}."
        raise document.error((*record.path, WEEKEND), message, "missing-schedule")


def _refuse_without_rates(document: RateFile, record: Record, weekday: Rows, weekend: Rows) -> None:
    if len(Grid(weekday, weekend, {}).used()) > 1:
        message = f"The schedule names periods, but the record has no {RATES}."
        raise document.error((*record.path, WEEKDAY), message, "dangling-period")
    if not has_demand(record):
        raise document.error(record.path, f"The record has no {RATES}.", "missing-rate")


def _rows(document: RateFile, record: Record, key: str) -> Rows:
    path = (*record.path, key)
    rows = decoded(record.fields[key])
    if not isinstance(rows, list) or len(rows) != 12:
        count = f"{len(rows)} rows" if isinstance(rows, list) else "no list"
        message = f"Twelve rows are expected here, January first; this is {count}."
        raise document.error(path, message, "grid")
    faults: list[Fault] = []
    found = tuple(_row(document, (*path, month), row, faults) for month, row in enumerate(rows))
    if faults:
        raise document.errors(faults)
    return found


def _row(document: RateFile, path: Path, row: Json, faults: list[Fault]) -> Row:
    row = decoded(row)
    if not isinstance(row, list) or len(row) != 24:
        count = f"{len(row)} cells" if isinstance(row, list) else "no list"
        message = f"Twenty-four cells are expected here, one per hour; this is {count}."
        faults.append(Fault(path, message, "grid"))
        return ()
    cells: list[int] = []
    for hour, cell in enumerate(row):
        number = _whole(cell)
        if number is None:
            message = "The number of a period is expected here."
            faults.append(Fault((*path, hour), message, "grid"))
            return ()
        cells.append(number)
    return tuple(cells)


def _whole(cell: Json) -> int | None:
    """A period number; floats such as 1.0 and digits in quotes are how some programs write it."""
    number = _number(cell)
    if number is None or abs(number) > MAX_PERIODS or number != int(number):
        return None
    return int(number)


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _no_dangling(document: RateFile, record: Record, rows: dict[str, Rows], count: int) -> None:
    """Refuse cells that point at no period: each such period once, at its first cell."""
    first: dict[int, tuple[Path, int]] = {}
    for key, month, hour in product(rows, range(12), range(24)):
        cell = rows[key][month][hour]
        path, seen = first.get(cell, ((*record.path, key, month, hour), 0))
        first[cell] = path, seen + 1
    faults = [
        Fault(path, _dangling(cell, count, seen), "dangling-period")
        for cell, (path, seen) in sorted(first.items())
        if not 0 <= cell < count
    ]
    if faults:
        raise document.errors(faults)


def _dangling(cell: int, count: int, seen: int) -> str:
    cells = "This cell points" if seen == 1 else f"{seen} cells, this one first, point"
    known = "only period 0" if count == 1 else f"periods 0 to {count - 1}"
    return f"{cells} at period {cell}, but {RATES} has {known}."


def _demand_alone(record: Record, periods: list[Json]) -> bool:
    return has_demand(record) and not any(_has_rate([period]) for period in periods)


def _has_rate(structure: Json) -> bool:
    tiers = [tier for period in _list(structure) for tier in _list(decoded(period))]
    return any(
        isinstance(tier, dict) and (_number(tier.get("rate")) or _number(tier.get("adj")))
        for tier in tiers
    )


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _prices(
    document: RateFile, record: Record, periods: list[Json], used: tuple[int, ...]
) -> tuple[dict[int, Tiers], list[str]]:
    faults: list[Fault] = []
    notes: dict[str, None] = {}
    prices: dict[int, Tiers] = {}
    for index in used:
        path = (*record.path, RATES, index)
        tiers = decoded(periods[index])
        if not isinstance(tiers, list) or not tiers:
            message = f"Period {index} has no tier, so no rate."
            faults.append(Fault(path, message, "missing-rate"))
            continue
        found = [_price(document, (*path, n), tier, faults) for n, tier in enumerate(tiers)]
        prices[index] = tuple(price for price, _ in found)
        notes.update(dict.fromkeys(remark for _, remark in found if remark))
    if faults:
        raise document.errors(faults)
    return prices, list(notes)


def _price(document: RateFile, path: Path, tier: Json, faults: list[Fault]) -> tuple[float, str]:
    """Rate plus adjustment. A rate that is absent beside an adjustment is zero: it is left out."""
    if not isinstance(tier, dict):
        faults.append(Fault(path, "A tier with a rate is expected here.", "rates"))
        return 0.0, ""
    parts = []
    for key in ("rate", "adj"):
        part = _number(tier.get(key))
        if part is None and tier.get(key) not in (None, ""):
            faults.append(Fault((*path, key), "This is not a number.", "rates"))
        parts.append(part)
    rate, adjustment = parts
    if not any(tier.get(key) not in (None, "") for key in ("rate", "adj")):
        message = "This tier has no rate. Add one, or remove the tier."
        faults.append(Fault(path, message, "missing-rate"))
    price = round((rate or 0.0) + (adjustment or 0.0), 8)
    if abs(price) > MAX_PRICE:
        faults.append(Fault(path, f"{price:g} is no price of a kWh.", "rates"))
    remark = "A tier has an adjustment and no rate; the adjustment is taken as its price."
    alone = rate is None and adjustment is not None
    return price, remark if alone else ""
