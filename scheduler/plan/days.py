"""Stretches of time cut by local dates. Knows zones, no schedules."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from scheduler.plan import wall
from scheduler.plan.wall import Piece
from scheduler.schedule.values import DAY_SECONDS


def by_day(zone: ZoneInfo, start: int, end: int) -> dict[int, list[Piece]]:
    """The local days between two instants, counted from 1970-01-01, each with its pieces of one
    offset: one piece, or more on the day of a clock change. A date that does not exist has none.
    """
    found: dict[int, list[Piece]] = {}
    for piece in wall.pieces(zone, start, end):
        first = (piece.start + piece.offset) // DAY_SECONDS
        last = (piece.end - 1 + piece.offset) // DAY_SECONDS
        for number in range(first, last + 1):
            midnight = number * DAY_SECONDS - piece.offset
            begin, stop = max(piece.start, midnight), min(piece.end, midnight + DAY_SECONDS)
            found.setdefault(number, []).append(Piece(begin, stop, piece.offset))
    return found
