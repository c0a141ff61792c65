"""The pulse: wakes every site now and then, notices steps of the clock, and keeps the watchdog
quiet while the sites really turn. On monotonic time; it must not end, whatever goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from scheduler import clock
from scheduler.errors import AuditError
from scheduler.host import supervisor
from scheduler.host.keeper import Keeper
from scheduler.host.timers import Timers
from scheduler.words import Wake

log = logging.getLogger(__name__)

# A wall clock that moved this much more than the monotonic one has been stepped.
STEP: Final = 2.0
# Seconds between two looks at the clock, however rare the pulse.
LOOK: Final = 10.0
# With many sites their pulses are spread, down to this many seconds apart.
CLOSEST: Final = 0.1


class Pulse:
    """Beats as long as the process lives."""

    def __init__(
        self,
        keepers: tuple[Keeper, ...],
        timers: Timers,
        period: timedelta,
        *,
        beaten: Callable[[datetime, float], Awaitable[None]],
    ) -> None:
        self._keepers, self._timers, self._beaten = keepers, timers, beaten
        self._period = period.total_seconds()
        count = max(1, len(keepers))
        watchdog = supervisor.watchdog_seconds()
        self.every = min(
            max(CLOSEST, self._period / count), LOOK, watchdog / 3 if watchdog else LOOK
        )
        self._wall, self._mono = clock.now(), clock.monotonic()
        # Their first look is just over; the next ones come one after the other.
        self._due = [self._mono + self._period * (n + 1) / count for n in range(count)]
        self._fault = ""
        self._hung: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(self.every)
            try:
                await self.beat(clock.now(), clock.monotonic())
            except Exception as error:
                if self._fault != str(error):
                    log.exception("an unexpected fault in the pulse; it goes on")
                self._fault = str(error)

    async def beat(self, now: datetime, ticks: float) -> None:
        """One look at the clock, at the sites that are due, and at their life."""
        self._feed_watchdog(ticks)
        step = (now - self._wall).total_seconds() - (ticks - self._mono)
        self._wall, self._mono = now, ticks
        if abs(step) > STEP:
            await self._stepped(step)
        for number, keeper in enumerate(self._keepers):
            if ticks >= self._due[number]:
                self._due[number] = ticks + self._period - self.every / 2
                keeper.wake(Wake.PULSE)
        await self._beaten(now, ticks)

    async def _stepped(self, step: float) -> None:
        """Every timer was aimed at an instant by the old clock."""
        log.warning("the clock was stepped by %.1f s, or the machine slept", step)
        for keeper in self._keepers:
            keeper.set_timers()
            with contextlib.suppress(AuditError):
                detail = {"seconds": round(step, 1)}
                await keeper.site.recorder.event("clock", "step", detail)
            keeper.wake(Wake.CLOCK_STEP)
        self._timers.look_again()

    def _feed_watchdog(self, ticks: float) -> None:
        """That this coroutine runs shows that the loop does; the rest is whether a turn hangs."""
        hung = frozenset(each.site.name for each in self._keepers if each.hangs(ticks))
        if not hung:
            supervisor.notify("WATCHDOG=1")
        elif hung != self._hung:
            log.error("does not turn any more: %s", ", ".join(sorted(hung)))
        self._hung = hung
