"""A tariff as a week per season: which rows such a week has, and the windows of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from scheduler.schedule.tariff import HOLIDAY, Season, Tariff
from scheduler.schedule.values import DAY_SECONDS, Day

_DAY_NAMES: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def season_dates(tariff: Tariff, name: str) -> tuple[str, ...]:
    """The ranges of a season, such as `06-01..09-30`; one that spans the new year is one."""
    days = sorted(tariff.seasons)
    inside = [day for day in days if tariff.seasons[day].name == name]
    position = {day: index for index, day in enumerate(days)}
    runs = [
        [day for _, day in run]
        for _, run in groupby(enumerate(inside), key=lambda each: position[each[1]] - each[0])
    ]
    if len(runs) > 1 and runs[0][0] == days[0] and runs[-1][-1] == days[-1]:
        runs = [*runs[1:-1], runs[-1] + runs[0]]
    return tuple(
        f"{first[0]:02}-{first[1]:02}..{last[0]:02}-{last[1]:02}"
        for first, last in ((run[0], run[-1]) for run in runs)
    )


def season_named(tariff: Tariff, name: str) -> Season:
    """A season by its name."""
    return next(season for season in tariff.seasons.values() if season.name == name)


def rows(season: Season, *, holidays: bool) -> tuple[tuple[str, Day], ...]:
    """Label and shape of each row: weekday, weekend, holiday, or single days where they differ."""
    week = season.shapes
    found = [*_class_rows("weekday", week, range(5)), *_class_rows("weekend", week, range(5, 7))]
    if holidays:
        found.append(("holiday", week[HOLIDAY]))
    return tuple(found)


def _class_rows(
    label: str, week: Sequence[Day], numbers: Iterable[int]
) -> Iterator[tuple[str, Day]]:
    groups = [list(group) for _, group in groupby(numbers, key=lambda each: week[each].periods)]
    if len(groups) == 1:
        yield label, week[groups[0][0]]
        return
    for group in groups:
        first, last = _DAY_NAMES[group[0]], _DAY_NAMES[group[-1]]
        yield (first if first == last else f"{first}-{last}"), week[group[0]]


def windows(day: Day) -> tuple[tuple[int, int, str], ...]:
    """Start, end (seconds of the day) and period of each stretch of a day."""
    ends = [start for start, _ in day.periods[1:]] + [DAY_SECONDS]
    return tuple(
        (start, end, period or "") for (start, period), end in zip(day.periods, ends, strict=True)
    )
