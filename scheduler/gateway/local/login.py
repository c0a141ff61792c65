"""Logging in to a gateway: when it may be tried, and what must follow it.

Every login that went out is followed by the sitemaster seen running, whatever came back. The mark
of it is on the disk before the request is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayIdentityError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Steps
from scheduler.gateway.local.answers import LOGIN, Answer, Call, Catalogue
from scheduler.gateway.local.careful import Forgiving, finish
from scheduler.gateway.local.firmware import LoginForm
from scheduler.gateway.local.session import (
    Refusal,
    Session,
    SessionFile,
    digest_of,
    make_session,
    next_limit,
    next_refusal,
)
from scheduler.gateway.local.sitemaster import RunDeniedError, Seen, Sitemaster
from scheduler.gateway.local.wire import NotSentError, Wire

GRID: Final = Call("grid", "GET", "/api/system_status/grid_status")
CONNECTED: Final = "SystemGridConnected"
OFF_GRID_SECONDS: Final = 60.0
STANDS: Final = "The sitemaster is not running, so the battery stands still."
MAY_STAND: Final = "The sitemaster was not seen running, so the battery may be standing still."
# A stop takes up to 2 s to be seen (8.3 of the field notes: getsamples.sh waits 2 s).
GRACE: Final = 3.0


class LostLoginError(GatewayUnreachableError):
    """A login went out and its answer is lost."""


class Logins:
    """The sessions of one login at one gateway."""

    def __init__(
        self,
        *,
        wire: Wire,
        sitemaster: Sitemaster,
        file: SessionFile,
        catalogue: Catalogue,
        bound: str,
        username: str,
        password: str,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._wire = wire
        self._sitemaster = sitemaster
        self._file = file
        self._catalogue = catalogue
        self._bound = bound
        self._username = username
        self._password = password
        self._now = now
        self._sleep = sleep
        self._digests: dict[str, str] = {}

    def session(self) -> Session | None:
        """The session in hand; another process may have stored a newer one."""
        memory = self._file.memory
        return memory.session if memory.bound == self._bound else None

    def forget(self, session: Session) -> None:
        """Drop a session that no longer works, unless it was replaced meanwhile."""
        memory = self._file.memory
        if memory.session == session:
            self._file.keep(replace(memory, session=None))

    def works(self) -> None:
        """The session was accepted for work, so earlier refusals no longer count."""
        memory = self._file.memory
        if memory.refusal or memory.limit:
            self._file.keep(replace(memory, refusal=None, limit=None))

    def useless(self) -> None:
        """A fresh session was refused its work; to log in again at once would not help."""
        self._refused()

    async def login(self, form: LoginForm, steps: Steps) -> Session:
        """A new session; the sitemaster was seen running after it.

        Raises GatewayRefusedError and GatewayBusyError, without a request, while a wait runs.
        """
        self._check()
        if form.stops:
            await self._check_grid(steps)
        await steps.settled()
        careful = Forgiving(steps)
        session = await finish(self._login(form, careful))
        careful.raise_first()
        return session

    def _check(self) -> None:
        where, memory, now = self._catalogue.where, self._file.memory, self._now()
        if not self._password:
            raise GatewayRefusedError(
                f"No password for {where} is set. Put it into TOU_GATEWAY_PASSWORD or the "
                "credential gateway_password."
            )
        self._wire.heed_wait(LOGIN)
        if memory.limit and now < memory.limit.until:
            wait = (memory.limit.until - now).total_seconds()
            raise GatewayBusyError(
                f"{where} asked for no more logins until {_clock(memory.limit.until)}. Other "
                "programs that log in make this worse.",
                retry_after=wait,
            )
        if memory.refusal and now < memory.refusal.until and self._same(memory.refusal):
            raise GatewayRefusedError(
                f"{where} refused this login at {_clock(memory.refusal.at)}; it is not sent again "
                f"before {_clock(memory.refusal.until)}. Correct TOU_GATEWAY_USERNAME or "
                "TOU_GATEWAY_PASSWORD, which are then tried at once, or set the password anew on "
                "the gateway's page."
            )

    def _credentials(self) -> tuple[str, ...]:
        return (self._bound, self._username, self._password)

    def _same(self, refusal: Refusal) -> bool:
        if refusal.salt not in self._digests:
            self._digests = {refusal.salt: digest_of(refusal.salt, *self._credentials())}
        return self._digests[refusal.salt] == refusal.digest

    def _refused(self) -> None:
        memory = self._file.memory
        refusal = next_refusal(self._now(), memory.refusal, *self._credentials())
        self._file.keep(replace(memory, refusal=refusal))

    async def _check_grid(self, steps: Steps) -> None:
        """Off grid the battery carries the house, and a login would stop it."""
        try:
            answer = await self._wire.send(GRID, steps)
        except (GatewayBusyError, GatewayProtocolError):
            return
        status = answer.mapping().get("grid_status") if answer.fine else None
        if isinstance(status, str) and status != CONNECTED:
            raise GatewayBusyError(
                f"{self._catalogue.where}: the house is off grid ({status[:40]}), and a login "
                "would stop the battery. It is tried again when the grid is back.",
                retry_after=OFF_GRID_SECONDS,
            )

    async def _login(self, form: LoginForm, steps: Steps) -> Session:
        before = self._file.memory
        self._owe(form)
        try:
            session = await self._ask(form, steps)
        except (NotSentError, GatewayIdentityError):
            self._file.keep(replace(self._file.memory, owed_since=before.owed_since))
            raise
        except LostLoginError as lost:
            session = await self._after_lost(form, steps, lost)
        except GatewayError as error:
            await self._after_refusal(form, steps, error)
            raise
        self._file.keep(replace(self._file.memory, bound=self._bound, session=session))
        await self._after_login(form, steps, session)
        return session

    def _owe(self, form: LoginForm) -> None:
        before = self._file.memory
        if self._file.keep(replace(before, owed_since=self._now())) or not form.stops:
            return
        self._file.keep(before)
        raise GatewayRefusedError(
            f"The session file of {self._catalogue.where} cannot be written, so no login is sent: "
            "it stops the battery, and after a crash nobody would know. Make its directory "
            "writable, or free space."
        )

    async def _ask(self, form: LoginForm, steps: Steps) -> Session:
        call = replace(LOGIN, body=form.body(self._password))
        try:
            answer = await self._wire.send(call, steps, urgent=True)
        except (NotSentError, GatewayIdentityError):
            raise
        except GatewayError as error:
            raise LostLoginError(str(error)) from None
        if not answer.fine:
            raise self._not_accepted(answer)
        if session := _session_of(answer):
            self._wire.hide(session)
            return session
        raise LostLoginError(
            f"{self._catalogue.where} answers the login with something that is not understood. "
            "Check that TOU_GATEWAY_URL is the gateway; it is tried again."
        )

    def _not_accepted(self, answer: Answer) -> GatewayError:
        if answer.denied:
            self._refused()
        if answer.verdict == 429:
            memory = self._file.memory
            limit = next_limit(self._now(), memory.limit, answer.asked)
            self._file.keep(replace(memory, limit=limit))
            wait = (limit.until - self._now()).total_seconds()
            answer = replace(answer, retry_after=wait)
        return self._catalogue.login_error(answer, self._wire.complaint(answer))

    async def _after_login(self, form: LoginForm, steps: Steps, session: Session) -> None:
        if form.stops:
            try:
                await self._sitemaster.bring_up(steps, session, twice=True)
            except RunDeniedError as error:
                error.args = (f"{error} {MAY_STAND}",)
                raise
            return
        seen = await self._sitemaster.look(steps, session)
        if seen in (Seen.RUNNING, Seen.CLOSED):
            self._sitemaster.seen_running()
            return
        await self._sitemaster.bring_up(steps, session, run_first=False)

    async def _after_refusal(self, form: LoginForm, steps: Steps, error: GatewayError) -> None:
        seen = await self._sitemaster.look(steps, None)
        if seen is Seen.RUNNING or (seen is Seen.CLOSED and not form.stops):
            self._sitemaster.seen_running()
        elif seen is Seen.DOWN and not await self._run_without_session(steps):
            error.args = (f"{error} {STANDS}",)

    async def _after_lost(self, form: LoginForm, steps: Steps, lost: LostLoginError) -> Session:
        """A session of one more login, where that is the only way to run the sitemaster."""
        seen = await self._sitemaster.look(steps, None)
        if seen is Seen.RUNNING and form.stops:
            await self._sleep(GRACE)
            seen = await self._sitemaster.look(steps, None)
        if seen is Seen.RUNNING or (seen is Seen.CLOSED and not form.stops):
            self._sitemaster.seen_running()
            raise lost
        if seen is not Seen.DOWN or await self._run_without_session(steps):
            raise lost
        try:
            return await self._ask(form, steps)
        except GatewayError as error:
            error.args = (f"{error} {STANDS}",)
            raise

    async def _run_without_session(self, steps: Steps) -> bool:
        """Whether it runs again; up to 1.18 no session is asked for."""
        try:
            await self._sitemaster.bring_up(steps, None)
        except RunDeniedError:
            return False
        return True


def _session_of(answer: Answer) -> Session | None:
    token = answer.mapping().get("token")
    return make_session(token, answer.cookies) or make_session(
        dict(answer.cookies).get("AuthCookie"), answer.cookies
    )


def _clock(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
