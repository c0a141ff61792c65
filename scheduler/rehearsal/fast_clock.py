"""A clock that is moved and not waited for; whoever sleeps by it is woken when it gets there."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import datetime, timedelta


class FastClock:
    """Wall time, elapsed time and sleep, in step with one another."""

    def __init__(self, start: datetime) -> None:
        self._instant, self._elapsed = start, 0.0
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def now(self) -> datetime:
        """The present instant."""
        return self._instant

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._elapsed

    def move(self, seconds: float) -> None:
        """Let time pass; wakes nobody."""
        self._instant += timedelta(seconds=seconds)
        self._elapsed += seconds

    def until(self, instant: datetime) -> None:
        """Go on to an instant, where it is still to come."""
        self.move(max(0.0, (instant - self._instant).total_seconds()))

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved so far."""
        woken = asyncio.get_running_loop().create_future()
        at = self._instant + timedelta(seconds=max(seconds, 0.0))
        heapq.heappush(self._sleepers, (at, next(self._numbers), woken))
        await woken

    @property
    def sleeping(self) -> int:
        """How many sleep."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    def next_waking(self) -> datetime | None:
        """When the first of them wakes."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def wake(self) -> None:
        """Wake those whose time has come."""
        while self._sleepers and self._sleepers[0][0] <= self._instant:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)
