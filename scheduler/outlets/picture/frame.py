"""Where things stand in a picture of a day: instants across, and how wide it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scheduler import clock
from scheduler.outlets.picture.day import DayPicture

_HALF_AN_HOUR: Final = timedelta(minutes=30)
"""By so much the clock of Lord Howe Island is changed."""
_RIGHT: Final = 14


@dataclass(frozen=True, slots=True)
class Frame:
    """A day on so many units; the left margin has the names, where there is room for them."""

    day: DayPicture
    width: int
    left: int
    every: int
    """So many hours from line to line."""

    @property
    def right(self) -> int:
        """Where the day ends."""
        return self.width - _RIGHT

    @property
    def narrow(self) -> bool:
        """Names stand within the picture."""
        return self.left < 100

    def x(self, at: datetime) -> float:
        """Where an instant stands, within the day."""
        share = (at - self.day.start) / (self.day.end - self.day.start)
        return round(self.left + min(max(share, 0.0), 1.0) * (self.right - self.left), 1)

    def time(self, at: datetime) -> str:
        """An instant on the wall clock."""
        return "24:00:00" if at == self.day.end else f"{self.local(at):%H:%M:%S}"

    def local(self, at: datetime) -> datetime:
        """An instant in the zone of the day."""
        return clock.localise(at, self.day.zone)

    def between(self, start: datetime, end: datetime) -> str:
        """Two instants on the wall clock."""
        return f"{self.time(start)} to {self.time(end)}"

    def name(self, text: str, y: float, *, soft: bool = False) -> str:
        """The name of what stands at a height; `text` is escaped."""
        look = "soft" if soft else "over" if self.narrow else "name"
        where = f'x="{self.left}"' if self.narrow else f'x="{self.left - 10}" text-anchor="end"'
        return f'<text class="{look}" {where} y="{y}">{text}</text>'

    def hours(self, top: int, foot: int) -> Iterator[str]:
        """The lines of the hours, those of the wall clock."""
        at = self.day.start
        while at <= self.day.end:
            local = self.local(at)
            if local.minute == 0 and local.hour % self.every == 0:
                x = self.x(at)
                yield f'<line class="grid" x1="{x}" y1="{top}" x2="{x}" y2="{foot}"/>'
                hour = "24" if at == self.day.end else f"{local:%H}"
                yield (
                    f'<text class="soft" x="{x}" y="{foot + 15}" text-anchor="middle">{hour}</text>'
                )
            at += _HALF_AN_HOUR


def wide(day: DayPicture) -> Frame:
    """For a page."""
    return Frame(day, 960, 150, 3)


def narrow(day: DayPicture) -> Frame:
    """For a phone."""
    return Frame(day, 362, 8, 6)
