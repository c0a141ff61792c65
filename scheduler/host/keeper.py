"""One site as the process keeps it: what woke it, its one turn at a time, and what went wrong.

Decides nothing about the battery. A task exists only while the site turns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from scheduler import clock
from scheduler.errors import AuditError, SchedulerError
from scheduler.host.timers import Timers
from scheduler.site.apply import Attempt
from scheduler.site.site import Alarm, Site
from scheduler.site.state import Reason
from scheduler.words import Wake

log = logging.getLogger(__name__)

T = TypeVar("T")

# The longest a single request may take (35 s for login and commit), and some: a turn without a
# step for longer than this hangs.
LONGEST_STEP = 40.0
# The site promises two seconds, and some more only while the battery stands still.
STOP_SECONDS = 15.0
# A turn that failed in a way nobody foresaw is not tried again sooner.
AFTER_FAULT = timedelta(seconds=5)
# An alarm that is due already is set so far ahead: a defect must not turn the loop into a storm.
SOONEST = timedelta(milliseconds=50)
# Which wake is named where several come at once.
_RANK = (
    Wake.BOUNDARY,
    Wake.OVERRIDE,
    Wake.OPERATOR,
    Wake.RELOAD,
    Wake.CLOCK_STEP,
    Wake.START,
    Wake.CONFIRM,
    Wake.DRIFT,
    Wake.RETRY,
    Wake.JOB,
    Wake.PULSE,
)


class Keeper:
    """Turns a site whenever it is woken, and sets its timers after each turn."""

    __slots__ = (
        "__weakref__",
        "_acts",
        "_busy_since",
        "_due",
        "_fault",
        "_now",
        "_one",
        "_stopping",
        "_task",
        "_timers",
        "_turned",
        "_wakes",
        "site",
    )

    def __init__(
        self,
        site: Site,
        timers: Timers,
        *,
        turned: Callable[[Keeper, Wake], None] = lambda keeper, wake: None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.site = site
        self._timers, self._turned, self._now = timers, turned, now
        self._one = asyncio.Lock()
        self._wakes: set[Wake] = set()
        self._due: datetime | None = None
        self._task: asyncio.Task[None] | None = None
        self._acts: set[asyncio.Task[Any]] = set()
        self._busy_since: float | None = None
        self._fault: str | None = None
        self._stopping = False

    def wake(self, cause: Wake, *, due: datetime | None = None) -> None:
        """Turn now, or once the present turn is over."""
        if self._stopping:
            return
        self._wakes.add(cause)
        self._due = due or self._due
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._turn())

    async def look(self, wake: Wake, *, due: datetime | None = None) -> Attempt | None:
        """One turn, after the one under way. Raises what the site raises."""
        async with self._one:
            return await self._look(wake, due)

    async def act(self, work: Coroutine[Any, Any, T]) -> T:
        """Work that a person asked for. It goes on where they do not wait for it, and ends with
        the process."""
        task = asyncio.get_running_loop().create_task(work)
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)
        return await asyncio.shield(task)

    async def operate(self, wake: Wake = Wake.OPERATOR) -> Attempt | None:
        """The turn that a person asked for; its faults are theirs to read."""
        try:
            return await self.look(wake)
        finally:
            self.set_timers()
            self._turned(self, wake)

    async def quiet(self) -> None:
        """Return when no turn is under way."""
        while self._task is not None:
            await asyncio.wait({self._task})

    def hangs(self, ticks: float) -> bool:
        """Whether a turn has been under way for longer than any step takes, without one."""
        if self._busy_since is None:
            return False
        return ticks - max(self._busy_since, self.site.last_turn) > LONGEST_STEP

    def set_timers(self) -> None:
        """Ask the site for its alarms, as of now."""
        now = self._now()
        soonest = now + (AFTER_FAULT if self._fault else SOONEST)
        self._timers.set(
            self,
            [
                alarm if alarm.at >= soonest else Alarm(soonest, alarm.wake, alarm.due)
                for alarm in self.site.alarms(now)
            ],
        )

    async def stop(self) -> None:
        """End as soon as the site can, the battery running; what is under way then is broken off
        and found by the next start."""
        self._stopping = True
        self._wakes.clear()
        self._timers.set(self, ())
        ending = asyncio.ensure_future(self.site.stop())
        await asyncio.wait({ending}, timeout=STOP_SECONDS)
        busy = {ending, *self._acts, *([self._task] if self._task else [])}
        for task in busy:
            task.cancel()
        await asyncio.wait(busy, timeout=0.2)

    async def _turn(self) -> None:
        try:
            while self._wakes:
                wakes, self._wakes = self._wakes, set()
                due, self._due = self._due, None
                await self._guarded(next(wake for wake in _RANK if wake in wakes), due)
        finally:
            self._task = None

    async def _guarded(self, wake: Wake, due: datetime | None) -> None:
        """A turn whose faults are told once and end nothing."""
        try:
            await self.look(wake, due=due)
        except SchedulerError as error:
            self._tell(error, str(error))
        except Exception as error:  # noqa: BLE001
            # The one place: a defect must not silence the service for a week.
            self._tell(error, f"{type(error).__name__}: {error}")
        else:
            self._well()
        try:
            self.set_timers()
        except Exception as error:  # noqa: BLE001 -- the same place: the pulse goes on turning it
            self._tell(error, f"{type(error).__name__}: {error}")
        self._turned(self, wake)

    async def _look(self, wake: Wake, due: datetime | None) -> Attempt | None:
        self._busy_since = clock.monotonic()
        try:
            return await self.site.look(wake, due=due)
        finally:
            self._busy_since = None

    def _tell(self, error: Exception, text: str) -> None:
        """Once for each fault, however often it comes back."""
        if self._fault == text:
            return
        self._fault = text
        if isinstance(error, AuditError):
            log.error("%s Nothing is done until it can be written again.", text)
        elif isinstance(error, SchedulerError):
            log.error("%s", text)
            self.site.concern(Reason("fault", text, self._now(), "failing"))
        else:
            log.error("an unexpected fault; the site is tried again", exc_info=error)
            said = f"A defect of the program: {text}. The journal says more."
            self.site.concern(Reason("defect", said, self._now(), "failing"))

    def _well(self) -> None:
        if self._fault is None:
            return
        self._fault = None
        for known in ("fault", "defect"):
            self.site.withdraw(known)
