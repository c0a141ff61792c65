"""A year day by day: season, day class, holiday, clock changes, and which days are unlike others.

Pure: of a tariff or a zone alone, with or without a schedule.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.plan import wall
from scheduler.plan.effect import asked
from scheduler.plan.wall import Piece, by_day
from scheduler.schedule.clocktime import format_time
from scheduler.schedule.holidays import Holiday
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.values import DAY_SECONDS, Day, Schedule
from scheduler.schedule.weeks import windows
from scheduler.setting import Setting

Pattern = tuple[tuple[int, Setting | str | None], ...]
"""(second of the wall clock, what holds from there on): settings, or periods without a schedule."""


@dataclass(frozen=True, slots=True)
class YearDay:
    """One local date. `seconds` is its length; 0 for a date that its zone left out."""

    date: date
    day: Day
    holiday: Holiday | None
    seconds: int
    clock_change: str | None
    pattern: Pattern
    differs: bool
    """Its pattern is not the usual one of its season and day of the week."""

    def to_json(self) -> dict[str, Any]:
        """As `tou calendar --format json`."""
        hours = self.seconds / 3600
        holiday = self.holiday
        return {
            "date": self.date.isoformat(),
            "weekday": f"{self.date:%a}".casefold(),
            "season": self.day.season,
            "day_class": self.day.day_class.value,
            "holiday": holiday.name if holiday else None,
            "observed": holiday.observed if holiday else False,
            "hours": int(hours) if hours.is_integer() else hours,
            "clock_change": self.clock_change,
            "periods": [
                {"start": format_time(start), "end": format_time(end), "period": period}
                for start, end, period in windows(self.day)
                if period
            ],
            "differs": self.differs,
        }


def year_days(calendar: Tariff, year: int, schedule: Schedule | None) -> list[YearDay]:
    """Every date of a year. A day differs where its pattern on the wall clock is not the most
    frequent one among the same days of the week of its season; of two equally frequent ones the
    earlier is the usual one. So a Thursday with a weekend's plan differs, a Saturday does not."""
    first, last = _number(date(year, 1, 1)), _number(date(year, 12, 31))
    start, end = (first - 2) * DAY_SECONDS, (last + 3) * DAY_SECONDS
    days = by_day(calendar.display_zone, start, end)
    # A meter on UTC has patterns that stand still in UTC and move on the clock of the house.
    read = by_day(calendar.zone, start, end)
    changes = clock_changes(calendar.display_zone, start, end)
    plan = [(at, each.setting) for at, each in asked(schedule, start, end)] if schedule else None
    holidays = {each.date: each for each in calendar.holidays_in(year)}
    numbers = range(first, last + 1)
    shapes = {number: calendar.day(wall.date_of(number)) for number in numbers}
    patterns: dict[int, Pattern] = {
        number: _pattern(read.get(number, ()), plan) if plan else shapes[number].periods
        for number in numbers
    }
    usual = _usual(shapes, patterns)
    return [
        YearDay(
            date=(on := wall.date_of(number)),
            day=shapes[number],
            holiday=holidays.get(on),
            seconds=sum(each.end - each.start for each in days.get(number, ())),
            clock_change="; ".join(changes.get(number, ())) or None,
            pattern=patterns[number],
            differs=patterns[number] != usual[shapes[number].season, on.weekday()],
        )
        for number in numbers
    ]


def clock_changes(zone: ZoneInfo, start: int, end: int) -> dict[int, list[str]]:
    """By local day the changes of the clock, such as `02:00 -> 03:00, 1 h forward`."""
    found: dict[int, list[str]] = {}
    pieces = wall.pieces(zone, start, end)
    for before, after in pairwise(pieces):
        shift = after.offset - before.offset
        was, becomes = after.start + before.offset, after.start + after.offset
        size = f"{abs(shift) / 3600:g} h {'forward' if shift > 0 else 'back'}"
        text = f"{format_time(was % DAY_SECONDS)} -> {format_time(becomes % DAY_SECONDS)}, {size}"
        found.setdefault(becomes // DAY_SECONDS, []).append(text)
    return found


def _number(on: date) -> int:
    return on.toordinal() - date(1970, 1, 1).toordinal()


def _pattern(pieces: Sequence[Piece], plan: list[tuple[int, Setting]]) -> Pattern:
    found: list[tuple[int, Setting]] = []
    for piece in pieces:
        index = bisect_right(plan, piece.start, key=lambda each: each[0]) - 1
        while index < len(plan) and plan[index][0] < piece.end:
            at, setting = plan[index]
            second = (max(at, piece.start) + piece.offset) % DAY_SECONDS
            if not found or found[-1][1] != setting:
                found.append((second, setting))
            index += 1
    return tuple(found)


def _usual(
    shapes: Mapping[int, Day], patterns: Mapping[int, Pattern]
) -> dict[tuple[str | None, int], Pattern]:
    """The most frequent pattern of each season and day of the week."""
    counts: dict[tuple[str | None, int], Counter[Pattern]] = {}
    for number, pattern in patterns.items():
        key = (shapes[number].season, wall.date_of(number).weekday())
        counts.setdefault(key, Counter())[pattern] += 1
    return {key: counter.most_common(1)[0][0] for key, counter in counts.items()}
