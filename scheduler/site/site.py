"""One home: its schedule, gateway, controller, jobs and record, and what is known of it.

It owns no timer, no thread and no open file: the process around it wakes it when `alarms` says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler import __version__, clock, plan
from scheduler.errors import AuditError
from scheduler.gateway.base import LocalRest as Gateway
from scheduler.plan import PlanEntry
from scheduler.schedule.load import Loaded
from scheduler.schedule.values import Job, Schedule
from scheduler.site.controller import EARLY, Controller
from scheduler.site.firmware import Ending
from scheduler.site.jobs import Jobs
from scheduler.site.recorder import Recorder
from scheduler.site.state import GatewayState, Reason, ScheduleState, SiteState, Wanted
from scheduler.site.switch import Attempt
from scheduler.site.turn import Turn
from scheduler.site.wish import Conduct
from scheduler.words import Wake

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """When to wake a site, and with what. `due` goes back to `look`."""

    at: datetime
    wake: Wake
    due: datetime | None = None


class Site:
    """One home. Its methods are called in one event loop, `look` never twice at a time."""

    def __init__(
        self,
        name: str,
        loaded: Loaded,
        gateway: Gateway,
        recorder: Recorder,
        conduct: Conduct,
        *,
        kind: str = "local",
        turn: Turn | None = None,
        now: Callable[[], datetime] = clock.now,
        synchronised: Callable[[], bool | None] = clock.synchronised,
    ) -> None:
        self.name, self.kind = name, kind
        self.gateway, self.recorder = gateway, recorder
        self.loaded = loaded
        self.controller = Controller(
            loaded.schedule,
            gateway,
            recorder,
            conduct,
            now=now,
            synchronised=synchronised,
            turn=turn,
        )
        self._jobs = Jobs(self.controller, now=now)
        self._now, self._loaded_at = now, now()
        self._handled: datetime | None = None
        self._concerns: dict[str, Reason] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def schedule(self) -> Schedule:
        """The schedule in force."""
        return self.loaded.schedule

    @property
    def last_turn(self) -> float:
        """Monotonic seconds at which a look, a run or a step last ended."""
        return self.recorder.last_turn

    async def start(self, *, alive_until: datetime | None, alone: bool = True) -> None:
        """Close or take up what an earlier process left open; before the first look."""
        await self.controller.recover(alive_until=alive_until, alone=alone)

    async def look(self, wake: Wake, *, due: datetime | None = None) -> Attempt | None:
        """The controller's turn, and the jobs that are due. Raises AuditUnwritableError: then the
        gateway was not touched, or was left running."""
        try:
            attempt = await self.controller.look(wake, due=due)
            await self._start_jobs()
        except AuditError as error:
            self.concern(Reason("audit", str(error), self._now(), "failing"))
            raise
        self.withdraw("audit")
        if due is not None:
            self._handled = due
        return attempt

    async def run_job(self, job: Job, wake: Wake, *, planned_at: datetime | None = None) -> Ending:
        """Run one job now, on the record."""
        return await self._jobs.run(job, wake, planned_at=planned_at)

    async def _start_jobs(self) -> None:
        if not self.controller.trust.given_once:
            return
        for entry in await self._jobs.due(self._now() + timedelta(milliseconds=5)):
            task = asyncio.create_task(self._job(entry))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _job(self, entry: PlanEntry) -> None:
        try:
            await self._jobs.run_until_done(entry)
        except AuditError as error:
            self.concern(Reason("audit", str(error), self._now(), "failing"))

    def alarms(self, now: datetime) -> tuple[Alarm, ...]:
        """Every timer this site wants, as of now: the next boundary, job, and attempt."""
        after = max(now, self._handled) if self._just_handled(now) and self._handled else now
        switch, job = plan.next_boundary(self.schedule, after), plan.next_job(self.schedule, after)
        wait = self.controller.retry_in()
        found = [
            Alarm(switch.at, Wake.BOUNDARY, switch.at) if switch else None,
            Alarm(job.at, Wake.JOB, job.at) if job else None,
            None if wait is None else Alarm(now + timedelta(seconds=wait), Wake.RETRY),
        ]
        return tuple(alarm for alarm in found if alarm)

    def _just_handled(self, now: datetime) -> bool:
        """Whether a timer fired a moment early, so that what it was set for is done."""
        return self._handled is not None and now < self._handled <= now + EARLY

    async def reload(self, loaded: Loaded) -> None:
        """Put a new schedule in force; look afterwards with Wake.RELOAD."""
        self.loaded, self._loaded_at = loaded, self._now()
        self.controller.schedule = loaded.schedule

    def concern(self, reason: Reason) -> None:
        """Show a reason until it is withdrawn; one of an id already shown keeps its `since`."""
        self._concerns.setdefault(reason.id, reason)

    def withdraw(self, id: str) -> None:
        """Take a reason back."""
        self._concerns.pop(id, None)

    def state(self, now: datetime) -> SiteState:
        """What is known of this site; pure, no I/O. The process adds what it knows itself."""
        wish, schedule = self.controller.wish, self.schedule
        desired = self.controller.wanted(now)
        since = plan.began_at(schedule, now)
        return SiteState(
            site=self.name,
            now=now,
            running_since=None,
            pid=None,
            version=__version__,
            schedule=ScheduleState(
                schedule.name, schedule.file, schedule.digest, schedule.timezone, self._loaded_at
            ),
            wanted=Wanted(
                desired.rule,
                wish.setting if wish and wish.desired == desired else desired.setting,
                desired.period,
                desired.season,
                desired.day_class.value,
                since,
            ),
            confirmed=None,
            read=None,
            attempt=None,
            next=None,
            next_job=None,
            last_run=None,
            gateway=GatewayState(
                self.gateway.name, self.kind, self.gateway.simulated, None, None, None
            ),
            reasons=tuple(self._concerns.values()),
            dry_run=self.controller.conduct.dry_run,
        )

    async def stop(self) -> None:
        """At most two seconds; leaves the battery running, and an open run open."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
