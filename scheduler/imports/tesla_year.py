"""The dates of Tesla's seasons: every day of the year in exactly one, or a placed error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from scheduler.imports import naming, tesla_body
from scheduler.imports.document import Fault, Json, Path, RateFile
from scheduler.imports.draft import MONTH_LENGTHS, DateRange, MonthDay
from scheduler.imports.naming import plain
from scheduler.schedule.tariff import YEAR

_LEAP_DAY = (2, 29)


def read(
    document: RateFile, path: Path, seasons: Mapping[str, dict[str, Json]]
) -> tuple[dict[str, DateRange], list[str]]:
    """First and last day of each season, and what to say of them. Raises ScheduleError."""
    notes: list[str] = []
    ranges = {
        name: _range(document, (*path, name), season, notes) for name, season in seasons.items()
    }
    for name, (first, last) in ranges.items():
        if last == (2, 28) and not _holders(ranges, _LEAP_DAY):
            ranges[name] = first, _LEAP_DAY
            notes.append(f"{plain(name, 40)} ends on 02-28; 02-29 is added to it.")
    faults = [*_overlaps(path, ranges), *_gaps(path, ranges)]
    if faults:
        raise document.errors(faults)
    return ranges, notes


def _range(document: RateFile, path: Path, season: dict[str, Json], notes: list[str]) -> DateRange:
    first = _day(document, path, season, "from", notes)
    last = _day(document, path, season, "to", notes)
    return first, last


def _day(
    document: RateFile, path: Path, season: dict[str, Json], which: str, notes: list[str]
) -> MonthDay:
    """A day of the year. A left-out day is the month's first or last one."""
    month = tesla_body.number(document, path, season, f"{which}Month")
    if not 1 <= month <= 12:
        message = f"{month} is no month. Months count from 1 to 12."
        raise document.error((*path, f"{which}Month"), message, "season-dates")
    day = tesla_body.number(document, path, season, f"{which}Day")
    length = MONTH_LENGTHS[month - 1]
    if not 0 <= day <= 31:
        message = f"{day} is no day of a month."
        raise document.error((*path, f"{which}Day"), message, "season-dates")
    meant = min(day, length) if day else (1 if which == "from" else length)
    if meant != day:
        written = f"day {day} of month {month}" if day else f"no day of month {month}"
        notes.append(f"{plain(path[-1], 40)} has {written}; read as {_spelt((month, meant))}.")
    return month, meant


def _holders(ranges: Mapping[str, DateRange], day: MonthDay) -> tuple[str, ...]:
    return tuple(name for name, (first, last) in ranges.items() if naming.covers(first, last, day))


def _gaps(path: Path, ranges: Mapping[str, DateRange]) -> Iterator[Fault]:
    for first, last in _stretches([day for day in YEAR if not _holders(ranges, day)]):
        message = f"{_spelt(first)}..{_spelt(last)} belongs to no season that has periods."
        yield Fault(path, message, "season-gap")


def _overlaps(path: Path, ranges: Mapping[str, DateRange]) -> Iterator[Fault]:
    shared: dict[tuple[str, ...], list[MonthDay]] = {}
    for day in YEAR:
        holders = _holders(ranges, day)
        if len(holders) > 1:
            shared.setdefault(holders, []).append(day)
    for holders, days in shared.items():
        names = " and ".join(plain(name, 40) for name in holders[:5])
        for first, last in _stretches(days):
            message = f"{_spelt(first)}..{_spelt(last)} belongs to {names}."
            yield Fault((*path, holders[1]), message, "season-overlap")


def _stretches(days: Sequence[MonthDay]) -> Iterator[DateRange]:
    """First and last of each run of neighbouring days, within one year."""
    order = [YEAR.index(day) for day in days]
    starts = [i for i, n in enumerate(order) if i == 0 or n != order[i - 1] + 1]
    for start, after in pairwise((*starts, len(order))):
        yield days[start], days[after - 1]


def _spelt(day: MonthDay) -> str:
    return f"{day[0]:02}-{day[1]:02}"
