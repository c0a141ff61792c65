"""Every timer of every site, held by APScheduler; its jobs only wake, and know nothing more.

One job an instant, however many sites want to be woken then: a thousand sites at one boundary are
one firing. Instants are UTC and every misfire is run, however late; both defaults would lose one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from scheduler.site.site import Alarm
from scheduler.words import Wake


class Sleeper(Protocol):
    """Whatever is woken."""

    def wake(self, cause: Wake, *, due: datetime | None = None) -> None:
        """Take note of a wake."""


class Timers:
    """Wakes each sleeper at the alarms it last asked for."""

    def __init__(self, scheduler: Callable[[], AsyncIOScheduler] | None = None) -> None:
        self._scheduler = (scheduler or _scheduler)()
        self._wanted: dict[datetime, dict[Sleeper, Alarm]] = {}
        self._jobs: dict[datetime, str] = {}
        self._alarms: dict[Sleeper, tuple[Alarm, ...]] = {}
        self._numbers = itertools.count()

    def start(self) -> None:
        """Begin to wake."""
        self._scheduler.start()

    def stop(self) -> None:
        """Wake nobody any more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def look_again(self) -> None:
        """After a step of the clock: APScheduler sleeps on the monotonic one, and sleeps on."""
        self._scheduler.wakeup()

    def set(self, sleeper: Sleeper, alarms: Sequence[Alarm]) -> None:
        """Wake it at these instants, and at no others that it wanted before."""
        old, new = self._alarms.get(sleeper, ()), tuple(alarms)
        if old == new and all(alarm.at in self._jobs for alarm in new):
            return
        self._alarms[sleeper] = new
        for alarm in old:
            self._forget(alarm.at, sleeper)
        for alarm in new:
            self._keep(alarm, sleeper)

    def _keep(self, alarm: Alarm, sleeper: Sleeper) -> None:
        self._wanted.setdefault(alarm.at, {})[sleeper] = alarm
        if alarm.at not in self._jobs:
            # A number of its own: a job still being run would shut out another of its name.
            self._jobs[alarm.at] = self._scheduler.add_job(
                self._fire,
                trigger=DateTrigger(alarm.at),
                args=(alarm.at,),
                id=str(next(self._numbers)),
                misfire_grace_time=None,
            ).id

    def _forget(self, at: datetime, sleeper: Sleeper) -> None:
        wanted = self._wanted.get(at)
        if wanted is None:
            return
        wanted.pop(sleeper, None)
        if not wanted:
            del self._wanted[at]
            self._scheduler.remove_job(self._jobs.pop(at))

    async def _fire(self, at: datetime) -> None:
        """Called by APScheduler; a coroutine, so that it runs in the loop and not in a thread."""
        self._jobs.pop(at, None)
        for sleeper, alarm in self._wanted.pop(at, {}).items():
            sleeper.wake(alarm.wake, due=alarm.due)


def _scheduler() -> AsyncIOScheduler:
    return AsyncIOScheduler(timezone=UTC)
