"""What a start finds: runs that died in the middle or wait to be confirmed, and boundaries that
nobody was there for.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from scheduler import clock, plan
from scheduler.audit.answers import OpenRun
from scheduler.audit.chain import Json
from scheduler.audit.intent import Ended, Intent
from scheduler.audit.recorder import Recorder
from scheduler.plan import Lease, PlanEntry
from scheduler.schedule.values import Schedule
from scheduler.setting import setting_from_json
from scheduler.words import Outcome, Wake

log = logging.getLogger(__name__)

# A service that was away for months has missed thousands of boundaries; the newest tell enough.
MOST_MISSED: Final = 50
_DIED: Final = "The process ended before this run did. What it wrote is not known to be in force."


async def close_interrupted(recorder: Recorder, gateway: str) -> tuple[OpenRun | None, int]:
    """Give this site's runs without an outcome the outcome `interrupted`, but for the newest that
    waits to be confirmed; returns that one, and how many there were of the others.

    Only right while no other process has a run under way.
    """
    opened = await recorder.ask(recorder.questions.open_runs)
    waiting = next((run for run in reversed(opened) if _waits(run, gateway)), None)
    cut_off = [run for run in opened if run is not waiting]
    for run in cut_off:
        log.warning("run %s (%s) was interrupted", run.run, run.name)
        await recorder.take_up(run).end(Ended(outcome=Outcome.INTERRUPTED, error=_DIED))
    return waiting, len(cut_off)


def _waits(run: OpenRun, gateway: str) -> bool:
    return run.accepted is not None and run.gateway == gateway


def intent_of(run: OpenRun) -> Intent:
    """What an open run was about, as far as going on with it needs."""
    planned, attempt = run.detail.get("planned_at"), run.detail.get("attempt")
    wanted = run.detail.get("wanted")
    return Intent(
        kind=run.kind,
        name=run.name or "",
        wake=run.wake or Wake.START,
        gateway=run.gateway,
        planned_at=datetime.fromisoformat(planned) if isinstance(planned, str) else None,
        attempt=attempt if isinstance(attempt, int) else 1,
        wanted=setting_from_json(wanted) if isinstance(wanted, Mapping) else None,
    )


async def record_missed(
    recorder: Recorder,
    schedule: Schedule,
    gateway: str,
    *,
    alive_until: datetime,
    now: datetime,
    leases: Sequence[Lease] = (),
) -> None:
    """Record the boundaries and jobs that passed while nothing was running."""
    passed = (
        *plan.boundaries(schedule, alive_until, now, leases),
        *plan.jobs(schedule, alive_until, now, leases),
    )
    ordered = sorted(passed, key=lambda entry: entry.at)
    for entry in ordered[-MOST_MISSED:]:
        await missed(recorder, gateway, entry, reason="Nothing was running at that time.")
    if len(ordered) > MOST_MISSED:
        unlisted = len(ordered) - MOST_MISSED
        detail: dict[str, Json] = {"unlisted": unlisted, "since": clock.iso(alive_until)}
        await recorder.event("service", "missed", detail)


async def missed(
    recorder: Recorder,
    gateway: str,
    entry: PlanEntry,
    *,
    reason: str,
    outcome: Outcome = Outcome.MISSED,
) -> None:
    """Record one switch or job as missed, or deferred, with its reason."""
    log.warning("%s: %s, planned for %s", outcome.value, entry.name, clock.iso(entry.at))
    intent = Intent(
        kind=entry.job.do.value if entry.job else "switch",
        name=entry.name,
        wake=Wake.START,
        gateway=gateway,
        planned_at=entry.at,
        wanted=entry.setting,
    )
    await recorder.decided(Ended(outcome=outcome, error=reason), intent)
