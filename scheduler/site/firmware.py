"""The firmware check: ask the gateway to look for an update, and wait until it has an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from scheduler import clock
from scheduler.audit.recorder import Run
from scheduler.errors import GatewayError, GatewayUnreachableError
from scheduler.gateway.abilities import FirmwareUpdates, Identity, Update, UpdateState
from scheduler.schedule.values import Job
from scheduler.site.turn import Turn
from scheduler.words import Outcome

# Gateways of 2022 showed CPU alerts; the portal polls every 10 s, a sensible wait is 5 to 10.
POLL_SECONDS = 5.0
# A gateway whose answer carries no time is asked again for this long, since it may still show the
# answer of an earlier check.
SETTLE_SECONDS = 10.0
# The portal says 2 minutes; an owner's battery stood still for about 15 (powerwall2 README).
INSTALL_LIMIT = timedelta(minutes=30)
BUSY = frozenset({UpdateState.CHECKING, UpdateState.DOWNLOAD, UpdateState.DOWNLOADED})
RESTING = frozenset({UpdateState.STAGED, UpdateState.SUCCEEDED, UpdateState.FAILED})


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job that is not a switch ended, and what it saw."""

    outcome: Outcome
    error: str | None
    seen: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FirmwareCheck:
    """What a firmware check needs beside its job."""

    gateway: FirmwareUpdates
    peak_name: Callable[[timedelta], str | None]
    """The peak period that holds now, or begins within a time; None where there is none."""
    installing: Callable[[bool], None]
    """Told when an install begins and ends; switching is deferred meanwhile."""
    turn: Turn
    """Held for each exchange, never for a wait."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = clock.monotonic
    poll: float = POLL_SECONDS


async def check(job: Job, context: FirmwareCheck, run: Run) -> Ending:
    """Run a firmware check. Raises GatewayError when the check cannot be started."""
    peak = None if job.allow_on_peak else context.peak_name(timedelta(0))
    if peak:
        return Ending(
            Outcome.DEFERRED, f"Not checked: it is {peak}, and the job does not allow that.", {}
        )
    async with context.turn:
        identity = await context.gateway.identify(run)
        before = await context.gateway.update(run)
        await context.gateway.start_update_check(run)
    ending = await _wait(job, context, run, before)
    if ending.outcome is not Outcome.COMPLETED or ending.seen.get("state") != UpdateState.STAGED:
        return ending
    if not job.install:
        return ending
    return await _install(job, context, run, identity)


async def _wait(job: Job, context: FirmwareCheck, run: Run, before: Update) -> Ending:
    started = context.monotonic()
    was_busy = False
    last: Update | None = None
    error: GatewayError | None = None
    while True:
        try:
            async with context.turn:
                last, error = await context.gateway.update(run), None
        except GatewayUnreachableError as caught:
            error = caught
        elapsed = context.monotonic() - started
        if last is not None and error is None:
            was_busy = was_busy or last.state in BUSY
            if _answered(last, before, was_busy=was_busy, elapsed=elapsed):
                return _ending(last)
        if elapsed + context.poll > job.limit.total_seconds():
            return _gave_up(last, error, f"after {clock.format_duration(job.limit)}")
        peak = None if job.allow_on_peak else context.peak_name(timedelta(seconds=context.poll))
        if peak:
            return _gave_up(last, error, f"because {peak} begins")
        await context.sleep(context.poll)


def _answered(update: Update, before: Update, *, was_busy: bool, elapsed: float) -> bool:
    """Whether this is the answer to our check, and not what stood there before it."""
    quiet = update.state is UpdateState.UNKNOWN and update.status == "nonactionable"
    if update.state not in RESTING and not quiet:
        return False
    if was_busy:
        return True
    if update.last_status_ms is not None and before.last_status_ms is not None:
        return update.last_status_ms > before.last_status_ms
    return elapsed >= SETTLE_SECONDS


def _ending(update: Update) -> Ending:
    seen = _seen(update)
    if update.state is UpdateState.FAILED and update.status not in {"nonactionable", "ignoring"}:
        return Ending(
            Outcome.FAILED,
            f"The gateway could not look for an update ({update.status or 'no reason given'}). "
            "Check its internet connection.",
            seen,
        )
    return Ending(Outcome.COMPLETED, None, seen)


def _gave_up(update: Update | None, error: GatewayError | None, why: str) -> Ending:
    state = f"the gateway still says {update.word}" if update else "no answer was seen"
    return Ending(
        Outcome.FAILED,
        f"Gave up {why}: {error or state}.",
        _seen(update) if update else {},
    )


def _seen(update: Update) -> dict[str, Any]:
    return {
        "meaning": _meaning(update),
        "state": update.word,
        "status": update.status,
        "version": update.version,
    }


def _meaning(update: Update) -> str:
    """The answer in a person's words; /update_failed with nonactionable is the usual quiet one
    (portal code of 23.28: "No update package available")."""
    if update.state is UpdateState.STAGED:
        return "an update is staged and waits to be installed"
    if update.status == "nonactionable":
        return "there is no update"
    if update.status == "ignoring":
        return "the gateway ignored the request"
    if update.state in BUSY:
        return "the gateway is still at work"
    return "the last update succeeded" if update.state is UpdateState.SUCCEEDED else "not known"


async def _install(job: Job, context: FirmwareCheck, run: Run, before: Identity) -> Ending:
    peak = None if job.allow_on_peak else context.peak_name(INSTALL_LIMIT)
    seen: dict[str, Any] = {
        "meaning": "an update is staged and waits to be installed",
        "state": UpdateState.STAGED.value,
        "version": before.version,
    }
    if peak:
        return Ending(
            Outcome.DEFERRED, f"An update is staged; not installed, because {peak} is near.", seen
        )
    context.installing(True)
    try:
        async with context.turn:
            await context.gateway.install_update(run)
        after = await _back(context, run, before)
    finally:
        context.installing(False)
    if after is None:
        limit = clock.format_duration(INSTALL_LIMIT)
        return Ending(Outcome.FAILED, f"The gateway is not back {limit} after an install.", seen)
    return Ending(
        Outcome.COMPLETED,
        None,
        {
            "meaning": "the update was installed, and the gateway is back",
            "version": after.version,
            "was": before.version,
        },
    )


async def _back(context: FirmwareCheck, run: Run, before: Identity) -> Identity | None:
    """Which firmware answers after the restart; None when none does in time."""
    started = context.monotonic()
    while context.monotonic() - started < INSTALL_LIMIT.total_seconds():
        await context.sleep(context.poll)
        try:
            async with context.turn:
                seen = await context.gateway.identify(run)
        except GatewayError:
            continue
        younger = (seen.uptime_seconds or 0.0) < (before.uptime_seconds or 0.0)
        if seen.version != before.version or younger:
            return seen
    return None
