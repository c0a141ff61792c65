"""What came from the grid in a week, by the meters that were read: in peaks, and at list prices.

Energy sold is left out: what it earns is in no tariff file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from scheduler import clock
from scheduler.audit.readings import KeptReading
from scheduler.outlets.digest.week import Week, tariff_of
from scheduler.schedule.tariff import Tariff, is_peak
from scheduler.schedule.values import DAY_SECONDS

LONGEST: Final = timedelta(minutes=15)
"""Between two readings; what lies further apart is not covered."""
_HOUR: Final = timedelta(hours=1)
_LEAST_KW: Final = 0.1
_LONGEST_PEAK: Final = DAY_SECONDS // 3


@dataclass(frozen=True, slots=True)
class FromGrid:
    """Between two readings that stand near enough."""

    start: datetime
    end: datetime
    imported: float
    """kWh."""
    bare: float | None
    """kWh that the house would have taken without a battery."""
    charge: float | None
    load: float | None
    """W."""
    peak: bool
    price: float | None
    """Of a kWh."""
    currency: str

    @property
    def real(self) -> bool:
        """Whether the grid really gave something, and not only a meter's noise."""
        return self.imported / ((self.end - self.start) / _HOUR) >= _LEAST_KW


def metered(week: Week) -> tuple[FromGrid, ...]:
    """The stretches that the readings cover, in their order."""
    return tuple(_metered(week))


def coverage(found: Iterable[FromGrid], length: timedelta) -> float:
    """The share of a length of time that they cover."""
    covered = sum((each.end - each.start for each in found), timedelta(0))
    return covered / length if length else 0.0


def dearest_peak(found: Iterable[FromGrid]) -> tuple[FromGrid, ...]:
    """Of the unbroken stretches with grid in a peak, the one with the most energy."""
    runs: list[list[FromGrid]] = []
    for each in found:
        if not (each.peak and each.real):
            continue
        if runs and runs[-1][-1].end == each.start:
            runs[-1].append(each)
        else:
            runs.append([each])
    return tuple(max(runs, key=lambda run: sum(each.imported for each in run), default=()))


def _metered(week: Week) -> Iterator[FromGrid]:
    for first, last in pairwise(week.facts.readings):
        imported = _imported(first, last)
        if imported is None or not timedelta(0) < last.at - first.at <= LONGEST:
            continue
        middle = first.at + (last.at - first.at) / 2
        tariff = tariff_of(week.facts.then(middle).schedule)
        yield FromGrid(
            start=first.at,
            end=last.at,
            imported=imported,
            bare=_bare(first, last),
            charge=last.charge,
            load=first.load_w,
            peak=tariff is not None and _peak(tariff, middle),
            price=_price(tariff, middle),
            currency=tariff.prices.currency if tariff and tariff.prices else "",
        )


def _peak(tariff: Tariff, at: datetime) -> bool:
    """Whether a period is called a peak, or is the dearest of its day and no longer than a third
    of it: in SCE's winter the evening is called mid-peak, and nothing is dearer."""
    moment = tariff.at(at)
    if is_peak(moment.period):
        return True
    day = tariff.day(clock.localise(at, tariff.zone).date())
    prices = (tariff.prices.per_kwh if tariff.prices else {}).get(moment.season, {})
    known = [prices.get(str(name)) for _, name in day.periods]
    if prices.get(moment.period) is None or None in known or len(set(known)) < 2:
        return False
    dearest = prices[moment.period] == max(each for each in known if each is not None)
    return dearest and _seconds(day.periods, moment.period) <= _LONGEST_PEAK


def _seconds(periods: tuple[tuple[int, str | None], ...], name: str) -> int:
    """How much of a day a period has."""
    ends = [*(start for start, _ in periods[1:]), DAY_SECONDS]
    return sum(
        end - start for (start, each), end in zip(periods, ends, strict=True) if each == name
    )


def _imported(first: KeptReading, last: KeptReading) -> float | None:
    """By the counter where there is one that has not begun anew, else by the power."""
    before, after = first.grid_imported_wh, last.grid_imported_wh
    if before is not None and after is not None and after >= before:
        return (after - before) / 1000
    if first.grid_w is None or last.grid_w is None:
        return None
    return max(0.0, (first.grid_w + last.grid_w) / 2) * ((last.at - first.at) / _HOUR) / 1000


def _bare(first: KeptReading, last: KeptReading) -> float | None:
    if first.load_w is None or last.load_w is None:
        return None
    sun = ((first.solar_w or 0.0) + (last.solar_w or 0.0)) / 2
    watts = max(0.0, (first.load_w + last.load_w) / 2 - sun)
    return watts * ((last.at - first.at) / _HOUR) / 1000


def _price(tariff: Tariff | None, at: datetime) -> float | None:
    if tariff is None or tariff.prices is None:
        return None
    moment = tariff.at(at)
    return tariff.prices.per_kwh.get(moment.season, {}).get(moment.period)
