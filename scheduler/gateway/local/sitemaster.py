"""The gateway's own process that moves the battery: look at it, run it, see it running.

A login may stop it; nothing else here does. The mark of a restart that is owed is taken away here
and nowhere else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import Enum, auto
from typing import Final

from scheduler.errors import (
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Steps
from scheduler.gateway.local.answers import Call, Catalogue
from scheduler.gateway.local.session import Session, SessionFile
from scheduler.gateway.local.wire import Wire

LOOK: Final = Call("look", "GET", "/api/sitemaster")
RUN: Final = Call("run", "GET", "/api/sitemaster/run", changes=True)
PATIENCE: Final = 60.0
LOOK_FIRST, LOOK_MAX = 0.25, 1.0
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


class Sitemaster:
    """The sitemaster of one gateway."""

    def __init__(
        self,
        *,
        wire: Wire,
        file: SessionFile,
        catalogue: Catalogue,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        pause: float,
    ) -> None:
        self._wire = wire
        self._file = file
        self._catalogue = catalogue
        self._monotonic = monotonic
        self._sleep = sleep
        self._pause = pause

    def seen_running(self) -> None:
        """Take the mark away."""
        memory = self._file.memory
        if memory.owed_since:
            self._file.keep(replace(memory, owed_since=None))

    async def look(self, steps: Steps, session: Session | None) -> Seen:
        """Whether it runs. A dead session is refused even what is open to all, so without it
        once more."""
        seen = await self._look(steps, session)
        return await self._look(steps, None) if session and seen is Seen.CLOSED else seen

    async def _look(self, steps: Steps, session: Session | None) -> Seen:
        try:
            answer = await self._wire.send(LOOK, steps, session, urgent=True)
        except (GatewayUnreachableError, GatewayProtocolError):
            return Seen.UNKNOWN
        if answer.verdict in (401, 403, 404):
            return Seen.CLOSED
        running = answer.mapping().get("running") if answer.fine else None
        if isinstance(running, bool):
            return Seen.RUNNING if running else Seen.DOWN
        return Seen.UNKNOWN

    async def bring_up(
        self,
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
        seen_down = await self._until_running(steps, session, run_first, patience)
        if twice and not seen_down:
            if self._pause:
                await self._sleep(self._pause)
            await self._until_running(steps, session, False, patience)
        self.seen_running()

    async def _until_running(
        self, steps: Steps, session: Session | None, run: bool, patience: float
    ) -> bool:
        """Whether it was seen down on the way."""
        deadline, delay, next_run = self._monotonic() + patience, LOOK_FIRST, 0.0
        seen_down = False
        while True:
            if (run or seen_down) and self._monotonic() >= next_run:
                taken = await self._run(steps, session)
                next_run = self._monotonic() + (RUN_AGAIN_TAKEN if taken else RUN_AGAIN)
            seen = await self.look(steps, session)
            if seen is Seen.RUNNING:
                return seen_down
            if seen is Seen.DOWN and not run and not seen_down:
                seen_down = True
                continue
            seen_down = seen_down or seen is Seen.DOWN
            if self._monotonic() + delay > deadline:
                raise GatewayUnreachableError(self._warning(patience))
            await self._sleep(delay)
            delay = min(delay * 1.5, LOOK_MAX)

    async def _run(self, steps: Steps, session: Session | None) -> bool:
        """Whether the gateway took it."""
        for call in (RUN, replace(RUN, method="POST")):
            try:
                answer = await self._wire.send(call, steps, session, urgent=True)
            except (GatewayUnreachableError, GatewayProtocolError):
                return False
            if answer.fine:
                return True
            if answer.verdict != 405:
                break
        if answer.denied:
            error = self._catalogue.error(call, answer, self._wire.complaint(answer))
            raise RunDeniedError(str(error))
        return False

    def _warning(self, patience: float) -> str:
        return (
            f"{self._catalogue.where}: the sitemaster is not seen running within {patience:.0f} s, "
            "so the battery may be standing still. It is looked at again before anything else; if "
            "it stays so, restart the gateway by its own page or its breaker."
        )
