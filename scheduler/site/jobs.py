"""Jobs: things to do at an instant, beside the setting that always holds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from scheduler import clock, plan
from scheduler.errors import GatewayError
from scheduler.plan import PlanEntry
from scheduler.schedule.values import Job, JobKind
from scheduler.site import firmware, recovery
from scheduler.site.controller import Controller
from scheduler.site.firmware import Check, Ending
from scheduler.site.recorder import Run
from scheduler.site.switch import outcome_of
from scheduler.words import Outcome, Wake

log = logging.getLogger(__name__)

# A job that comes later than this (the machine slept, the clock stepped) is missed, not run late.
GRACE = timedelta(minutes=15)


class Jobs:
    """Finds the jobs that are due, and runs them."""

    def __init__(
        self,
        controller: Controller,
        *,
        now: Callable[[], datetime] = clock.now,
        poll: float = firmware.POLL_SECONDS,
    ) -> None:
        self._controller = controller
        self._now = now
        self._poll = poll
        self._seen_until = now()

    async def due(self, now: datetime) -> tuple[PlanEntry, ...]:
        """Jobs to run now; those that come too late are recorded as missed. After a step back of
        the clock the same hours count anew."""
        if now < self._seen_until - timedelta(seconds=2):
            self._seen_until = now
        passed = plan.jobs(self._controller.schedule, self._seen_until, now)
        self._seen_until = max(now, self._seen_until)
        for entry in passed:
            if now - entry.at > GRACE:
                await recovery.missed(
                    self._controller.recorder,
                    self._controller.gateway.name,
                    entry,
                    reason="The clock had passed it by more than 15 minutes.",
                )
        return tuple(entry for entry in passed if now - entry.at <= GRACE)

    async def run_until_done(self, entry: PlanEntry) -> Ending:
        """Run a due job, and again with back-off while the gateway does not answer, until the
        job's own limit after its time; then it has failed."""
        assert entry.job is not None
        wake, attempt = Wake.JOB, 1
        while True:
            ending = await self.run(entry.job, wake, planned_at=entry.at, attempt=attempt)
            late = self._now() - entry.at > entry.job.limit
            if ending.outcome is not Outcome.UNREACHABLE or late:
                return ending
            await asyncio.sleep(self._controller.conduct.backoff.delay(attempt))
            wake, attempt = Wake.RETRY, attempt + 1

    async def run(
        self, job: Job, wake: Wake, *, planned_at: datetime | None, attempt: int = 1
    ) -> Ending:
        """Run one job on the record. Raises AuditUnwritableError before anything is sent."""
        controller = self._controller
        detail = {
            "gateway": controller.gateway.name,
            "planned_at": clock.iso(planned_at) if planned_at else None,
            "attempt": attempt,
            "wanted": None,
        }
        run = await controller.recorder.begin(
            kind=job.do.value, name=job.name, wake=wake, detail=detail
        )
        try:
            ending = await self._end(job, run)
        except asyncio.CancelledError:
            told = {"observed": None, "error": "The service stopped before this job ended."}
            await asyncio.shield(run.end(Outcome.INTERRUPTED, told))
            raise
        await run.end(
            ending.outcome, {"observed": None, "error": ending.error, "seen": ending.seen}
        )
        level = logging.INFO if ending.outcome is Outcome.COMPLETED else logging.WARNING
        log.log(level, "%s -> %s %s", job.name, ending.outcome.value, ending.error or "")
        return ending

    async def _end(self, job: Job, run: Run) -> Ending:
        if self._controller.conduct.dry_run:
            return Ending(Outcome.DRY_RUN, None, {})
        try:
            return await self._do(job, run)
        except GatewayError as error:
            return Ending(outcome_of(error), str(error), {})

    async def _do(self, job: Job, run: Run) -> Ending:
        controller = self._controller
        match job.do:
            case JobKind.COMMIT:
                async with controller.turn:
                    await controller.gateway.commit(run)
            case JobKind.SITEMASTER_RUN:
                async with controller.turn:
                    await controller.gateway.run_sitemaster(run)
            case JobKind.FIRMWARE_CHECK:
                context = Check(
                    gateway=controller.gateway,
                    peak_name=self._peak_name,
                    installing=self._installing,
                    poll=self._poll,
                )
                return await firmware.check(job, context, run)
        return Ending(Outcome.COMPLETED, None, {})

    def _installing(self, under_way: bool) -> None:
        self._controller.installing = under_way

    def _peak_name(self, ahead: timedelta) -> str | None:
        """The peak period at any of the instants from now to `ahead`, looked up each minute."""
        schedule = self._controller.schedule
        now = self._now()
        for minute in range(int(ahead.total_seconds() // 60) + 2):
            instant = now + min(timedelta(minutes=minute), ahead)
            period = plan.desired_at(schedule, instant).period
            if period is not None and period in schedule.peak_periods:
                return period
        return None
