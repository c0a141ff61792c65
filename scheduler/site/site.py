"""One home: its schedule, gateway, controller, jobs and record.

It owns no timer, no thread and no open file: the process around it wakes it when `alarms` says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from scheduler import clock, plan
from scheduler.audit.recorder import Recorder
from scheduler.errors import (
    AuditError,
    ClockUntrustedError,
    LeaseError,
    LockedError,
    SchedulerError,
)
from scheduler.gateway.base import Gateway
from scheduler.plan import Lease, PlanEntry
from scheduler.schedule.load import Loaded
from scheduler.schedule.values import Job, Schedule
from scheduler.site import health
from scheduler.site.apply import Attempt, objection
from scheduler.site.asked import Asked, LeaseEnding, lease_of
from scheduler.site.controller import Controller
from scheduler.site.firmware import Ending
from scheduler.site.incidents import Incidents
from scheduler.site.jobs import Jobs
from scheduler.site.leases import Leases
from scheduler.site.state import Reason
from scheduler.site.turn import Turn
from scheduler.site.wish import Conduct
from scheduler.words import Outcome, Wake

log = logging.getLogger(__name__)

# A stop lets an exchange end by itself for the first of these, and is over after the second; a
# battery that was stopped by a login is brought back for the third.
STOP_GENTLY: Final = 1.0
STOP_WITHIN: Final = 2.0
STOP_UNSAFE: Final = 10.0
# Seconds after which a turn that another process kept is asked for again.
TURN_RETRY: Final = 5.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """When to wake a site, and with what. `due` goes back to `look`."""

    at: datetime
    wake: Wake
    due: datetime | None = None


class Site:
    """One home, in one event loop."""

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
        monotonic: Callable[[], float] = clock.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
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
            monotonic=monotonic,
            synchronised=synchronised,
            turn=turn,
        )
        self.jobs = Jobs(self.controller, sleep=sleep)
        self.leases = Leases(recorder, lambda: self.schedule.calendar.display_zone)
        self._now, self.loaded_at = now, now()
        self._concerns: dict[str, Reason] = {}
        self.incidents = Incidents(recorder, self.controller.known)
        self.told_beside: Callable[[], tuple[Reason, ...]] = tuple
        """What the process around it knows of it, as reasons."""
        self._looking: set[asyncio.Task[Attempt | None]] = set()
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
        await self._keep_schedule()
        await self.leases.load(self._now())
        self.controller.leases = self.leases.known
        await self.incidents.recall()
        await self.controller.recover(alive_until=alive_until, alone=alone)
        await self.controller.known.remember()

    async def look(self, wake: Wake, *, due: datetime | None = None) -> Attempt | None:
        """The controller's turn, and the jobs that are due; None where nothing was done. Raises
        AuditUnwritableError: then the gateway was not touched, or was left running."""
        if self.controller.stopping:
            return None
        try:
            return await self._look(wake, due)
        finally:
            await self._note_incidents()

    async def _look(self, wake: Wake, due: datetime | None) -> Attempt | None:
        self.leases.heed(self._now())
        self.controller.leases = self.leases.known
        try:
            attempt = await self._turn(wake, due)
            await self._lapse()
            await self._start_jobs()
        except AuditError as error:
            self.concern(Reason("audit", str(error), self._now(), "failing"))
            raise
        except LockedError as error:
            # Once, not at every retry; a person who asks has it as the answer.
            if "turn" not in self._concerns and wake is not Wake.OPERATOR:
                log.warning("%s", error)
            self.concern(Reason("turn", str(error), self._now(), "failing"))
            return None
        # A look that had nothing to write does not show that it can be written.
        if unwritten := self.controller.known.meters.unwritten:
            self.concern(Reason("audit", str(unwritten), self._now(), "failing"))
        elif not self.incidents.unwritten:
            self.withdraw("audit")
        self.withdraw("turn")
        return attempt

    async def _note_incidents(self) -> None:
        now = self._now()
        reasons = (*self.concerns, *health.reasons(self.controller, now))
        await self.incidents.note((*reasons, *self.told_beside()), now)
        if not self.incidents.unwritten:
            self.controller.known.meters.unwritten = None  # it could be written meanwhile

    async def _turn(self, wake: Wake, due: datetime | None) -> Attempt | None:
        """In a task of its own, so that a stop can end it and not the caller."""
        task = asyncio.create_task(self.controller.look(wake, due=due))
        self._looking.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if not self.controller.stopping or not task.cancelled():
                raise
            return None
        finally:
            self._looking.discard(task)

    def acts_once(self) -> None:
        """The process ends after this act: nothing is begun that would have to be renewed."""
        self.controller.set_point.renews = False

    async def settle(self, attempt: Attempt | None) -> Attempt | None:
        """For a command without a service: read back until an accepted attempt is over."""
        while attempt is not None and attempt.outcome is Outcome.ACCEPTED:
            await asyncio.sleep(self.controller.confirm_in() or 0.0)
            attempt = await self.look(Wake.CONFIRM)
        return attempt

    # --- leases

    def lease_of(self, asked: Asked) -> Lease:
        """The lease that would be granted now. Raises LeaseError where it cannot be, and
        ClockUntrustedError while nobody knows what its end means."""
        if held := self.controller.trust.held:
            raise ClockUntrustedError(f"Nothing is done while {held}.")
        lease = lease_of(asked, self.schedule, self.controller.leases, self._now())
        reason = lease.setting and objection(lease.setting, self.gateway.limits)
        if reason:
            raise LeaseError(reason)
        return lease

    async def grant(self, asked: Asked) -> Lease:
        """Put a lease in force; look afterwards with Wake.OVERRIDE. Raises as `lease_of`, and
        AuditUnwritableError: then nothing has changed."""
        lease = self.lease_of(asked)
        await self.leases.grant(lease)
        self.controller.leases = self.leases.known
        return lease

    async def end(self, ending: LeaseEnding) -> tuple[Lease, ...]:
        """End leases now, and return them; look afterwards with Wake.OVERRIDE."""
        ended = await self.leases.end(ending, self._now())
        self.controller.leases = self.leases.known
        return ended

    async def _lapse(self) -> None:
        """Not by a clock that is not believed: what has lapsed does not come back."""
        if self.controller.trust.given_once:
            await self.leases.lapse(self.controller.instant(self._now()))
            self.controller.leases = self.leases.known

    # --- jobs

    async def run_job(self, job: Job, wake: Wake, *, planned_at: datetime | None = None) -> Ending:
        """Run one job now, on the record."""
        return await self.jobs.run(job, wake, planned_at=planned_at)

    @property
    def jobs_under_way(self) -> int:
        """How many jobs run beside the looks."""
        return len(self._tasks)

    async def _start_jobs(self) -> None:
        for entry in await self.jobs.due(self._now() + timedelta(milliseconds=5)):
            task = asyncio.create_task(self._job(entry), name=entry.name)
            self._tasks.add(task)
            task.add_done_callback(self._job_over)

    async def _job(self, entry: PlanEntry) -> None:
        try:
            await self.jobs.run_until_done(entry)
            await self.look(Wake.JOB)
        except AuditError as error:
            self.concern(Reason("audit", str(error), self._now(), "failing"))
        except SchedulerError as error:
            log.error("%s: %s", entry.name, error)  # noqa: TRY400 -- the message says it all

    def _job_over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("an unexpected fault in the job %s", task.get_name(), exc_info=error)

    # --- timers

    def alarms(self, now: datetime) -> tuple[Alarm, ...]:
        """Every timer this site wants, as of now: the next boundary, job, attempt, read-back."""
        after, leases = self.controller.instant(now), self.controller.leases
        switch = plan.next_boundary(self.schedule, after, leases)
        job = plan.next_job(self.schedule, after, leases)
        retry, confirm = self.controller.retry_in(), self.controller.confirm_in()
        if "turn" in self._concerns:
            retry = max(retry or 0.0, TURN_RETRY)
        found = [
            switch and Alarm(switch.at, Wake.BOUNDARY, switch.at),
            job and Alarm(job.at, Wake.JOB, job.at),
            None if retry is None else Alarm(now + timedelta(seconds=retry), Wake.RETRY),
            None if confirm is None else Alarm(now + timedelta(seconds=confirm), Wake.CONFIRM),
        ]
        return tuple(alarm for alarm in found if alarm)

    async def reload(self, loaded: Loaded) -> None:
        """Put a new schedule in force; look afterwards with Wake.RELOAD."""
        with suppress(AuditError):
            # The next look tells it, and the reload itself is on the record then.
            await self._keep_schedule(loaded)
        self.loaded, self.loaded_at = loaded, self._now()
        self.controller.schedule = loaded.schedule

    async def _keep_schedule(self, loaded: Loaded | None = None) -> None:
        """What is in force, in its own words, so that it can be read when it is long replaced."""
        kept = loaded or self.loaded
        if kept.texts:
            await self.recorder.schedule(kept.schedule.digest, kept.texts)

    # --- the state

    def concern(self, reason: Reason) -> None:
        """Show a reason until it is withdrawn; one of an id already shown keeps its `since`."""
        old = self._concerns.get(reason.id)
        since = old.since if old else reason.since
        self._concerns[reason.id] = Reason(reason.id, reason.text, since, reason.word)

    @property
    def concerns(self) -> tuple[Reason, ...]:
        """Those that are shown now."""
        return tuple(self._concerns.values())

    def withdraw(self, id: str) -> None:
        """Take a reason back."""
        self._concerns.pop(id, None)

    # --- stop

    async def stop(self) -> None:
        """At most two seconds, unless a battery that was stopped by a login still comes back;
        leaves the battery running, and a setting that waits to be confirmed open."""
        self.controller.stopping = True
        for task in self._tasks:
            task.cancel()
        await self._over(STOP_GENTLY)
        for look in self._looking:
            look.cancel()
        await self._over(STOP_WITHIN - STOP_GENTLY)
        if self.gateway.unsafe:
            await self._over(STOP_UNSAFE)
        with suppress(AuditError):
            await self.controller.set_point.leave()

    async def _over(self, seconds: float) -> None:
        at_work: set[asyncio.Task[Any]] = {*self._looking, *self._tasks}
        if at_work:
            await asyncio.wait(at_work, timeout=seconds)
