"""The lower part of a day's picture: the charge against the wanted reserve, and the powers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from scheduler.outlets.picture.day import DayPicture, PowersAt
from scheduler.outlets.picture.frame import Frame

CHARGE: Final = 64
POWER: Final = 72
BETWEEN: Final = 14
_JOINED: Final = timedelta(minutes=30)
"""Readings further apart than this are no line."""
_LEAST: Final = 1000.0

Point = tuple[datetime, float]


def height(day: DayPicture) -> int:
    """What both take, with the space above each."""
    return (CHARGE + BETWEEN if day.charge else 0) + (POWER + BETWEEN if day.powers else 0)


def draw(frame: Frame, top: int) -> Iterator[str]:
    """What was read, where anything was."""
    if frame.day.charge:
        yield from _charge(frame, top)
        top += CHARGE + BETWEEN
    if frame.day.powers:
        yield from _powers(frame, top)


def names(frame: Frame, top: int) -> Iterator[str]:
    """What stands beside them, or over them where there is no room."""
    if frame.day.charge:
        yield frame.name("charge", top + (4 if frame.narrow else CHARGE / 2 - 3))
        if not frame.narrow:
            yield frame.name("and reserve", top + CHARGE / 2 + 12, soft=True)
        yield _scale(frame, top, "100 %")
        top += CHARGE + BETWEEN
    if frame.day.powers:
        yield frame.name("power", top + (4 if frame.narrow else POWER / 2))
        yield _scale(frame, top, f"{_span(frame.day.powers)[1] / 1000:.1f} kW")


def _span(powers: Sequence[PowersAt]) -> tuple[float, float]:
    known = [v for each in powers for v in (each.solar, each.load, each.grid) if v is not None]
    return min([0.0, *known]), max([_LEAST, *known])


def _charge(frame: Frame, top: int) -> Iterator[str]:
    def y(percent: float) -> float:
        return round(top + CHARGE * (1 - min(max(percent, 0.0), 100.0) / 100), 1)

    yield from _line(frame, y(0))
    yield from _line(frame, y(100))
    for each in frame.day.wanted:
        if each.reserve is not None:
            left, right = frame.x(each.start), frame.x(each.end)
            at = y(each.reserve)
            yield f'<path class="reserve" d="M{left} {at}H{right}"/>'
    yield f'<path class="charge" d="{_path(frame, frame.day.charge, y)}"/>'


def _powers(frame: Frame, top: int) -> Iterator[str]:
    powers = frame.day.powers
    low, high = _span(powers)

    def y(watts: float) -> float:
        return round(top + POWER * (high - watts) / (high - low), 1)

    yield from _line(frame, y(0))
    for kind, of in _SERIES:
        points = [(each.at, value) for each in powers if (value := of(each)) is not None]
        for piece in _pieces(points) if kind == "solar" else ():
            ends = f"V{y(0)}H{frame.x(piece[0][0])}Z"
            yield f'<path class="sun" d="{_path(frame, piece, y)}{ends}"/>'
        if points:
            yield f'<path class="{kind}" d="{_path(frame, points, y)}"/>'


_SERIES: Final[tuple[tuple[str, Callable[[PowersAt], float | None]], ...]] = (
    ("solar", lambda each: each.solar),
    ("load", lambda each: each.load),
    ("net", lambda each: each.grid),
)


def _pieces(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Cut where nothing was read for long."""
    piece: list[Point] = []
    for point in points:
        if piece and point[0] - piece[-1][0] > _JOINED:
            yield piece
            piece = []
        piece.append(point)
    if piece:
        yield piece


def _path(frame: Frame, points: Sequence[Point], y: Callable[[float], float]) -> str:
    return "".join(
        "M" + "L".join(f"{frame.x(at)} {y(value)}" for at, value in piece)
        for piece in _pieces(points)
    )


def _line(frame: Frame, y: float) -> Iterator[str]:
    yield f'<line class="grid" x1="{frame.left}" y1="{y}" x2="{frame.right}" y2="{y}"/>'


def _scale(frame: Frame, y: float, text: str) -> str:
    look, x = ("soft over", frame.right) if frame.narrow else ("soft", frame.left - 10)
    return f'<text class="{look}" x="{x}" y="{y + 4}" text-anchor="end">{text}</text>'
