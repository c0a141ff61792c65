"""Quiet hours, and the hour of the weekly digest: wall-clock times of the house. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from scheduler import clock
from scheduler.schedule.clocktime import parse_span, parse_time

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one wall-clock second of the day to before another, over midnight where it must."""

    start: int
    end: int

    def holds(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether it is quiet at an instant."""
        second = _second(clock.localise(at, zone))
        if self.start < self.end:
            return self.start <= second < self.end
        return second >= self.start or second < self.end


@dataclass(frozen=True, slots=True)
class Weekly:
    """A wall-clock second of one day of the week; Monday is 0."""

    day: int
    second: int

    def week(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The Monday, as a wall-clock midnight, of the last whole week that is due to be told."""
        local = clock.localise(now, zone).replace(tzinfo=None, fold=0)
        monday = local.replace(hour=0, minute=0, second=0, microsecond=0)
        monday -= timedelta(days=local.weekday())
        reached = (local - monday).total_seconds() >= self.day * _DAY + self.second
        return monday - timedelta(days=7 if reached else 14)


def parse_quiet(text: str) -> Quiet | None:
    """`22:00-07:00`; nothing for none. Raises ValueError with the way out."""
    if not text.strip():
        return None
    start, end = parse_span(text.strip())
    return Quiet(start % _DAY, end % _DAY)


def parse_weekly(text: str) -> Weekly | None:
    """`mon 08:00`; `off` for none. Raises ValueError with the way out."""
    words = text.casefold().split()
    if words in ([], ["off"]):
        return None
    if len(words) != 2 or words[0][:3] not in _DAYS:
        raise ValueError("write a day and a time such as mon 08:00, or off.")
    return Weekly(_DAYS.index(words[0][:3]), parse_time(words[1]))


def _second(local: datetime) -> int:
    return local.hour * 3600 + local.minute * 60 + local.second
