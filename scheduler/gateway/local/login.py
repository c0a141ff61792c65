"""Logging in to a gateway: when it may be tried, and what must follow it.

Every login that went out is followed by the sitemaster seen running, whatever came back. The mark
of it is on the disk before the request is.
"""

from __future__ import annotations

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
from scheduler.gateway.careful import Forgiving, finish
from scheduler.gateway.exchange import Call
from scheduler.gateway.local.answers import LOGIN, STATUS, Answer
from scheduler.gateway.local.bodies import grid_of
from scheduler.gateway.local.firmware import LoginForm, identity_of
from scheduler.gateway.local.line import Line
from scheduler.gateway.local.session import Session, make_session, next_limit
from scheduler.gateway.local.sitemaster import RunDeniedError, Seen, bring_up, look
from scheduler.gateway.local.wire import NotSentError

GRID: Final = Call("grid", "GET", "/api/system_status/grid_status")
OFF_GRID_SECONDS: Final = 60.0
STANDS: Final = "The sitemaster is not running, so the battery stands still."
MAY_STAND: Final = "The sitemaster was not seen running, so the battery may be standing still."
# A stop takes up to 2 s to be seen (8.3 of the field notes: getsamples.sh waits 2 s).
GRACE: Final = 3.0
MOST: Final = 2
"""Logins for one call: a session may die at once, by a restart; two that do are a refusal."""


class LostLoginError(GatewayUnreachableError):
    """A login went out and its answer is lost."""


async def log_in(line: Line, form: LoginForm, steps: Steps, *, down: bool = False) -> Session:
    """A new session; the sitemaster was seen running after it. `down`: the battery was seen
    standing still, and this is to run it.

    Raises GatewayRefusedError and GatewayBusyError, without a request, while a wait runs.
    """
    _heed_waits(line, down=down)
    if form.stops and not down:
        await _check_grid(line, steps)
    await steps.settled()
    careful = Forgiving(steps)
    session = await finish(_until_it_runs(line, form, careful, again=not down))
    careful.raise_first()
    return session


def _heed_waits(line: Line, *, down: bool) -> None:
    memory, now = line.memory, line.now()
    if not line.password:
        raise GatewayRefusedError(
            f"No password for {line.where} is set. Put it into TOU_GATEWAY_PASSWORD or the "
            "credential gateway_password.",
            delivered="no",
        )
    line.wire.heed_wait(LOGIN)
    if memory.limit and now < memory.limit.until:
        raise GatewayBusyError(
            f"{line.where} asked for no more logins until {_clock(memory.limit.until)}. Other "
            "programs that log in make this worse.",
            retry_after=(memory.limit.until - now).total_seconds(),
            delivered="no",
        )
    refusal = memory.refusal
    left = refusal.left(now, down=down) if refusal else 0.0
    if refusal is None or left <= 0 or not line.same(refusal):
        return
    what = "this login" if refusal.kind == "password" else "the work of a session of this login"
    raise GatewayRefusedError(
        f"{line.where} refused {what} at {_clock(refusal.at)}; it is not sent again before "
        f"{_clock(refusal.until)}. Correct TOU_GATEWAY_USERNAME or TOU_GATEWAY_PASSWORD, which "
        "are then tried at once, or set the password anew on the gateway's page.",
        retry_after=left,
        delivered="no",
    )


async def _check_grid(line: Line, steps: Steps) -> None:
    """Off grid the battery carries the house, and a login would stop it."""
    try:
        answer = await line.wire.send(GRID, steps)
    except (GatewayBusyError, GatewayProtocolError):
        return
    if answer.fine and grid_of(answer.mapping()) is False:
        word = line.wire.shown(answer.mapping().get("grid_status"), 40)
        raise GatewayBusyError(
            f"{line.where}: the house is off grid ({word}), and a login would stop the battery. "
            "It is tried again when the grid is back.",
            retry_after=OFF_GRID_SECONDS,
            delivered="no",
        )


async def _until_it_runs(line: Line, form: LoginForm, steps: Steps, *, again: bool) -> Session:
    """A session that dies before it has run the sitemaster is replaced once."""
    for attempt in range(1, MOST + 1):
        began = line.monotonic()
        session = await _new_session(line, form, steps, again=again)
        line.keep(session)
        try:
            await _after_login(line, form, steps, session)
        except RunDeniedError as error:
            line.forget(session)
            if attempt == MOST:
                raise await _why_denied(line, steps, error, began) from None
        else:
            return session
    raise AssertionError("unreachable")


async def _why_denied(line: Line, steps: Steps, denied: GatewayError, began: float) -> GatewayError:
    """A gateway that came up after the login took its session with it, and refuses nobody."""
    if await _restarted(line, steps, began):
        return GatewayUnreachableError(
            f"{line.where} restarted and lost the session. {MAY_STAND} It is tried again.",
            delivered="yes",
        )
    denied.args = (f"{denied} {MAY_STAND}",)
    return denied


async def _restarted(line: Line, steps: Steps, began: float) -> bool:
    """Whether the gateway is up for less long than since then, by its own word."""
    try:
        answer = await line.wire.send(STATUS, steps, urgent=True)
    except GatewayError:
        return False
    identity = identity_of(answer.mapping()) if answer.fine else None
    uptime = identity.uptime_seconds if identity else None
    return uptime is not None and uptime < line.monotonic() - began


async def _new_session(line: Line, form: LoginForm, steps: Steps, *, again: bool) -> Session:
    before = line.memory.owed_since
    _owe(line, form, before)
    try:
        return await _ask(line, form, steps)
    except (NotSentError, GatewayIdentityError):
        line.owe_nothing(before)
        raise
    except LostLoginError as lost:
        return await _after_lost(line, form, steps, lost, again=again)
    except GatewayError as error:
        await _after_refusal(line, form, steps, error)
        raise


def _owe(line: Line, form: LoginForm, before: datetime | None) -> None:
    if line.owe() or not form.stops:
        return
    line.owe_nothing(before)
    raise GatewayRefusedError(
        f"The session file of {line.where} cannot be written, so no login is sent: it stops the "
        "battery, and after a crash nobody would know. Make its directory writable, or free "
        "space.",
        retry_after=60.0,
        delivered="no",
    )


async def _ask(line: Line, form: LoginForm, steps: Steps) -> Session:
    call = replace(LOGIN, body=form.body(line.password))
    try:
        answer = await line.wire.send(call, steps, urgent=True)
    except (NotSentError, GatewayIdentityError):
        raise
    except GatewayError as error:
        raise LostLoginError(str(error)) from None
    if not answer.fine:
        raise _not_accepted(line, answer)
    if session := _session_of(answer):
        line.wire.hide(session)
        return session
    raise LostLoginError(
        f"{line.where} answers the login with something that is not understood. Check that "
        "TOU_GATEWAY_URL is the gateway; it is tried again."
    )


def _not_accepted(line: Line, answer: Answer) -> GatewayError:
    wait = None
    if answer.denied:
        line.refused("password")
        refusal = line.memory.refusal
        wait = refusal.left(line.now(), down=False) if refusal else None
    if answer.verdict == 429:
        memory = line.memory
        limit = next_limit(line.now(), memory.limit, answer.asked)
        line.file.keep(replace(memory, limit=limit))
        wait = (limit.until - line.now()).total_seconds()
        answer = replace(answer, retry_after=wait)
    error = line.says.login_error(answer, line.wire.shown(answer.complaint))
    error.delivered, error.retry_after = "yes", wait or error.retry_after
    return error


async def _after_login(line: Line, form: LoginForm, steps: Steps, session: Session) -> None:
    if form.stops:
        await bring_up(line, steps, session, twice=True)
        return
    seen = await look(line, steps, session)
    if seen in (Seen.RUNNING, Seen.CLOSED):
        line.owe_nothing()
        return
    await bring_up(line, steps, session, run_first=False)


async def _after_refusal(line: Line, form: LoginForm, steps: Steps, error: GatewayError) -> None:
    seen = await look(line, steps, None)
    if seen is Seen.RUNNING or (seen is Seen.CLOSED and not form.stops):
        line.owe_nothing()
    elif seen is Seen.DOWN and not await _run_without_session(line, steps):
        error.args = (f"{error} {STANDS}",)


async def _after_lost(
    line: Line, form: LoginForm, steps: Steps, lost: LostLoginError, *, again: bool
) -> Session:
    """A session of one more login, where that is the only way to run the sitemaster and it was
    running before: a login of which the answer is lost once more is the affair of a back-off."""
    seen = await look(line, steps, None)
    if seen is Seen.RUNNING and form.stops:
        await line.sleep(GRACE)
        seen = await look(line, steps, None)
    if seen is Seen.RUNNING or (seen is Seen.CLOSED and not form.stops):
        line.owe_nothing()
        raise lost
    if seen is not Seen.DOWN or await _run_without_session(line, steps):
        raise lost
    if not again:
        lost.args = (f"{lost} {STANDS}",)
        raise lost
    try:
        return await _ask(line, form, steps)
    except GatewayError as error:
        error.args = (f"{error} {STANDS}",)
        raise


async def _run_without_session(line: Line, steps: Steps) -> bool:
    """Whether it runs again; up to 1.18 no session is asked for."""
    try:
        await bring_up(line, steps, None)
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
