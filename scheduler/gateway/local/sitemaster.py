"""The gateway's own process that moves the battery: look at it, run it, see it running.

A login may stop it; nothing else here does. The mark of a restart that is owed is taken away here
and nowhere else.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto
from typing import Final

from scheduler.errors import GatewayProtocolError, GatewayRefusedError, GatewayUnreachableError
from scheduler.gateway.base import Steps
from scheduler.gateway.exchange import Call
from scheduler.gateway.local.line import Line
from scheduler.gateway.local.session import Session

LOOK: Final = Call("look", "GET", "/api/sitemaster")
RUN: Final = Call("run", "GET", "/api/sitemaster/run", changes=True)
PATIENCE: Final = 60.0
LOOK_FIRST, LOOK_MAX = 0.25, 1.0
# A stop takes 1 to 2 s in the field.
DOWN_PATIENCE: Final = 5.0
# How soon a run is sent again: when it was not taken, and when it was but nothing came of it.
RUN_AGAIN, RUN_AGAIN_TAKEN = 3.0, 20.0


class Seen(Enum):
    """What a look at the sitemaster shows."""

    RUNNING = auto()
    DOWN = auto()
    CLOSED = auto()
    """Not shown to this session, or not in this firmware."""
    UNKNOWN = auto()
    """No usable answer."""


class RunDeniedError(GatewayRefusedError):
    """The session may not run the sitemaster, or is dead."""


async def look(line: Line, steps: Steps, session: Session | None) -> Seen:
    """Whether it runs. A dead session is refused even what is open to all, so without it once
    more."""
    seen = await _look(line, steps, session)
    return await _look(line, steps, None) if session and seen is Seen.CLOSED else seen


async def _look(line: Line, steps: Steps, session: Session | None) -> Seen:
    try:
        answer = await line.wire.send(LOOK, steps, session, urgent=True)
    except (GatewayUnreachableError, GatewayProtocolError):
        return Seen.UNKNOWN
    if answer.verdict in (401, 403, 404):
        return Seen.CLOSED
    running = answer.mapping().get("running") if answer.fine else None
    if isinstance(running, bool):
        return Seen.RUNNING if running else Seen.DOWN
    return Seen.UNKNOWN


async def see_down(line: Line, steps: Steps, session: Session | None) -> None:
    """Wait until a stop that was taken has come, for `DOWN_PATIENCE` seconds at most. Else the
    sitemaster that is still running would be taken for the one that runs again."""
    deadline = line.monotonic() + DOWN_PATIENCE
    while await look(line, steps, session) is Seen.RUNNING and line.monotonic() < deadline:
        await line.sleep(LOOK_FIRST)


async def bring_up(
    line: Line,
    steps: Steps,
    session: Session | None,
    *,
    run_first: bool = True,
    twice: bool = False,
    patience: float = PATIENCE,
) -> None:
    """Run it and see it running; then the mark is taken away.

    Without `run_first` it is run only once seen down. `twice` mistrusts a sitemaster that was
    never seen down: a stop takes up to 2 s, so it may still be to come. Raises
    GatewayUnreachableError after `patience` seconds, RunDeniedError.
    """
    seen_down = await _until_running(line, steps, session, run_first, patience)
    if twice and not seen_down:
        await line.rest()
        await _until_running(line, steps, session, False, patience)
    line.owe_nothing()


async def _until_running(
    line: Line, steps: Steps, session: Session | None, run: bool, patience: float
) -> bool:
    """Whether it was seen down on the way."""
    deadline, delay, next_run = line.monotonic() + patience, LOOK_FIRST, 0.0
    seen_down = False
    while True:
        if (run or seen_down) and line.monotonic() >= next_run:
            taken = await _run(line, steps, session)
            next_run = line.monotonic() + (RUN_AGAIN_TAKEN if taken else RUN_AGAIN)
        seen = await look(line, steps, session)
        if seen is Seen.RUNNING:
            return seen_down
        if seen is Seen.DOWN and not run and not seen_down:
            seen_down = True
            continue
        seen_down = seen_down or seen is Seen.DOWN
        if line.monotonic() + delay > deadline:
            raise GatewayUnreachableError(_warning(line, patience), delivered="yes")
        await line.sleep(delay)
        delay = min(delay * 1.5, LOOK_MAX)


async def _run(line: Line, steps: Steps, session: Session | None) -> bool:
    """Whether the gateway took it."""
    for call in (RUN, replace(RUN, method="POST")):
        try:
            answer = await line.wire.send(call, steps, session, urgent=True)
        except (GatewayUnreachableError, GatewayProtocolError):
            return False
        if answer.fine:
            return True
        if answer.verdict != 405:
            break
    if answer.denied:
        error = line.says.error(call, answer, line.wire.shown(answer.complaint))
        raise RunDeniedError(str(error), delivered="yes")
    return False


def _warning(line: Line, patience: float) -> str:
    return (
        f"{line.where}: the sitemaster is not seen running within {patience:.0f} s, so the battery "
        "may be standing still. It is looked at again before anything else; if it stays so, "
        "restart the gateway by its own page or its breaker."
    )
