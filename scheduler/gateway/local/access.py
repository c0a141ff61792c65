"""Calls with the session they need, by the firmware that answers.

Remembers which firmware that is, and what it has refused; says when a login is worth it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from scheduler.errors import GatewayError, GatewayProtocolError, GatewayRefusedError
from scheduler.gateway.abilities import Identity
from scheduler.gateway.base import Limits, Steps
from scheduler.gateway.exchange import Call, Note
from scheduler.gateway.local import firmware as rules
from scheduler.gateway.local.answers import STATUS, Answer
from scheduler.gateway.local.line import Line
from scheduler.gateway.local.login import MOST, log_in
from scheduler.gateway.local.session import Session
from scheduler.setting import Mode

OPERATION: Final = Call("observe", "GET", "/api/operation")
COMMIT: Final = Call("commit", "GET", "/api/config/completed", changes=True, slow=True)
STOP: Final = Call("stop", "GET", "/api/sitemaster/stop", changes=True)
RESTART_SLACK: Final = 120.0
# How long a write that this login may not do is not tried again, and an odd answer is let pass.
FORBIDDEN_SECONDS: Final = 300.0
AGAIN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Known:
    """The firmware as last asked; `booted` is when it came up, on our monotonic clock."""

    version: str | None
    firmware: rules.Firmware | None
    booted: float | None
    breaks: int
    """The wire's count of failures when it was asked."""

    def is_another(self, other: _Known) -> bool:
        """Whether the gateway restarted or changed its version in between."""
        if self.version != other.version:
            return True
        if self.booted is None or other.booted is None:
            return False
        return abs(self.booted - other.booted) > RESTART_SLACK


class Access:
    """The way from a call to an answer that is fine."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._known: _Known | None = None
        self._stale = True
        self._forbidden: tuple[str, float] | None = None
        """Why this login may not write, and until when that is believed."""
        self._modes_refused: frozenset[Mode] = frozenset()
        self._fresh: Session | None = None
        """A session of ours that was not accepted for anything yet."""

    @property
    def limits(self) -> Limits:
        """What is allowed, by the firmware and by what it refused."""
        if self._known is None:
            return rules.limits_unasked(self.line.username)
        found = rules.limits_of(self._known.firmware, username=self.line.username)
        if self._modes_refused:
            found = replace(found, modes=found.modes - self._modes_refused)
        if self._forbidden and self.line.monotonic() >= self._forbidden[1]:
            self._forbidden = None
        if self._forbidden is None or not found.can_write:
            return found
        return replace(found, can_write=False, why_not=self._forbidden[0])

    def expect_change(self) -> None:
        """The firmware is asked for again before it matters."""
        self._stale = True

    def mode_refused(self, mode: Mode) -> None:
        """This firmware does not take a mode; believed until it restarts."""
        self._modes_refused |= {mode}

    # The firmware

    async def identify(self, steps: Steps) -> Identity:
        """Firmware and uptime, asked for now."""
        answer = await self.line.wire.send(STATUS, steps)
        identity = rules.identity_of(answer.mapping()) if answer.fine else None
        if identity is None:
            raise self.garbled(STATUS, answer) if answer.fine else self.error(STATUS, answer)
        self._learn(identity)
        return identity

    async def firmware(self, steps: Steps) -> rules.Firmware | None:
        """The firmware as known; asked for again once it may have changed.

        That it has none, as a Powerwall 3 does not tell it, is believed of the same answer twice:
        one odd answer is no verdict.
        """
        known = self._known
        if known and not self._stale and known.breaks == self.line.wire.breaks:
            return known.firmware
        answers: list[Answer] = []
        for _ in range(2):
            if answers:
                await self.line.sleep(AGAIN_SECONDS)
            answers.append(await self.line.wire.send(STATUS, steps))
            identity = rules.identity_of(answers[-1].mapping()) if answers[-1].fine else None
            if identity and rules.parse_version(identity.version):
                self._learn(identity)
                return rules.parse_version(identity.version)
        if answers[-1].verdict != answers[0].verdict or answers[-1].verdict not in (401, 403, 404):
            raise self._odd_status(answers[-1])
        self._learn(None)
        return None

    def _odd_status(self, answer: Answer) -> GatewayError:
        error = self.garbled(STATUS, answer) if answer.fine else self.error(STATUS, answer)
        if not isinstance(error, GatewayRefusedError):
            return error
        return GatewayProtocolError(str(error), delivered="yes")

    def _learn(self, identity: Identity | None) -> None:
        uptime = identity.uptime_seconds if identity else None
        found = _Known(
            version=identity.version if identity else None,
            firmware=rules.parse_version(identity.version) if identity else None,
            booted=None if uptime is None else self.line.monotonic() - uptime,
            breaks=self.line.wire.breaks,
        )
        if self._known and found.is_another(self._known):
            self._forbidden, self._modes_refused = None, frozenset()
        # Nothing that was told is believed for long: a passing 404 must not outlive its cause.
        self._known, self._stale = found, found.firmware is None

    # Sessions and calls

    async def login(self, steps: Steps, *, down: bool = False) -> Session:
        """A new session, by the rules of the firmware that answers now."""
        form = rules.login_form(
            await self.firmware(steps), username=self.line.username, email=self.line.email
        )
        try:
            self._fresh = await log_in(self.line, form, steps, down=down)
        except GatewayRefusedError as error:
            if "physical access" in str(error):
                self._forbid(str(error))
            raise
        return self._fresh

    async def session(self, steps: Steps, *, down: bool = False) -> Session:
        """A session in hand, working or not."""
        return self.line.session or await self.login(steps, down=down)

    def forget(self, session: Session | None) -> None:
        """Drop a session that no longer works; a restart may have ended it."""
        self.line.forget(session)
        self._stale = True

    async def in_hand(self, call: Call, steps: Steps) -> Answer | None:
        """The answer with a session in hand; None where none works. Sends no login."""
        while session := self.line.session:
            answer = await self.line.wire.send(call, steps, session)
            if not answer.denied:
                self._works()
                return answer
            self.forget(session)
        return None

    async def call(self, call: Call, steps: Steps, note: Note[Answer] | None = None) -> Answer:
        """A fine answer to a call that needs a session. A session that dies is replaced, and is
        no refusal; that is what a living one is denied, or a second fresh one."""
        logins = 0
        while True:
            session = self.line.session
            if session is None:
                session, logins = await self.login(steps), logins + 1
            answer = await self.line.wire.send(call, steps, session, note=note)
            if not answer.denied:
                self._works()
                break
            if session == self._fresh and await self._lives(session, call, steps):
                raise self._role_denied(call, answer)
            self.forget(session)
            if logins == MOST:
                raise self._useless(call, answer)
        if answer.verdict == 405 and (other := _other_verb(call)):
            return await self.call(other, steps, note)
        return self.checked(call, answer)

    async def read(self, call: Call, steps: Steps) -> Answer:
        """A fine answer to a read that is open to all before 20.49: there no login, which stops
        the battery, is risked for it."""
        answer = await self._open_read(call, steps)
        return await self.call(call, steps) if answer is None else self.checked(call, answer)

    async def free(self, call: Call, steps: Steps, *, opened: bool = False) -> Answer | None:
        """The answer to a read, or None where there is none without a login that costs. `opened`:
        it may be open to all."""
        answer = await self._open_read(call, steps) if opened else None
        answer = answer or await self.in_hand(call, steps)
        if answer or (await self._login_costs(steps)):
            return answer
        try:
            return await self.call(call, steps)
        except GatewayRefusedError:
            return None

    async def _open_read(self, call: Call, steps: Steps) -> Answer | None:
        if not rules.reads_are_open(await self.firmware(steps)):
            return None
        answer = await self.line.wire.send(call, steps)
        return None if answer.denied else answer

    async def _login_costs(self, steps: Steps) -> bool:
        """Whether a login would stop the battery, or wait for a hand on a switch."""
        firmware, username = await self.firmware(steps), self.line.username
        harmless = not rules.login_form(firmware, username=username, email="").stops
        return not (harmless and username in rules.READ_ONLY_ROLES)

    def _works(self) -> None:
        self._fresh = None
        self.line.works()

    async def _lives(self, session: Session, call: Call, steps: Steps) -> bool:
        """Whether a session that was denied one call is accepted for another."""
        if call.path == OPERATION.path and call.method == OPERATION.method:
            return False
        return not (await self.line.wire.send(OPERATION, steps, session)).denied

    # Errors

    def checked(self, call: Call, answer: Answer) -> Answer:
        """The answer, if it is fine. Raises the GatewayError it stands for."""
        if answer.fine:
            return answer
        raise self.error(call, answer)

    def error(self, call: Call, answer: Answer) -> GatewayError:
        """The error that an answer stands for."""
        error = self.line.says.error(call, answer, self.line.wire.shown(answer.complaint))
        error.delivered = "yes"
        return error

    def garbled(self, call: Call, answer: Answer) -> GatewayError:
        """The error of a body that is not what it should be."""
        error = self.line.says.garbled(call, self.line.wire.shown(answer.body, 120))
        error.delivered = "yes"
        return error

    def _role_denied(self, call: Call, answer: Answer) -> GatewayError:
        self._works()
        error = self.error(call, answer)
        error.retry_after = FORBIDDEN_SECONDS
        if call.step == "write":
            self._forbid(str(error))
        return error

    def _useless(self, call: Call, answer: Answer) -> GatewayError:
        """Two fresh sessions in a row were denied; to log in again at once would not help."""
        self.line.refused("work")
        error = self.error(call, answer)
        refusal = self.line.memory.refusal
        error.retry_after = refusal.left(self.line.now(), down=False) if refusal else None
        return error

    def _forbid(self, why: str) -> None:
        self._forbidden = (why, self.line.monotonic() + FORBIDDEN_SECONDS)


def _other_verb(call: Call) -> Call | None:
    """The verb that a later firmware takes in place of the first (8.1 of the field notes)."""
    if call is COMMIT:
        return replace(COMMIT, method="POST")
    return replace(STOP, method="POST", body={"force": True}) if call is STOP else None
