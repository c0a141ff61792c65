"""The week of a Tesla season: every hour of every day covered exactly once, or a placed error.

Day 0 is Monday. An end of 0:00 is midnight; a stretch whose start is not before its end means both
ends of each of its days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scheduler.errors import Problem, ScheduleError
from scheduler.imports import tesla_body
from scheduler.imports.document import Document, Path
from scheduler.imports.draft import DAY_MINUTES, DAY_NAMES, Shape, shape
from scheduler.imports.naming import plain
from scheduler.imports.tesla_body import Entry
from scheduler.schedule.clocktime import format_span

_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Part of one day, minutes from `start` to before `end`."""

    start: int
    end: int
    label: str
    path: Path


@dataclass(frozen=True, slots=True)
class _Fault:
    """A stretch of some day that is covered never, or twice."""

    path: Path
    message: str
    check: str


def read(
    document: Document, season: Path, entries: Sequence[Entry], names: dict[str, str]
) -> tuple[tuple[Shape, ...], list[str]]:
    """Monday to Sunday, and what to say of it. Raises ScheduleError with every gap and overlap.

    A left-out toDayOfWeek is 0 by protobuf's habit, Sunday to most readers of these files; what
    covers the week exactly once is what was meant.
    """
    omitted = [each for each in entries if each.fields.get("toDayOfWeek") is None]
    week = _week(document, entries, last_day=0 if omitted else _SUNDAY)
    if omitted and any(_faults(day, season) for day in week):
        week = _week(document, entries, last_day=_SUNDAY)
    problems = tuple(_problems(document, week, season))
    if problems:
        raise ScheduleError(problems)
    shapes = tuple(shape([(each.start, names[each.label]) for each in day]) for day in week)
    note = "A period that names no last day is read so that every day is covered exactly once."
    return shapes, [note] if omitted else []


def _week(document: Document, entries: Sequence[Entry], *, last_day: int) -> list[list[_Stretch]]:
    week: list[list[_Stretch]] = [[] for _ in DAY_NAMES]
    for entry in entries:
        for day in _days(document, entry, last_day):
            week[day] += _stretches(document, entry)
    return [sorted(day, key=lambda each: (each.start, each.end)) for day in week]


def _days(document: Document, entry: Entry, last_day: int) -> Iterator[int]:
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


def _stretches(document: Document, entry: Entry) -> list[_Stretch]:
    start = _minute(document, entry, "from") % DAY_MINUTES
    end = _minute(document, entry, "to") or DAY_MINUTES
    if start < end:
        return [_Stretch(start, end, entry.label, entry.path)]
    parts = [(0, end), (start, DAY_MINUTES)]
    return [_Stretch(*part, entry.label, entry.path) for part in parts]


def _minute(document: Document, entry: Entry, which: str) -> int:
    hour = tesla_body.number(document, entry.path, entry.fields, f"{which}Hour")
    minute = tesla_body.number(document, entry.path, entry.fields, f"{which}Minute")
    if not (0 <= hour <= 24 and 0 <= minute < 60 and hour * 60 + minute <= DAY_MINUTES):
        message = f"{hour}:{minute:02} is no time of the day, 0:00 to 24:00."
        raise document.error((*entry.path, f"{which}Hour"), message, "period-time")
    return hour * 60 + minute


def _problems(
    document: Document, week: Sequence[Sequence[_Stretch]], season: Path
) -> Iterator[Problem]:
    """Each fault once, with the days that share it."""
    days: dict[_Fault, list[str]] = {}
    for name, day in zip(DAY_NAMES, week, strict=True):
        for fault in _faults(day, season):
            days.setdefault(fault, []).append(name)
    for fault, names in days.items():
        message = f"{', '.join(names)}: {fault.message}"
        yield document.problem(fault.path, message, fault.check)


def _faults(day: Sequence[_Stretch], season: Path) -> list[_Fault]:
    faults = []
    covered, last = 0, None
    for each in day:
        if each.start > covered:
            faults.append(_gap(season, covered, each.start))
        elif last is not None and each.start < covered:
            span = format_span(each.start * 60, min(covered, each.end) * 60)
            both = f"{plain(last.label, 40)} and by {plain(each.label, 40)}"
            message = f"{span} is covered twice, by {both}."
            faults.append(_Fault(each.path, message, "day-overlap"))
        if last is None or each.end > covered:
            covered, last = each.end, each
    if covered < DAY_MINUTES:
        faults.append(_gap(season, covered, DAY_MINUTES))
    return faults


def _gap(season: Path, start: int, end: int) -> _Fault:
    span = format_span(start * 60, end * 60)
    return _Fault((*season, "tou_periods"), f"{span} is covered by no period.", "day-gap")
