"""The local gateway of a home battery, over its own REST API.

Puts together what its neighbours know: the wire, the logins, the sitemaster, the firmware. Only
this room and they know the protocol; nothing of theirs leaves it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from scheduler.errors import GatewayError, GatewayRefusedError, GatewayUnreachableError
from scheduler.gateway.abilities import Identity, Update
from scheduler.gateway.base import SETTING_ONLY, Limits, Part, Reading, Receipt, Spend, Steps
from scheduler.gateway.careful import Forgiving, finish
from scheduler.gateway.exchange import Call
from scheduler.gateway.local import bodies
from scheduler.gateway.local.access import COMMIT, OPERATION, STOP, Access
from scheduler.gateway.local.details import details
from scheduler.gateway.local.firmware import commits_needed
from scheduler.gateway.local.line import Line
from scheduler.gateway.local.login import GRACE
from scheduler.gateway.local.reading import POLL, read_parts, understood
from scheduler.gateway.local.sitemaster import (
    PATIENCE,
    RunDeniedError,
    Seen,
    bring_up,
    look,
    see_down,
)
from scheduler.gateway.local.wire import NotSentError
from scheduler.setting import Setting

CHECK: Final = Call("check", "GET", "/api/system/update?force=true", changes=True)
INSTALL: Final = Call("install", "POST", "/api/system/update", changes=True)
LOGOUT: Final = Call("logout", "GET", "/api/logout", changes=True)
SHORT_PATIENCE: Final = 10.0

logger = logging.getLogger(__name__)


class LocalGateway:
    """One gateway and one login at it; see `base.Gateway` for what each method promises."""

    def __init__(self, line: Line, *, name: str | None = None, simulated: bool = False) -> None:
        # The fingerprint tells devices apart: what was confirmed on one says nothing of the next.
        self.name = name or f"local {line.wire.url} ({line.wire.trusted[:8]})"
        self.simulated = simulated
        self._turn = asyncio.Lock()
        self._seen_down = False
        self._line, self._where = line, line.where
        self._access = Access(line)

    def __repr__(self) -> str:
        return f"<LocalGateway {self.name}>"

    @property
    def limits(self) -> Limits:
        """What is allowed here, by the firmware and by what it refused."""
        return self._access.limits

    @property
    def unsafe(self) -> str | None:
        """Why the sitemaster must be seen running."""
        since = self._line.memory.owed_since
        if since is not None:
            return (
                f"{self._where}: the sitemaster was not seen running since {since:%Y-%m-%d %H:%M} "
                "UTC, so the battery may be standing still."
            )
        if self._seen_down:
            return f"{self._where}: the sitemaster is not running, so the battery stands still."
        return None

    @property
    def clock_ahead(self) -> float | None:
        """By the Date of its last answer."""
        return self._line.wire.clock_ahead

    async def close(self) -> None:
        """Close the connections; the session stays stored."""
        await self._line.wire.close()

    # Reading

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = SETTING_ONLY
    ) -> Reading:
        """What the gateway shows now; nothing is raised for a part that would cost a login."""
        async with self._turn:
            reading = await read_parts(self._access, steps, spend, want)
        if want & {Part.RUNNING, Part.HEALTH}:
            self._seen_down = reading.running is False
        return reading

    # Writing

    async def write_restarting(
        self, steps: Steps, setting: Setting, before: Reading | None
    ) -> Receipt:
        """As `write`, with the sitemaster stopped before it (8.4 d of the field notes)."""
        return await self.write(setting, before, steps, stop=True)

    async def write(
        self, setting: Setting, before: Reading | None, steps: Steps, *, stop: bool = False
    ) -> Receipt:
        """Send mode and reserve together, commit, run and see running; one at a time."""
        async with self._turn:
            firmware = await self._ready_to_write(steps)
            body = bodies.operation_body(setting, firmware)
            call = Call("write", "POST", OPERATION.path, body, changes=True)
            try:
                if stop:
                    await self._stop(steps)
                for _ in range(commits_needed(firmware)):
                    await self._access.call(
                        call, steps, lambda answer: bodies.echo_note(body, answer.mapping())
                    )
                    await self._line.rest()
                    await self._access.call(COMMIT, steps)
                    await self._line.rest()
            except BaseException as first:
                await self._mend_after(first, setting, steps)
                raise
            careful = Forgiving(steps)
            await finish(self._run_or_owe(careful))
            careful.raise_first()
        return Receipt(sent=("mode", "reserve"))

    async def _stop(self, steps: Steps) -> None:
        """Stop the sitemaster; that it must run again is on the disk before."""
        if not self._line.owe():
            raise GatewayRefusedError(
                f"The session file of {self._where} cannot be written, so its sitemaster is not "
                "stopped: after a crash nobody would know. Free space, or make its directory "
                "writable.",
                delivered="no",
            )
        await self._access.call(STOP, steps)
        await see_down(self._line, steps, self._line.session)

    async def _ready_to_write(self, steps: Steps) -> tuple[int, ...] | None:
        """The firmware, where it can be written to and a session is in hand."""
        try:
            firmware = await self._access.firmware(steps)
            allowed = self.limits
            if not allowed.can_write:
                raise GatewayRefusedError(
                    f"{self._where} cannot be written to. {allowed.why_not}", retry_after=300.0
                )
            await self._access.session(steps)
        except GatewayError as error:
            error.delivered = "no"
            raise
        return firmware

    async def _mend_after(self, first: BaseException, setting: Setting, steps: Steps) -> None:
        """After a write that failed: the sitemaster runs all the same, or is owed."""
        if isinstance(first, GatewayRefusedError) and "does not take this mode" in str(first):
            self._access.mode_refused(setting.mode)
        owes = self._line.memory.owed_since is not None
        if isinstance(first, NotSentError) and not owes:
            return
        gone = isinstance(first, GatewayUnreachableError) and not owes
        patience = SHORT_PATIENCE if gone else PATIENCE
        try:
            await finish(self._run_or_owe(Forgiving(steps), patience))
        except GatewayError as second:
            if isinstance(first, GatewayError) and str(second) != str(first):
                first.args = (f"{first} Then: {second}",)
            else:
                logger.warning("%s", second)

    async def _run_or_owe(self, steps: Steps, patience: float = PATIENCE) -> None:
        try:
            if self._line.session:
                await self._run_and_see(steps, patience)
            else:  # the session died on the way; to look may be enough, and costs no login
                await self._see_running(steps)
        except GatewayError:
            if self._line.memory.owed_since is None:
                self._line.owe()
            raise

    async def commit(self, steps: Steps) -> None:
        """The gateway's own commit."""
        async with self._turn:
            await self._access.call(COMMIT, steps)

    async def run_sitemaster(self, steps: Steps) -> None:
        """Run the sitemaster and see it running."""
        async with self._turn:
            await self._run_and_see(steps)

    async def _run_and_see(
        self, steps: Steps, patience: float = PATIENCE, *, down: bool = False
    ) -> None:
        while session := self._line.session:
            try:
                await bring_up(self._line, steps, session, patience=patience)
            except RunDeniedError:
                self._access.forget(session)
            else:
                self._seen_down = False
                return
        try:  # up to 1.18 no session is asked for
            await bring_up(self._line, steps, None, patience=patience)
        except RunDeniedError:
            session = await self._access.login(steps, down=down)
            await bring_up(self._line, steps, session, patience=patience)
        self._seen_down = False

    # Mending what a login left behind

    async def make_safe(self, steps: Steps) -> None:
        """See the sitemaster running, and run it where it is not."""
        async with self._turn:
            careful = Forgiving(steps)
            await finish(self._see_running(careful))
            careful.raise_first()

    async def _see_running(self, steps: Steps) -> None:
        session = self._line.session
        seen = await look(self._line, steps, session)
        if seen is Seen.RUNNING and (wait := self._too_young()):
            await self._line.sleep(wait)
            seen = await look(self._line, steps, session)
        if seen is Seen.RUNNING:
            self._line.owe_nothing()
            self._seen_down = False
        elif seen is Seen.DOWN:
            await self._run_and_see(steps, down=True)
        elif seen is Seen.CLOSED:
            self._access.forget(session)
            await self._access.login(steps)
        else:
            raise GatewayUnreachableError(
                f"{self._where} does not tell whether its sitemaster runs, so the battery may be "
                "standing still. It is looked at again before anything else.",
                delivered="no",
            )

    def _too_young(self) -> float:
        """Seconds until a login's stop has surely arrived: it may still be under way when the
        process that logged in was killed a moment ago."""
        since = self._line.memory.owed_since
        if since is None:
            return 0.0
        age = self._line.now() - since
        return GRACE if age < timedelta(0) else max(0.0, GRACE - age.total_seconds())

    # Firmware updates

    async def identify(self, steps: Steps) -> Identity:
        """Firmware and uptime, asked for now."""
        async with self._turn:
            return await self._access.identify(steps)

    async def describe(self, steps: Steps) -> Mapping[str, object]:
        """Every other read of the local API; no login that costs is sent for it."""
        async with self._turn:
            return await details(self._access, steps)

    async def log_out(self, steps: Steps) -> bool:
        """End the session in hand, at the gateway and on the disk; one that is dead there is
        forgotten."""
        async with self._turn:
            session = self._line.session
            if session is None:
                return False
            answer = await self._line.wire.send(LOGOUT, steps, session)
            if not answer.denied:
                self._access.checked(LOGOUT, answer)
            self._access.forget(session)
        return True

    async def start_update_check(self, steps: Steps) -> None:
        """Ask the gateway to look for an update now."""
        async with self._turn:
            await self._access.call(CHECK, steps)

    async def update(self, steps: Steps) -> Update:
        """Where the update stands."""
        async with self._turn:
            answer = await self._access.call(POLL, steps)
        return understood(self._access, POLL, answer, bodies.update_of(answer.mapping()))

    async def install_update(self, steps: Steps) -> None:
        """Install what is staged."""
        async with self._turn:
            await self._access.call(INSTALL, steps)
            self._access.expect_change()
