"""Wall-clock time as pieces of one UTC offset. Knows zones, no tariffs.

Inside a piece, wall time is UTC plus a number, so an edge needs no fold and a gap no special case.
Instants here are whole seconds since 1970-01-01 UTC; wall seconds are those plus the offset.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduler import clock
from scheduler.schedule.values import DAY_SECONDS, Calendar, Day

_MICROS = 1_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
# A day of slack at both ends of what datetime can hold, for offsets of up to 16 hours (Manila,
# Sitka) and for the day before a window that crosses midnight.
_EARLIEST_INSTANT = datetime(1, 1, 4, tzinfo=UTC)
_LATEST_INSTANT = datetime(9999, 12, 29, tzinfo=UTC)
EARLIEST = clock.to_micros(_EARLIEST_INSTANT) // _MICROS
LATEST = clock.to_micros(_LATEST_INSTANT) // _MICROS
_CHUNK = 400 * DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Piece:
    """UTC seconds from `start` to before `end`, in which wall time is UTC plus `offset`."""

    start: int
    end: int
    offset: int


def floor_seconds(instant: datetime) -> int:
    """The last whole second not after an instant. Raises ValueError for the first and last days
    that a date can have, where a local reading may not exist."""
    seconds = clock.to_micros(instant) // _MICROS
    if EARLIEST <= seconds <= LATEST:
        return seconds
    first, last = clock.iso(_EARLIEST_INSTANT), clock.iso(_LATEST_INSTANT)
    raise ValueError(f"{instant} cannot be planned. Give an instant from {first} to {last}.")


def ceil_seconds(instant: datetime) -> int:
    """The first whole second not before an instant; ValueError as `floor_seconds`."""
    return floor_seconds(instant) + bool(clock.to_micros(instant) % _MICROS)


def instant_of(seconds: int) -> datetime:
    return clock.from_micros(seconds * _MICROS)


def date_of(day_number: int) -> date:
    return date.fromordinal(day_number + _EPOCH_ORDINAL)


def reading(calendar: Calendar, instant: datetime) -> tuple[date, Day, str | None]:
    """The local date of an instant, the shape of that date, and the period at that instant."""
    local = clock.localise(instant, calendar.zone)
    day = calendar.day(local.date())
    second = local.hour * 3600 + local.minute * 60 + local.second
    return local.date(), day, period_at(day, second)


def period_at(day: Day, second: int) -> str | None:
    return day.periods[bisect_right(day.periods, second, key=lambda period: period[0]) - 1][1]


def pieces(zone: ZoneInfo, start: int, end: int) -> list[Piece]:
    """The pieces of one offset that cover `start` to before `end`, in order."""
    found: list[Piece] = []
    offset = _offset(zone, start)
    for chunk in range(start // _CHUNK, (end - 1) // _CHUNK + 1):
        for change, new_offset in _changes(zone, chunk):
            if start < change < end:
                found.append(Piece(start, change, offset))
                start, offset = change, new_offset
    found.append(Piece(start, end, offset))
    return found


def by_day(zone: ZoneInfo, start: int, end: int) -> dict[int, list[Piece]]:
    """The local days between two instants, counted from 1970-01-01, each with its pieces of one
    offset: one piece, or more on the day of a clock change. A date that does not exist has none.
    """
    found: dict[int, list[Piece]] = {}
    for piece in pieces(zone, start, end):
        first = (piece.start + piece.offset) // DAY_SECONDS
        last = (piece.end - 1 + piece.offset) // DAY_SECONDS
        for number in range(first, last + 1):
            midnight = number * DAY_SECONDS - piece.offset
            begin, stop = max(piece.start, midnight), min(piece.end, midnight + DAY_SECONDS)
            found.setdefault(number, []).append(Piece(begin, stop, piece.offset))
    return found


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = clock.localise(instant_of(at), zone).utcoffset()
    assert offset is not None
    return offset.days * DAY_SECONDS + offset.seconds


@lru_cache(maxsize=1024)
def _changes(zone: ZoneInfo, chunk: int) -> tuple[tuple[int, int], ...]:
    """The instants in a chunk of 400 days at which the offset changes, and the new offset."""
    first = max(chunk * _CHUNK, EARLIEST)
    last = min((chunk + 1) * _CHUNK, LATEST)
    # A look every two days misses nothing: the shortest-lived offset in tzdata 2025b and 2026f
    # lasted 3.98 days (Africa/Freetown, September 1939), the next 6.95 (America/Noronha, 2000).
    looks = [*range(first, last, 2 * DAY_SECONDS), last]
    offsets = [_offset(zone, look) for look in looks]
    found: list[tuple[int, int]] = []
    for index in range(len(looks) - 1):
        if offsets[index] != offsets[index + 1]:
            found.extend(_bisect(zone, looks[index], looks[index + 1]))
    return tuple(found)


def _bisect(zone: ZoneInfo, before: int, after: int) -> Iterator[tuple[int, int]]:
    """The changes of offset with before < at <= after."""
    old, new = _offset(zone, before), _offset(zone, after)
    if old == new:
        return
    if after - before == 1:
        yield after, new
        return
    middle = (before + after) // 2
    yield from _bisect(zone, before, middle)
    yield from _bisect(zone, middle, after)
