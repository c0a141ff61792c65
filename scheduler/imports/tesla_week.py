"""The week of a Tesla season: every hour of every day covered exactly once, or a placed error.

Day 0 is Monday, unless the person says that it is Sunday. An end of 0:00 is midnight; a stretch
whose start is not before its end means both ends of each of its days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from scheduler.imports import tesla_body
from scheduler.imports.document import MOST_SHOWN, Fault, Path, RateFile
from scheduler.imports.draft import DAY_MINUTES, Shape, shape
from scheduler.imports.naming import plain
from scheduler.imports.tesla_body import TariffEntry
from scheduler.schedule.clocktime import format_span
from scheduler.schedule.values import WEEKDAY_NAMES

_SUNDAY = 6


class _Stretch(NamedTuple):
    """Part of one day, minutes from `start` to before `end`, and which entry says so."""

    start: int
    end: int
    entry: int


_Span: TypeAlias = "tuple[int, int, int | None, int | None]"
"""Minutes of a day, and the two entries that both cover them; None where no entry does."""


def read(
    document: RateFile,
    season: Path,
    entries: Sequence[TariffEntry],
    names: dict[str, str],
    *,
    sunday_first: bool,
) -> tuple[tuple[Shape, ...], list[str]]:
    """Monday to Sunday, and what to say of it. Raises ScheduleError with every gap and overlap.

    A left-out toDayOfWeek is 0 by protobuf's habit, Sunday to most readers of these files; what
    covers the week exactly once is what was meant.
    """
    omitted = [each for each in entries if each.fields.get("toDayOfWeek") is None]
    week = _week(document, entries, last_day=0 if omitted else _SUNDAY)
    if omitted and _faulty(week):
        week = _week(document, entries, last_day=_SUNDAY)
    if faulty := _faulty(week):
        first = list(faulty.items())[:MOST_SHOWN]
        faults = [_fault(season, span, days, entries) for span, days in first]
        raise document.errors(faults, len(faulty))
    labels = [names[each.label] for each in entries]
    shapes = tuple(shape([(each.start, labels[each.entry]) for each in day]) for day in week)
    if sunday_first:
        shapes = (*shapes[1:], shapes[0])
    note = "A period that names no last day is read so that every day is covered exactly once."
    return shapes, [note] if omitted else []


def a_day_late(week: Sequence[Shape]) -> bool:
    """Tuesday to Saturday alike and Monday different: no utility was seen to sell such a week, but
    files of programs that count Sunday as day 0 are read so."""
    return week[0] != week[1] and len(set(week[1:6])) == 1


def a_day_early(week: Sequence[Shape]) -> bool:
    """Sunday to Thursday alike and Friday different: the mirror of `a_day_late`."""
    return week[4] != week[3] and len({week[6], *week[:4]}) == 1


def _week(
    document: RateFile, entries: Sequence[TariffEntry], *, last_day: int
) -> list[list[_Stretch]]:
    week: list[list[_Stretch]] = [[] for _ in WEEKDAY_NAMES]
    for number, entry in enumerate(entries):
        parts = [_Stretch(start, end, number) for start, end in _parts(document, entry)]
        for day in _days(document, entry, last_day):
            week[day] += parts
    return [sorted(day) for day in week]


def _days(document: RateFile, entry: TariffEntry, last_day: int) -> Iterator[int]:
    first = tesla_body.number(document, entry.path, entry.fields, "fromDayOfWeek")
    last = tesla_body.number(document, entry.path, entry.fields, "toDayOfWeek")
    if entry.fields.get("toDayOfWeek") is None:
        last = last_day
    for key, day in (("fromDayOfWeek", first), ("toDayOfWeek", last)):
        if not 0 <= day <= _SUNDAY:
            message = f"{day} is no day. Days count from 0, Monday, to 6, Sunday."
            raise document.error((*entry.path, key), message, "period-time")
    count = (last - first) % 7 + 1
    return ((first + step) % 7 for step in range(count))


def _parts(document: RateFile, entry: TariffEntry) -> list[tuple[int, int]]:
    start = _minute(document, entry, "from") % DAY_MINUTES
    end = _minute(document, entry, "to") or DAY_MINUTES
    return [(start, end)] if start < end else [(0, end), (start, DAY_MINUTES)]


def _minute(document: RateFile, entry: TariffEntry, which: str) -> int:
    hour = tesla_body.number(document, entry.path, entry.fields, f"{which}Hour")
    minute = tesla_body.number(document, entry.path, entry.fields, f"{which}Minute")
    if not (0 <= hour <= 24 and 0 <= minute < 60 and hour * 60 + minute <= DAY_MINUTES):
        message = f"{hour}:{minute:02} is no time of the day, 0:00 to 24:00."
        raise document.error((*entry.path, f"{which}Hour"), message, "period-time")
    return hour * 60 + minute


def _faulty(week: Sequence[Sequence[_Stretch]]) -> dict[_Span, list[str]]:
    """Each stretch that is covered twice or never, with the days that share it."""
    days: dict[_Span, list[str]] = {}
    for name, day in zip(WEEKDAY_NAMES, week, strict=True):
        for span in _faults(day):
            days.setdefault(span, []).append(name)
    return days


def _faults(day: Sequence[_Stretch]) -> Iterator[_Span]:
    covered, last = 0, None
    for each in day:
        if each.start > covered:
            yield covered, each.start, None, None
        elif last is not None and each.start < covered:
            yield each.start, min(covered, each.end), last.entry, each.entry
        if last is None or each.end > covered:
            covered, last = each.end, each
    if covered < DAY_MINUTES:
        yield covered, DAY_MINUTES, None, None


def _fault(season: Path, span: _Span, days: Sequence[str], entries: Sequence[TariffEntry]) -> Fault:
    start, end, first, second = span
    what = f"{', '.join(days)}: {format_span(start * 60, end * 60)} is covered"
    if first is None or second is None:
        return Fault((*season, "tou_periods"), f"{what} by no period.", "day-gap")
    labels = (plain(entries[each].label, 40) for each in (first, second))
    return Fault(
        entries[second].path, f"{what} twice, by {' and by '.join(labels)}.", "day-overlap"
    )
