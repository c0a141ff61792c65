"""The local gateway of a home battery, over its own REST API.

Puts together what its neighbours know: the wire, the logins, the sitemaster, the firmware. Only
this room and they know the protocol; nothing of theirs leaves it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from scheduler import clock
from scheduler.errors import GatewayError, GatewayRefusedError, GatewayUnreachableError
from scheduler.gateway.base import Capabilities, Glance, Identity, Observed, Steps, Update
from scheduler.gateway.local import bodies, pin
from scheduler.gateway.local.access import COMMIT, Access
from scheduler.gateway.local.answers import Answer, Call, Catalogue
from scheduler.gateway.local.careful import Forgiving, finish
from scheduler.gateway.local.login import GRACE, Logins
from scheduler.gateway.local.session import SessionFile
from scheduler.gateway.local.sitemaster import PATIENCE, RunDeniedError, Seen, Sitemaster
from scheduler.gateway.local.wire import NotSentError, Wire, real_transport
from scheduler.setting import Setting

if TYPE_CHECKING:
    import httpx

OPERATION: Final = Call("observe", "GET", "/api/operation")
CHARGE: Final = Call("charge", "GET", "/api/system_status/soe")
CHECK: Final = Call("check", "GET", "/api/system/update?force=true", changes=True)
POLL: Final = Call("poll", "GET", "/api/system/update/status")
INSTALL: Final = Call("install", "POST", "/api/system/update", changes=True)
SHORT_PATIENCE: Final = 10.0

Value = TypeVar("Value")

logger = logging.getLogger(__name__)


class LocalGateway:
    """One gateway and one login at it; see `base.Gateway` for what each method promises.

    Raises SettingsError when made of a URL that is not https, or without a paired certificate.
    """

    def __init__(
        self,
        *,
        url: str,
        username: str,
        email: str,
        password: str,
        fingerprint: str | None,
        certificate: Path | None,
        session_file: Path | None,
        pause: float,
        simulated: bool = False,
        name: str | None = None,
        now: Callable[[], datetime] = clock.now,
        monotonic: Callable[[], float] = clock.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        shown = pin.shown_address(url)
        trusted = pin.trusted_fingerprint(fingerprint, certificate)
        where = f"The gateway {shown}"
        catalogue = Catalogue(where=where, username=username)
        # The fingerprint tells devices apart: what was confirmed on one says nothing of the next.
        self._name = name or f"local {shown} ({trusted[:8]})"
        self._where = where
        self._simulated = simulated
        self._pause, self._now, self._sleep = pause, now, sleep
        self._turn = asyncio.Lock()
        self._file = SessionFile(session_file)
        self._wire = Wire(
            url=shown,
            where=where,
            transport=transport or real_transport(pin.pinned_context(trusted, where)),
            now=now,
            monotonic=monotonic,
            secrets=(password, email),
        )
        self._sitemaster = Sitemaster(
            wire=self._wire,
            file=self._file,
            catalogue=catalogue,
            monotonic=monotonic,
            sleep=sleep,
            pause=pause,
        )
        logins = Logins(
            wire=self._wire,
            sitemaster=self._sitemaster,
            file=self._file,
            catalogue=catalogue,
            bound=hashlib.sha256("\0".join((shown, username, trusted)).encode()).hexdigest(),
            username=username,
            password=password,
            now=now,
            sleep=sleep,
        )
        self._access = Access(
            wire=self._wire,
            logins=logins,
            catalogue=catalogue,
            username=username,
            email=email,
            monotonic=monotonic,
        )

    def __repr__(self) -> str:
        return f"<LocalGateway {self._name}>"

    @property
    def name(self) -> str:
        """What the audit calls it."""
        return self._name

    @property
    def simulated(self) -> bool:
        """Whether the built-in simulation stands behind it."""
        return self._simulated

    @property
    def owes_restart(self) -> bool:
        """Whether a login went out after which the sitemaster was not yet seen running."""
        return self._file.memory.owed_since is not None

    async def close(self) -> None:
        """Close the connections; the session stays stored."""
        await self._wire.close()

    async def identify(self, steps: Steps) -> Identity:
        """Firmware and uptime, asked for now."""
        async with self._turn:
            return await self._access.identify(steps)

    async def capabilities(self, steps: Steps) -> Capabilities:
        """What is allowed here, by the firmware and by what it refused."""
        async with self._turn:
            return await self._access.capabilities(steps)

    # Reading

    async def observe(self, steps: Steps, *, login: bool = True) -> Observed | None:
        """The setting in force, or None where `login` is False and no session works."""
        async with self._turn:
            if login:
                answer = await self._access.authorised(OPERATION, steps)
            elif (in_hand := await self._access.in_hand(OPERATION, steps)) is None:
                return None
            else:
                answer = self._access.checked(OPERATION, in_hand)
        return self._understood(OPERATION, answer, bodies.observed_of(answer.mapping()))

    async def charge(self, steps: Steps) -> float:
        """State of charge, app percent."""
        async with self._turn:
            answer = await self._access.read(CHARGE, steps)
        return self._understood(CHARGE, answer, bodies.charge_of(answer.mapping()))

    async def glance(self, steps: Steps) -> Glance:
        """What can be read without a login; never sends one, and changes nothing."""
        async with self._turn:
            charge = await self._access.glance(CHARGE, steps)
            setting = await self._access.in_hand(OPERATION, steps)
            seen = await self._sitemaster.look(steps, self._access.session())
        running = {Seen.RUNNING: True, Seen.DOWN: False}.get(seen)
        return Glance(
            session=setting is not None,
            running=running,
            charge=bodies.charge_of(charge.mapping()) if charge else None,
            observed=bodies.observed_of(setting.mapping()) if setting and setting.fine else None,
        )

    def _understood(self, call: Call, answer: Answer, value: Value | None) -> Value:
        if value is None:
            raise self._access.garbled(call, answer)
        return value

    # Writing

    async def write(self, setting: Setting, steps: Steps) -> None:
        """Send, commit, run and see running; one at a time."""
        async with self._turn:
            allowed = await self._access.capabilities(steps)
            if not allowed.can_write:
                raise GatewayRefusedError(f"{self._where} cannot be written to. {allowed.why_not}")
            await self._access.ready(steps)
            try:
                await self._send_setting(setting, allowed.commits, steps)
            except BaseException as first:
                await self._mend(first, steps)
                raise
            careful = Forgiving(steps)
            await finish(self._run_or_owe(careful))
            careful.raise_first()

    async def _send_setting(self, setting: Setting, times: int, steps: Steps) -> None:
        body = bodies.operation_body(setting, await self._access.firmware(steps))
        call = Call("write", "POST", OPERATION.path, body, changes=True)
        for _ in range(times):
            await self._access.authorised(
                call, steps, lambda answer: bodies.echo_note(body, answer.mapping())
            )
            await self._rest()
            await self._access.authorised(COMMIT, steps)
            await self._rest()

    async def _rest(self) -> None:
        if self._pause:
            await self._sleep(self._pause)

    async def _mend(self, first: BaseException, steps: Steps) -> None:
        """After a write that failed: the sitemaster runs all the same, or is owed."""
        if isinstance(first, NotSentError) and not self.owes_restart:
            return
        gone = isinstance(first, GatewayUnreachableError) and not self.owes_restart
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
            if self._access.session():
                await self._run_and_see(steps, patience)
            else:  # the session died on the way; to look may be enough, and costs no login
                await self._restore(steps)
        except GatewayError:
            if not self.owes_restart:
                self._file.keep(replace(self._file.memory, owed_since=self._now()))
            raise

    async def commit(self, steps: Steps) -> None:
        """The gateway's own commit."""
        async with self._turn:
            await self._access.authorised(COMMIT, steps)

    async def run_sitemaster(self, steps: Steps) -> None:
        """Run the sitemaster and see it running."""
        async with self._turn:
            await self._run_and_see(steps)

    async def _run_and_see(self, steps: Steps, patience: float = PATIENCE) -> None:
        while True:
            session = self._access.session()
            try:
                await self._sitemaster.bring_up(steps, session, patience=patience)
            except RunDeniedError:
                if session is None:
                    break
                self._access.forget(session)
            else:
                return
        session = await self._access.login(steps)
        await self._sitemaster.bring_up(steps, session, patience=patience)

    # Mending what a login left behind

    async def restore(self, steps: Steps) -> None:
        """See the sitemaster running, and run it where it is not."""
        async with self._turn:
            careful = Forgiving(steps)
            await finish(self._restore(careful))
            careful.raise_first()

    async def _restore(self, steps: Steps) -> None:
        session = self._access.session()
        seen = await self._sitemaster.look(steps, session)
        if seen is Seen.RUNNING and (wait := self._too_young()):
            await self._sleep(wait)
            seen = await self._sitemaster.look(steps, session)
        if seen is Seen.RUNNING:
            self._sitemaster.seen_running()
        elif seen is Seen.DOWN:
            await self._run_and_see(steps)
        elif seen is Seen.CLOSED:
            if session:
                self._access.forget(session)
            await self._access.login(steps)
        else:
            raise GatewayUnreachableError(
                f"{self._where} does not tell whether its sitemaster runs, so the battery may be "
                "standing still. It is looked at again before anything else."
            )

    def _too_young(self) -> float:
        """Seconds until a login's stop has surely arrived: it may still be under way when the
        process that logged in was killed a moment ago."""
        since = self._file.memory.owed_since
        if since is None:
            return 0.0
        age = self._now() - since
        return GRACE if age < timedelta(0) else max(0.0, GRACE - age.total_seconds())

    # Firmware updates

    async def start_update_check(self, steps: Steps) -> None:
        """Ask the gateway to look for an update now."""
        async with self._turn:
            await self._access.authorised(CHECK, steps)

    async def update(self, steps: Steps) -> Update:
        """Where the update stands."""
        async with self._turn:
            answer = await self._access.authorised(POLL, steps)
        return self._understood(POLL, answer, bodies.update_of(answer.mapping()))

    async def install_update(self, steps: Steps) -> None:
        """Install what is staged."""
        async with self._turn:
            await self._access.authorised(INSTALL, steps)
            self._access.expect_change()
