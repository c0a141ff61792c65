"""The unbroken stretches of time in which conditions hold. Knows nothing of settings or jobs.

A day's pattern depends on little: its periods, and which conditions its date and the date before
it satisfy. So patterns are made once per such shape, and a year is mostly additions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from scheduler.plan import wall
from scheduler.schedule.values import (
    DAY_SECONDS,
    WEEKDAY_NAMES,
    Calendar,
    ClockWindow,
    Condition,
    Day,
)

_ENDLESS = 1 << 60
"""Seconds; so far away that no inset or offset brings it back into sight."""

Edges = tuple[tuple[int, int], ...]
"""(second of the day, conditions that hold from there on, one bit each), first at 0, ascending."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """UTC seconds from `start` to before `end`."""

    start: int
    end: int


def satisfied(condition: Condition, on: date, day: Day) -> bool:
    """Whether `days`, `seasons` and `dates` of a condition hold on a local date."""
    if condition.days and condition.days.isdisjoint((WEEKDAY_NAMES[on.weekday()], day.day_class)):
        return False
    if condition.seasons and day.season not in condition.seasons:
        return False
    return not condition.dates or any(span.first <= on <= span.last for span in condition.dates)


class Conditions:
    """Some conditions on one calendar, with the patterns of the days met so far."""

    def __init__(self, calendar: Calendar, conditions: tuple[Condition, ...]) -> None:
        self._calendar = calendar
        self._conditions = conditions
        self._undated = [replace(each, dates=()) for each in conditions]
        self._dated = {i: each for i, each in enumerate(conditions) if each.dates}
        self._crossing = any(w.crosses_midnight for each in conditions for w in each.windows)
        self._shapes: dict[tuple[str | None, str, int], int] = {}
        self._patterns: dict[tuple[tuple[tuple[int, str | None], ...], int, int], Edges] = {}

    def stretches(self, start: int, end: int) -> list[list[Stretch]]:
        """For each condition its unbroken stretches between two instants. One that is cut by
        `start` or `end` is returned as endless on that side: its true edge is not known."""
        changes = self._changes(start, end)
        return [_runs(changes, bit) for bit in range(len(self._conditions))]

    def _changes(self, start: int, end: int) -> list[tuple[int, int]]:
        """(instant, conditions that hold from there on), first at `start`."""
        found: list[tuple[int, int]] = []
        for piece in wall.pieces(self._calendar.zone, start, end):
            first = (piece.start + piece.offset) // DAY_SECONDS
            last = (piece.end - 1 + piece.offset) // DAY_SECONDS
            for day_number in range(first, last + 1):
                midnight = day_number * DAY_SECONDS - piece.offset
                for second, held in self._pattern(day_number):
                    if midnight + second >= piece.end:
                        break
                    at = max(midnight + second, piece.start)
                    if found and found[-1][0] == at:
                        found.pop()
                    if not found or found[-1][1] != held:
                        found.append((at, held))
        return found

    def _pattern(self, day_number: int) -> Edges:
        today, day = self._dates_held(day_number)
        yesterday = self._dates_held(day_number - 1)[0] if self._crossing else 0
        key = (day.periods, today, yesterday)
        pattern = self._patterns.get(key)
        if pattern is None:
            pattern = self._patterns[key] = self._edges(day, today, yesterday)
        return pattern

    def _dates_held(self, day_number: int) -> tuple[int, Day]:
        """Which conditions a date satisfies, whatever the time of day, and its shape."""
        on = wall.date_of(day_number)
        day = self._calendar.day(on)
        shape = (day.season, day.day_class, on.weekday())
        held = self._shapes.get(shape)
        if held is None:
            held = self._shapes[shape] = _bits(satisfied(each, on, day) for each in self._undated)
        for bit, condition in self._dated.items():
            if not satisfied(condition, on, day):
                held &= ~(1 << bit)
        return held, day

    def _edges(self, day: Day, today: int, yesterday: int) -> Edges:
        windows = [window for each in self._conditions for window in each.windows]
        cuts = {second for second, _ in day.periods}
        cuts.update(second for window in windows for second in (window.start, window.end))
        return tuple(
            (second, self._held(second, wall.period_at(day, second), today, yesterday))
            for second in sorted(cuts)
            if second < DAY_SECONDS
        )

    def _held(self, second: int, period: str | None, today: int, yesterday: int) -> int:
        return _bits(
            _holds(each, second, period, today=_has(today, bit), before=_has(yesterday, bit))
            for bit, each in enumerate(self._conditions)
        )


def _has(bits: int, bit: int) -> bool:
    return bool(bits >> bit & 1)


def _bits(flags: Iterable[bool]) -> int:
    return sum(flag << bit for bit, flag in enumerate(flags))


def _holds(
    condition: Condition, second: int, period: str | None, *, today: bool, before: bool
) -> bool:
    """Whether a condition holds, given whether this date and the one before it satisfy it."""
    if not condition.periods and not condition.windows:
        return today
    if today and period in condition.periods:
        return True
    return any(_inside(each, second, today=today, before=before) for each in condition.windows)


def _inside(window: ClockWindow, second: int, *, today: bool, before: bool) -> bool:
    if not window.crosses_midnight:
        return today and window.start <= second < window.end
    return (today and second >= window.start) or (before and second < window.end)


def _runs(changes: list[tuple[int, int]], bit: int) -> list[Stretch]:
    found: list[Stretch] = []
    began = -_ENDLESS if _has(changes[0][1], bit) else None
    for at, held in changes[1:]:
        holds = _has(held, bit)
        if began is None and holds:
            began = at
        elif began is not None and not holds:
            found.append(Stretch(began, at))
            began = None
    if began is not None:
        found.append(Stretch(began, _ENDLESS))
    return found
