"""Sign-in and sign-out."""

from __future__ import annotations

import asyncio
import logging
import math
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from scheduler.outlets.web import form, people
from scheduler.outlets.web.address import is_here
from scheduler.outlets.web.entrance import SIGN_IN, Entrance
from scheduler.outlets.web.page import Desk, Page
from scheduler.outside import said

log = logging.getLogger(__name__)

SIGN_OUT: Final = "/sign-out"
_WRONG: Final = (
    "The name or the password is wrong. A new password is made on the machine by"
    " `tou web password NAME`."
)


def pages(entrance: Entrance) -> tuple[Page, ...]:
    """The addresses of the sign-in."""
    shown = partial(_show, entrance=entrance)
    sent = partial(_sign_in, entrance=entrance)
    out = partial(_sign_out, entrance=entrance)
    return (
        Page(SIGN_IN, shown, "The form of the sign-in, or who is signed in."),
        Page(SIGN_IN, sent, "Signs in, by a form with name, password, back.", methods=("POST",)),
        Page(SIGN_OUT, out, "Signs out.", methods=("POST",)),
    )


def _show(desk: Desk, request: Request, *, entrance: Entrance) -> Response:
    return _form(desk, request, entrance, back=_inside(request.query_params.get("back", "")))


def _form(
    desk: Desk, request: Request, entrance: Entrance, *, back: str, error: str = "", code: int = 200
) -> Response:
    session = entrance.session_of(request)
    plain = not entrance.secure and not is_here(request.headers.get("host", ""))
    facts = {"page": "", "back": back, "error": error, "session": session, "plain": plain}
    return desk.html("signin.html", facts, code)


async def _sign_in(desk: Desk, request: Request, *, entrance: Entrance) -> Response:
    sent = await form.read(request)
    name, back = form.text(sent, "name"), _inside(sent.get("back", ""))
    address = entrance.address_of(request)
    wait = entrance.attempts.wait(address)
    if wait > 0:
        return _later(desk, request, entrance, back, wait)
    entrance.attempts.begin(address)
    async with entrance.one:
        fits = await asyncio.to_thread(people.fits, entrance.people, name, sent.get("password", ""))
    if not fits:
        log.warning("a sign-in at the page with a wrong name or password, from %s", said(address))
        return _form(desk, request, entrance, back=back, error=_WRONG, code=403)
    entrance.attempts.succeeded(address)
    # Never a key that was there before: somebody else may have put it into this browser.
    entrance.sessions.end(entrance.key_of(request))
    key, _ = entrance.sessions.begin(name)
    log.info("%s signed in at the page, from %s", name, said(address))
    answer = RedirectResponse(back, 303)
    entrance.give(answer, key)
    return answer


def _later(desk: Desk, request: Request, entrance: Entrance, back: str, wait: float) -> Response:
    minutes = math.ceil(wait / 60)
    error = f"Too many wrong passwords. The next one is looked at in {minutes} min."
    answer = _form(desk, request, entrance, back=back, error=error, code=429)
    answer.headers["Retry-After"] = str(math.ceil(wait))
    return answer


async def _sign_out(_: Desk, request: Request, *, entrance: Entrance) -> Response:
    sent = await form.read(request)
    session = entrance.session_of(request)
    if session is not None:
        form.check(sent, session)
        entrance.sessions.end(entrance.key_of(request))
    answer = RedirectResponse(SIGN_IN, 303)
    entrance.take(answer)
    return answer


def _inside(back: str) -> str:
    """Where to go afterwards: a page of ours, and nowhere else."""
    if not back.startswith("/") or back.startswith(("//", SIGN_IN)) or "\\" in back:
        return "/"
    return back if back.isascii() and back.isprintable() else "/"
