"""A clock that is moved and not waited for; whoever sleeps by it is woken when it gets there.

It has the true time, and beside it what this machine takes for it, which may be wrong.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import datetime, timedelta


class FastClock:
    """True time, wall time, elapsed time and sleep, in step with one another until they are not."""

    def __init__(self, start: datetime) -> None:
        self.true = start
        """The right time, which only the world knows."""
        self.ahead = timedelta()
        """By how much the wall clock is wrong."""
        self.suspended = False
        """The machine sleeps: time goes on, and nothing that it counts does."""
        self._start, self._elapsed = start, 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def now(self) -> datetime:
        """The present instant by the wall clock."""
        return self.true + self.ahead

    def monotonic(self) -> float:
        """Seconds that the machine was awake."""
        return self._elapsed

    def lived(self) -> float:
        """Seconds since the start, for the world outside of the machine."""
        return (self.true - self._start).total_seconds()

    def move(self, seconds: float) -> None:
        """Let time pass; wakes nobody."""
        self.true += timedelta(seconds=seconds)
        if not self.suspended:
            self._elapsed += seconds

    def until(self, instant: datetime) -> None:
        """Go on to a true instant, where it is still to come."""
        self.move(max(0.0, (instant - self.true).total_seconds()))

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved so far."""
        woken = asyncio.get_running_loop().create_future()
        at = self._elapsed + max(seconds, 0.0)
        heapq.heappush(self._sleepers, (at, next(self._numbers), woken))
        await woken

    @property
    def sleeping(self) -> int:
        """How many sleep."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    def next_waking(self) -> datetime | None:
        """When the first of them wakes, by the true time."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        if not self._sleepers:
            return None
        return self.true + timedelta(seconds=self._sleepers[0][0] - self._elapsed)

    def wake(self) -> None:
        """Wake those whose time has come."""
        # A microsecond is the least by which the true time moves.
        while self._sleepers and self._sleepers[0][0] <= self._elapsed + 1e-6:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)
