"""What a person may ask of a site: apply, one job, a lease. One way for the service and for a
command that acts by itself; the result is JSON with the exit code that a command ends with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from scheduler import clock
from scheduler.errors import (
    ClockUntrustedError,
    GatewayRefusedError,
    GatewayUnreachableError,
    LockedError,
    SchedulerError,
)
from scheduler.plan import LeaseKind
from scheduler.schedule.values import Job
from scheduler.schedule.wording import shown
from scheduler.site.apply import Attempt
from scheduler.site.asked import Asked, LeaseEnding
from scheduler.site.firmware import Ending
from scheduler.site.shown import state_of
from scheduler.site.site import Site
from scheduler.words import Outcome, Wake

EXIT: Final = {
    Outcome.CONFIRMED: 0,
    Outcome.UNCHANGED: 0,
    Outcome.COMPLETED: 0,
    Outcome.DRY_RUN: 0,
    Outcome.UNREACHABLE: GatewayUnreachableError.exit_code,
    Outcome.REFUSED: GatewayRefusedError.exit_code,
}
_POLL: Final = 0.05

Result = dict[str, Any]


async def apply(
    site: Site, look: Callable[[], Awaitable[Attempt | None]], *, alone: bool = False
) -> Result:
    """Make the present wish true, and wait until it is confirmed or not. `alone`: nobody else
    wakes the site meanwhile. Raises where nothing may be done, with the reason."""
    attempt = await look()
    if alone:
        attempt = await site.settle(attempt)
    if attempt is None:
        raise _nothing_done(site)
    result = {"outcome": attempt.outcome.value, **attempt.detail()}
    while result["outcome"] == Outcome.ACCEPTED:
        await asyncio.sleep(_POLL)
        result = _present(site)
    return _ended(site, result)


async def run_job(site: Site, name: str) -> Result:
    """Run one of the schedule's jobs now. Raises KeyError with the sentence for the one who asked,
    where there is no such job."""
    job = find_job(site.schedule.jobs, name)
    ending: Ending = await site.run_job(job, Wake.OPERATOR, planned_at=None)
    told = {
        "job": job.name,
        "do": job.do.value,
        "outcome": ending.outcome.value,
        "error": ending.error,
        "seen": ending.seen,
    }
    return _ended(site, told)


async def lease(site: Site, asked: Asked, look: Callable[[], Awaitable[Attempt | None]]) -> Result:
    """Put a lease in force, and wait until what is wanted then is confirmed or not. Raises
    LeaseError where it cannot be had."""
    granted = await site.grant(asked)
    return {"lease": granted.to_json(), **await _afterwards(site, granted.kind, look)}


async def end_leases(
    site: Site, ending: LeaseEnding, look: Callable[[], Awaitable[Attempt | None]]
) -> Result:
    """End leases now, and make true what is wanted without them."""
    ended = await site.end(ending)
    told = {"ended": [each.to_json() for each in ended]}
    if not ended:
        return {**told, "outcome": Outcome.UNCHANGED.value, "exit_code": 0}
    return {**told, **await _afterwards(site, None, look)}


async def _afterwards(
    site: Site,
    kind: LeaseKind | None,
    look: Callable[[], Awaitable[Attempt | None]],
) -> Result:
    """The turn after a lease began or ended. Whatever comes of it, the lease counts."""
    if kind is LeaseKind.PAUSE:
        await look()
        return {"outcome": Outcome.DEFERRED.value, "error": None, "exit_code": 0}
    try:
        return await apply(site, look)
    except GatewayUnreachableError as error:
        return failed(error)


def find_job(jobs: tuple[Job, ...], name: str) -> Job:
    """The job of this name, or the only one that does this. Raises KeyError."""
    found = [job for job in jobs if name in {job.name, job.do.value}]
    if len(found) == 1 or (found and found[0].name == name):
        return found[0]
    names = ", ".join(f'"{job.name}"' for job in found or jobs)
    if found:
        raise KeyError(f"Several jobs do {shown(name)}. Name one of them: {names}.")
    if not jobs:
        raise KeyError(f"The schedule has no job {shown(name)}, nor any other.")
    raise KeyError(f"The schedule has no job {shown(name)}. Its jobs: {names}.")


def failed(error: SchedulerError) -> Result:
    """The result of an act that was not begun, or broken off."""
    return {"outcome": None, "error": str(error), "exit_code": error.exit_code}


def _ended(site: Site, result: Result) -> Result:
    code = EXIT.get(Outcome(result["outcome"]), 1)
    return {**result, "simulated": site.gateway.simulated, "exit_code": code}


def _present(site: Site) -> Result:
    """How the attempt stands now, by the one state."""
    state = state_of(site, clock.now())
    seen = state.read.setting if state.read else None
    return {
        "outcome": (state.attempt and state.attempt.outcome) or Outcome.ACCEPTED.value,
        "wanted": state.wanted.setting.to_json(),
        "observed": seen.to_json() if seen else None,
        "error": state.attempt.error if state.attempt else None,
    }


def _nothing_done(site: Site) -> SchedulerError:
    """Why a look did nothing, as the error that a command ends with."""
    reasons = {reason.id: reason.text for reason in state_of(site, clock.now()).reasons}
    if "clock" in reasons:
        return ClockUntrustedError(reasons["clock"])
    if "turn" in reasons:
        return LockedError(reasons["turn"])
    told = " ".join(reasons.values()) or "The messages above say why."
    return GatewayUnreachableError(f"Nothing was done. {told}")
