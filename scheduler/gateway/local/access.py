"""Calls with the session they need: at most one login and one repeat, by the firmware that
answers.

Remembers which firmware that is, and what it has refused; says when a login is worth it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from scheduler.errors import GatewayError, GatewayRefusedError, GatewayUnreachableError
from scheduler.gateway.base import Capabilities, Identity, Steps
from scheduler.gateway.local import firmware as rules
from scheduler.gateway.local.answers import Answer, Call, Catalogue
from scheduler.gateway.local.login import Logins
from scheduler.gateway.local.session import Session
from scheduler.gateway.local.wire import Wire

STATUS: Final = Call("version", "GET", "/api/status")
COMMIT: Final = Call("commit", "GET", "/api/config/completed", changes=True, slow=True)
RESTART_SLACK: Final = 120.0

Note = Callable[[Answer], str | None]


@dataclass(frozen=True, slots=True)
class _Known:
    """The firmware as last asked; `booted` is when it came up, on our monotonic clock."""

    version: str | None
    booted: float | None

    @property
    def firmware(self) -> rules.Firmware | None:
        return rules.parse_version(self.version) if self.version else None

    def is_another(self, other: _Known) -> bool:
        """Whether the gateway restarted or changed its version in between."""
        if self.version != other.version:
            return True
        if self.booted is None or other.booted is None:
            return False
        return abs(self.booted - other.booted) > RESTART_SLACK


class Access:
    """The way from a call to an answer that is fine."""

    def __init__(
        self,
        *,
        wire: Wire,
        logins: Logins,
        catalogue: Catalogue,
        username: str,
        email: str,
        monotonic: Callable[[], float],
    ) -> None:
        self._wire = wire
        self._logins = logins
        self._catalogue = catalogue
        self._username, self._email = username, email
        self._monotonic = monotonic
        self._known: _Known | None = None
        self._stale = True
        self._forbidden: str | None = None
        self._unproven: Session | None = None
        """A session of ours that was not accepted for anything yet."""

    # The firmware

    async def identify(self, steps: Steps) -> Identity:
        """Firmware and uptime, asked for now."""
        answer = await self._ask_status(steps)
        if identity := rules.identity_of(answer.mapping()) if answer.fine else None:
            return identity
        raise self.garbled(STATUS, answer) if answer.fine else self._error(STATUS, answer)

    async def firmware(self, steps: Steps) -> rules.Firmware | None:
        """The firmware as known; asked for again once it may have changed."""
        if self._stale or self._known is None:
            answer = await self._ask_status(steps)
            # Powerwall 3 has no /api/status: it is a gateway without a version, not an error.
            if not answer.fine and answer.verdict not in (401, 403, 404):
                raise self._error(STATUS, answer)
        return self._known.firmware if self._known else None

    def expect_change(self) -> None:
        """The firmware is asked for again before it matters."""
        self._stale = True

    async def capabilities(self, steps: Steps) -> Capabilities:
        """What is allowed, by the firmware and by what it refused."""
        found = rules.capabilities_of(await self.firmware(steps), username=self._username)
        if self._forbidden is None or not found.can_write:
            return found
        return replace(found, can_write=False, why_not=self._forbidden)

    async def _ask_status(self, steps: Steps) -> Answer:
        answer = await self.send(STATUS, steps)
        if answer.fine and not isinstance(answer.data(), dict):
            raise self.garbled(STATUS, answer)
        if answer.fine or answer.verdict in (401, 403, 404):
            self._learn(rules.identity_of(answer.mapping()) if answer.fine else None)
        return answer

    def _learn(self, identity: Identity | None) -> None:
        uptime = identity.uptime_seconds if identity else None
        booted = None if uptime is None else self._monotonic() - uptime
        found = _Known(identity.version if identity else None, booted)
        if self._known and found.is_another(self._known):
            self._forbidden = None
        self._known, self._stale = found, False

    # Sessions

    def session(self) -> Session | None:
        """The session in hand."""
        return self._logins.session()

    def forget(self, session: Session) -> None:
        """Drop a session that no longer works; a restart may have ended it."""
        self._logins.forget(session)
        self._stale = True

    async def ready(self, steps: Steps) -> None:
        """Have a session in hand, working or not."""
        if self._logins.session() is None:
            await self.login(steps)

    async def login(self, steps: Steps) -> Session:
        """A new session, by the rules of the firmware that answers now."""
        form = rules.login_form(
            await self.firmware(steps), username=self._username, email=self._email
        )
        try:
            self._unproven = await self._logins.login(form, steps)
        except GatewayRefusedError as error:
            if "physical access" in str(error):
                self._forbidden = str(error)
            raise
        return self._unproven

    # Calls

    async def send(
        self,
        call: Call,
        steps: Steps,
        session: Session | None = None,
        note: Note | None = None,
    ) -> Answer:
        """One request, whatever the answer."""
        try:
            return await self._wire.send(call, steps, session, note=note)
        except GatewayUnreachableError:
            self._stale = True
            raise

    async def in_hand(self, call: Call, steps: Steps, note: Note | None = None) -> Answer | None:
        """The answer with a session in hand; None where none works. Sends no login."""
        answer = await self._with_sessions(call, steps, note)
        return None if answer and answer.denied else answer

    async def _with_sessions(self, call: Call, steps: Steps, note: Note | None) -> Answer | None:
        """The first answer that is not denied; the denied one of a session that was never
        accepted, since a login more would not help; None without a session."""
        while session := self._logins.session():
            answer = await self.send(call, steps, session, note)
            if not answer.denied:
                self._unproven = None
                self._logins.works()
                return answer
            if session == self._unproven:
                return answer
            self.forget(session)
        return None

    async def authorised(self, call: Call, steps: Steps, note: Note | None = None) -> Answer:
        """A fine answer to a call that needs a session; at most one login and one repeat."""
        answer = await self._with_sessions(call, steps, note)
        if answer is None:
            await self.login(steps)
            answer = await self._with_sessions(call, steps, note)
        if answer is None or answer.denied:
            raise self._denied(call, answer)
        if answer.verdict == 405 and call is COMMIT:
            return await self.authorised(replace(COMMIT, method="POST"), steps)
        return self.checked(call, answer)

    async def glance(self, call: Call, steps: Steps) -> Answer | None:
        """A fine answer to a read, or None where there is none without a login."""
        answer = None
        if rules.reads_are_open(await self.firmware(steps)):
            answer = await self.send(call, steps)
        if answer is None or answer.denied:
            answer = await self.in_hand(call, steps)
        return answer if answer and answer.fine else None

    async def read(self, call: Call, steps: Steps) -> Answer:
        """A fine answer to a read that is open to all before 20.49: there no login, which stops
        the battery, is risked for it."""
        if rules.reads_are_open(await self.firmware(steps)):
            answer = await self.send(call, steps)
            if not answer.denied:
                return self.checked(call, answer)
        return await self.authorised(call, steps)

    # Errors

    def checked(self, call: Call, answer: Answer) -> Answer:
        """The answer, if it is fine. Raises the GatewayError it stands for."""
        if answer.fine:
            return answer
        raise self._error(call, answer)

    def garbled(self, call: Call, answer: Answer) -> GatewayError:
        """The error of a body that is not what it should be."""
        return self._catalogue.garbled(call, self._wire.head(answer))

    def _error(self, call: Call, answer: Answer) -> GatewayError:
        return self._catalogue.error(call, answer, self._wire.complaint(answer))

    def _denied(self, call: Call, answer: Answer | None) -> GatewayError:
        error = self._error(call, answer or Answer(401))
        if call.step == "write" and answer and answer.verdict == 403:
            self._forbidden = str(error)
        else:
            self._logins.useless()
            if self._unproven:
                self.forget(self._unproven)
        return error
