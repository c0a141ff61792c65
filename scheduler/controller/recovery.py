"""What a start finds: runs that died in the middle, and boundaries that nobody was there for."""

from __future__ import annotations

import logging
from datetime import datetime

from scheduler import clock, plan
from scheduler.audit.words import EntryKind, Outcome, Wake
from scheduler.controller.recorder import Recorder
from scheduler.controller.switch import describe
from scheduler.plan import PlanEntry
from scheduler.schedule.values import Schedule

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
