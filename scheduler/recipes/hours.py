"""The hours of a tariff's periods in words, for the comments of a schedule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from scheduler.schedule.clocktime import format_span
from scheduler.schedule.tariff import HOLIDAY, Tariff
from scheduler.schedule.values import WEEKDAY_NAMES, Day
from scheduler.schedule.wording import listed

_DAY_SECONDS: Final = 86_400
_KNOWN: Final = {
    (0, 1, 2, 3, 4, 5, 6): "every day",
    (0, 1, 2, 3, 4): "weekdays",
    (5, 6): "weekends",
}


def hours(tariff: Tariff, season_name: str, periods: frozenset[str]) -> str:
    """`weekdays 16:00-21:00; weekends 17:00-20:00`, of the ordinary days of one season."""
    season = next(each for each in tariff.seasons.values() if each.name == season_name)
    days: dict[tuple[str, ...], list[int]] = {}
    for number, day in enumerate(season.shapes[:HOLIDAY]):
        if spans := tuple(_spans(day, periods)):
            days.setdefault(spans, []).append(number)
    return "; ".join(f"{_days(found)} {listed(spans)}" for spans, found in days.items())


def _spans(day: Day, periods: frozenset[str]) -> Iterable[str]:
    closed = (*day.periods, (_DAY_SECONDS, None))
    found = [(start, end) for (start, name), (end, _) in pairwise(closed) if name in periods]
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and joined[-1][1] == start:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    if len(joined) > 1 and joined[0][0] == 0 and joined[-1][1] == _DAY_SECONDS:
        _, end = joined.pop(0)
        joined[-1] = joined[-1][0], end
    return [format_span(start, end) for start, end in joined]


def _days(numbers: Sequence[int]) -> str:
    names = [WEEKDAY_NAMES[number] for number in numbers]
    return _KNOWN.get(tuple(numbers)) or listed(names)
