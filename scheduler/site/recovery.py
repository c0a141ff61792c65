"""What a start finds: runs that died in the middle, and boundaries that nobody was there for."""

from __future__ import annotations

import logging
from datetime import datetime

from scheduler import clock, plan
from scheduler.errors import GatewayError
from scheduler.gateway.base import LocalRest as Gateway
from scheduler.plan import PlanEntry
from scheduler.schedule.values import Schedule
from scheduler.site.backoff import Backoff
from scheduler.site.recorder import Recorder
from scheduler.site.switch import describe, outcome_of
from scheduler.words import EntryKind, Outcome, Wake

log = logging.getLogger(__name__)

# A service that was away for months has missed thousands of boundaries; the newest tell enough.
MOST_MISSED = 50


async def close_interrupted(recorder: Recorder) -> int:
    """Give every run without an outcome the outcome `interrupted`; returns how many there were.

    Only right while no other process has a run under way.
    """
    opened = await recorder.ask(recorder.log.open_runs)
    for run in opened:
        log.warning("run %s (%s) was interrupted", run.run, run.name)
        at = clock.now()
        await recorder.ask(
            lambda run=run, at=at: recorder.log.append(  # type: ignore[misc]
                at=at,
                entry=EntryKind.OUTCOME,
                run=run.run,
                kind=run.kind,
                name=run.name,
                wake=run.wake,
                outcome=Outcome.INTERRUPTED,
                detail={
                    "observed": None,
                    "error": "The process ended before this run did. What it wrote is not known "
                    "to be in force.",
                },
            )
        )
    return len(opened)


async def record_missed(
    recorder: Recorder,
    schedule: Schedule,
    gateway: str,
    *,
    alive_until: datetime,
    now: datetime,
) -> int:
    """Record the boundaries and jobs that passed while nothing was running; returns how many."""
    passed = (
        *plan.boundaries(schedule, alive_until, now),
        *plan.jobs(schedule, alive_until, now),
    )
    ordered = sorted(passed, key=lambda entry: entry.at)
    for entry in ordered[-MOST_MISSED:]:
        await missed(recorder, gateway, entry, reason="Nothing was running at that time.")
    if len(ordered) > MOST_MISSED:
        await recorder.event(
            "service",
            "missed",
            {"unlisted": len(ordered) - MOST_MISSED, "since": clock.iso(alive_until)},
        )
    return len(ordered)


async def missed(recorder: Recorder, gateway: str, entry: PlanEntry, *, reason: str) -> None:
    """Record one switch or job as missed, with its reason."""
    log.warning("missed: %s, planned for %s", entry.name, clock.iso(entry.at))
    await recorder.decided(
        Outcome.MISSED,
        kind=entry.job.do.value if entry.job else "switch",
        name=entry.name,
        wake=Wake.START,
        detail={
            "gateway": gateway,
            "planned_at": clock.iso(entry.at),
            "wanted": describe(entry.setting) if entry.setting else None,
            "error": reason,
        },
    )


class Debt:
    """A battery that may stand still because of us: it is seen running before anything else."""

    def __init__(self, gateway: Gateway, recorder: Recorder, backoff: Backoff) -> None:
        self.owed = gateway.owes_restart
        self.not_before = 0.0
        """Monotonic seconds before which a pulse does not try again."""
        self._attempts = 0
        self._gateway, self._recorder, self._backoff = gateway, recorder, backoff

    async def paid(self, wake: Wake) -> bool:
        """Whether the sitemaster is seen running; runs it where it is not, on the record."""
        if wake is Wake.PULSE and clock.monotonic() < self.not_before:
            return False
        self._attempts += 1
        run = await self._recorder.begin(
            kind="sitemaster_run", name="recovery", wake=wake, detail=self._intent()
        )
        try:
            await self._gateway.restore(run)
        except GatewayError as error:
            log.error("the battery may be stopped: %s", error)  # noqa: TRY400 -- no traceback
            await run.end(outcome_of(error), {"observed": None, "error": str(error)})
            self.not_before = clock.monotonic() + self._backoff.delay(self._attempts)
            return False
        await run.end(Outcome.COMPLETED, {"observed": None, "error": None})
        self.owed = False
        return True

    def _intent(self) -> dict[str, object]:
        return {
            "gateway": self._gateway.name,
            "planned_at": None,
            "attempt": self._attempts,
            "wanted": None,
        }
