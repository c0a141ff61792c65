"""The times a person types, and the lengths of time a person reads.

Knows the clock on the wall of one zone; `now` is given.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import click

from scheduler import clock
from scheduler.schedule.holidays import WEEKDAYS
from scheduler.schedule.wording import shown

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)

_UNITS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_LONG: Final = {"second": "s", "sec": "s", "minute": "m", "hour": "h", "day": "d", "week": "w"}
_DAYS: Final = {"today": 0, "yesterday": -1, "tomorrow": 1}
_PART = re.compile(r"(\d{1,9}) ?([a-z]+)")
_SPAN = re.compile(r"(?:(in|\+) ?)?((?:\d{1,9} ?[a-z]+ ?)+?)(?: (ago))?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


def parse_instant(text: str, *, now: datetime, zone: ZoneInfo, ahead: bool = False) -> datetime:
    """An instant a person typed: ISO 8601 with offset or Z; without one, the wall clock of the
    zone; a date (its midnight); now, today, yesterday, tomorrow, a weekday, a clock time, or one
    after the other; `3 h ago`, `in 2 days`.

    A bare `2h`, weekday or clock time is the nearest one back, or ahead where the command looks
    ahead. Raises click.BadParameter with the way out.
    """
    word = " ".join(text.casefold().split())
    if word == "now":
        return now
    try:
        instant = _span(word, now, ahead=ahead) or _named(word, now, zone, ahead=ahead)
        instant = instant or _iso(text.strip(), zone)
    except (ValueError, OverflowError):
        raise _out_of_range(text) from None
    if instant is None:
        raise _not_a_time(text, ahead=ahead)
    if not EARLIEST <= instant < LATEST:
        raise _out_of_range(text)
    return instant


def _not_a_time(text: str, *, ahead: bool) -> click.BadParameter:
    spans = "in 3 h, 2d (in two days)" if ahead else "3 h ago, 7d (seven days ago)"
    return click.BadParameter(
        f"{shown(text)} is not a time. Write 2026-11-23T16:00Z, 2026-11-23T16:00 (local), "
        f"2026-11-23, now, today, monday 16:00, or {spans}."
    )


def _out_of_range(text: str) -> click.BadParameter:
    return click.BadParameter(
        f"{shown(text)} is out of range. Write a time from {EARLIEST:%Y} to {LATEST.year - 1}."
    )


def _span(word: str, now: datetime, *, ahead: bool) -> datetime | None:
    match = _SPAN.fullmatch(word)
    if match is None or (match[1] and match[3]):
        return None
    length = parse_span(match[2])
    if length is None:
        return None
    later = bool(match[1]) or (ahead and not match[3])
    return now + length if later else now - length


def parse_span(text: str) -> timedelta | None:
    """`2h`, `1h30m`, `3 days`, `2 w`; None where it is something else."""
    seconds = 0
    rest = _PART.sub("", text)
    if rest.strip():
        return None
    for number, unit in _PART.findall(text):
        short = _LONG.get(unit.removesuffix("s") if len(unit) > 1 else unit, unit)
        if short not in _UNITS:
            return None
        seconds += int(number) * _UNITS[short]
    return timedelta(seconds=seconds)


def _named(word: str, now: datetime, zone: ZoneInfo, *, ahead: bool) -> datetime | None:
    day, _, reading = word.rpartition(" ") if ":" in word else (word, "", "")
    at = _clock(reading) if reading else time(0)
    if at is None or not word:
        return None
    local = clock.localise(now, zone).replace(tzinfo=None, fold=0)
    if not day:
        return _nearest(local, at, 1, zone, now, ahead=ahead)
    if day in _DAYS:
        return _wall(datetime.combine(local.date() + timedelta(days=_DAYS[day]), at), zone)
    number = _weekday(day.removeprefix("last ").removeprefix("next "))
    if number is None:
        return None
    forward = day.startswith("next ") or (ahead and not day.startswith("last "))
    days = (number - local.weekday()) % 7
    return _nearest(local + timedelta(days=days), at, 7, zone, now, ahead=forward)


def _nearest(
    local: datetime, at: time, step: int, zone: ZoneInfo, now: datetime, *, ahead: bool
) -> datetime:
    """Of the wall times `step` days apart, the one next to `now`."""
    days = [local.date() + timedelta(days=step * number) for number in (-1, 0, 1)]
    instants = [_wall(datetime.combine(day, at), zone) for day in days]
    if ahead:
        return next(each for each in instants if each > now)
    return next(each for each in reversed(instants) if each <= now)


def _clock(word: str) -> time | None:
    match = _CLOCK.fullmatch(word)
    if match is None:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups())
    return time(hour, minute, second)


def _weekday(word: str) -> int | None:
    found = [at for at, name in enumerate(WEEKDAYS) if len(word) > 2 and name.startswith(word)]
    return found[0] if found else None


def _iso(word: str, zone: ZoneInfo) -> datetime | None:
    try:
        instant = datetime.fromisoformat(word)
    except ValueError:
        return None
    if instant.tzinfo is None:
        return _wall(instant, zone)
    return clock.from_micros(clock.to_micros(instant))


def _wall(naive: datetime, zone: ZoneInfo) -> datetime:
    offset = naive.replace(tzinfo=zone).utcoffset() or timedelta(0)
    return (naive - offset).replace(tzinfo=UTC)


class Days(click.ParamType[float]):
    """A number of days above nothing, with a bound that fits a plan."""

    name = "days"

    def __init__(self, most: int) -> None:
        self.most = most

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number. Fails with the way out, also for nan and inf."""
        try:
            days = float(str(value))
        except ValueError:
            days = math.nan
        if not 0 < days <= self.most:
            self.fail(
                f"{shown(str(value))} is not a number of days. Write 1 to {self.most}.", param, ctx
            )
        return days


def span_words(length: timedelta) -> str:
    """`12 ms`, `3.4 s`, `12 min`, `2 h 5 min`, `3 days 2 h`."""
    seconds = length.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return " ".join(filter(None, (count(days, "day"), f"{hours} h" if hours else "")))
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def count(number: int, word: str, plural: str | None = None) -> str:
    """`1 job`, `2 jobs`, `18,000 problems`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"
