"""Jobs: things to do at an instant, beside the setting that always holds."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from scheduler import plan
from scheduler.audit.intent import Ended, Intent
from scheduler.audit.recorder import Run
from scheduler.errors import AuditError, GatewayError, LockedError
from scheduler.gateway.abilities import FirmwareUpdates, Sitemaster, ability
from scheduler.plan import PlanEntry
from scheduler.schedule.values import Job, JobKind
from scheduler.site import act, firmware, recovery
from scheduler.site.apply import outcome_of
from scheduler.site.controller import Controller
from scheduler.site.firmware import Ending, FirmwareCheck
from scheduler.words import Outcome, Wake

log = logging.getLogger(__name__)

# A job that comes later than this (the machine slept, the clock stepped) is missed, not run late.
GRACE: Final = timedelta(minutes=15)
_REMEMBERED: Final = 200
# A clock that is slewed runs back by less.
_STEP_BACK: Final = timedelta(seconds=2)


class Jobs:
    """Finds the jobs that are due, and runs them."""

    def __init__(
        self,
        controller: Controller,
        *,
        poll: float = firmware.POLL_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._controller = controller
        self._poll, self._sleep = poll, sleep
        self._seen_until: datetime | None = None
        """Up to where jobs were run or recorded; None until the clock was trusted."""
        self._told_until: datetime | None = None
        """Up to where jobs were told to wait for a trusted clock."""
        self._came: deque[tuple[str, datetime]] = deque(maxlen=_REMEMBERED)
        """The newest that were run or missed: a clock that is set back and forth passes them again,
        and what was done is not missed."""

    async def due(self, now: datetime) -> tuple[PlanEntry, ...]:
        """Jobs to run now; those that come too late are recorded as missed, and while the clock is
        held as deferred. After a step back of the clock the same hours count anew."""
        trust = self._controller.trust
        if not trust.given_once:
            await self._defer(now, trust.held or "the clock is not trusted yet")
            return ()
        began = now - timedelta(seconds=trust.waited())
        after = self._seen_until or began
        if now < after - _STEP_BACK:
            after = now
        found: list[PlanEntry] = []
        for entry in self._between(after, now):
            came = entry.name, entry.at
            if now - entry.at <= GRACE:
                found.append(entry)
            else:
                if came not in self._came:
                    await self._note(entry, "The clock had passed it by more than 15 minutes.")
                self._seen_until = entry.at
            self._came.append(came)
        self._seen_until = max(now, after)
        return tuple(found)

    def _between(self, after: datetime, now: datetime) -> tuple[PlanEntry, ...]:
        return plan.jobs(self._controller.schedule, after, now, self._controller.leases)

    async def _defer(self, now: datetime, reason: str) -> None:
        after = self._told_until or now
        for entry in self._between(min(after, now), now):
            await self._note(entry, f"Nothing is done while {reason}.", Outcome.DEFERRED)
            self._told_until = entry.at
        self._told_until = now

    async def _note(self, entry: PlanEntry, reason: str, outcome: Outcome = Outcome.MISSED) -> None:
        recorder, name = self._controller.recorder, self._controller.gateway.name
        await recovery.missed(recorder, name, entry, reason=reason, outcome=outcome)

    async def run_until_done(self, entry: PlanEntry) -> Ending:
        """Run a due job, and again with back-off while the gateway does not answer, until the
        job's own limit after its time; then it has failed."""
        assert entry.job is not None
        wake, attempt = Wake.JOB, 1
        while True:
            ending = await self.run(entry.job, wake, planned_at=entry.at, attempt=attempt)
            late = self._controller.now() - entry.at > entry.job.limit
            if ending.outcome is not Outcome.UNREACHABLE or late:
                return ending
            await self._sleep(self._controller.conduct.backoff.delay(attempt))
            wake, attempt = Wake.RETRY, attempt + 1

    async def run(
        self, job: Job, wake: Wake, *, planned_at: datetime | None, attempt: int = 1
    ) -> Ending:
        """Run one job on the record. Raises AuditUnwritableError before anything is sent."""
        controller = self._controller
        intent = Intent(
            kind=job.do.value,
            name=job.name,
            wake=wake,
            gateway=controller.gateway.name,
            planned_at=planned_at,
            attempt=attempt,
        )
        if reason := controller.paused(controller.now()):
            ended = Ended(outcome=Outcome.DEFERRED, error=f"Deferred: {reason}.")
            await controller.recorder.decided(ended, intent)
            return Ending(Outcome.DEFERRED, ended.error, {})
        doing = await act.begin(controller.recorder, controller.known, intent)
        try:
            ending = await self._end(job, doing.run)
        except AuditError:
            raise
        except BaseException as error:
            # Whatever stops it, the run does not stay open: an open one says it is at work.
            await asyncio.shield(doing.end(_cut_off(error)))
            raise
        seen = {"seen": ending.seen}
        await doing.end(Ended(outcome=ending.outcome, error=ending.error, more=seen))
        level = logging.INFO if ending.outcome is Outcome.COMPLETED else logging.WARNING
        log.log(level, "%s -> %s %s", job.name, ending.outcome.value, ending.error or "")
        return ending

    async def _end(self, job: Job, run: Run) -> Ending:
        if self._controller.conduct.dry_run:
            return Ending(Outcome.DRY_RUN, None, {})
        try:
            return await self._do(job, run)
        except GatewayError as error:
            await self._controller.known.met(error)
            return Ending(outcome_of(error), str(error), {})
        except LockedError as error:
            return Ending(Outcome.UNREACHABLE, str(error), {})

    async def _do(self, job: Job, run: Run) -> Ending:
        controller, gateway = self._controller, self._controller.gateway
        if job.do is JobKind.FIRMWARE_CHECK:
            updates = ability(gateway, FirmwareUpdates)  # type: ignore[type-abstract]
            if updates is None:
                return _lacking(job)
            context = FirmwareCheck(
                gateway=updates,
                peak_name=self._peak_name,
                installing=self._installing,
                turn=controller.turn,
                sleep=self._sleep,
                monotonic=controller.monotonic,
                poll=self._poll,
            )
            return await firmware.check(job, context, run)
        sitemaster = ability(gateway, Sitemaster)  # type: ignore[type-abstract]
        if sitemaster is None:
            return _lacking(job)
        async with controller.turn:
            if gateway.unsafe:
                await gateway.make_safe(run)
            if job.do is JobKind.COMMIT:
                await sitemaster.commit(run)
            else:
                await sitemaster.run_sitemaster(run)
        return Ending(Outcome.COMPLETED, None, {})

    def _installing(self, under_way: bool) -> None:
        self._controller.installing = under_way

    def _peak_name(self, ahead: timedelta) -> str | None:
        """The peak period at any of the instants from now to `ahead`, looked up each minute."""
        schedule = self._controller.schedule
        now = self._controller.now()
        for minute in range(int(ahead.total_seconds() // 60) + 2):
            instant = now + min(timedelta(minutes=minute), ahead)
            period = plan.desired_at(schedule, instant).period
            if period is not None and period in schedule.peak_periods:
                return period
        return None


def _cut_off(error: BaseException) -> Ended:
    if isinstance(error, asyncio.CancelledError):
        told = "The service stopped before this job ended."
        return Ended(outcome=Outcome.INTERRUPTED, error=told)
    return Ended(outcome=Outcome.FAILED, error=f"Unexpected: {type(error).__name__}: {error}")


def _lacking(job: Job) -> Ending:
    told = f"This gateway cannot do {job.do.value}; take the job out of the schedule."
    return Ending(Outcome.REFUSED, told, {})
