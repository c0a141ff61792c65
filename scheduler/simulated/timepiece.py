"""The two times a simulated device lives by.

`instant` is the wall clock: stamps, sessions, sun and battery follow it. `elapsed` is machine
time: how long a start, a check or a reboot takes. It is the event loop's clock, so that a frozen
or stepped wall clock cannot keep the sitemaster down for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from scheduler import clock


@dataclass(frozen=True, slots=True)
class Instant:
    """One reading of both; `instant` is UTC, `elapsed` is seconds since the start."""

    instant: datetime
    elapsed: float


class Timepiece:
    """Reads both times; stands at zero elapsed seconds until it is wound."""

    def __init__(
        self,
        now: Callable[[], datetime] | None = None,
        seconds: Callable[[], float] | None = None,
    ) -> None:
        self._now = now or clock.now
        self._seconds: Callable[[], float] | None = None
        self._zero = 0.0
        if seconds is not None:
            self.wind(seconds)

    def wind(self, seconds: Callable[[], float]) -> None:
        """Take machine time from here on from a counter such as `loop.time`."""
        if self._seconds is None:
            self._seconds, self._zero = seconds, seconds()

    def read(self) -> Instant:
        elapsed = self._seconds() - self._zero if self._seconds else 0.0
        return Instant(self._now(), elapsed)
