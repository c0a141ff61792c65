"""The way in: who is signed in, by a cookie, and what is shut to those who are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from scheduler import clock
from scheduler.outlets.web.address import Reach
from scheduler.outlets.web.attempts import Attempts
from scheduler.outlets.web.guests import ABSOLUTE, Guest, Guests
from scheduler.outlets.web.people import People

SIGN_IN: Final = "/sign-in"
_OPEN: Final = frozenset({SIGN_IN, "/style.css", "/icon.svg"})
_FOR_MACHINES: Final = (".json", ".csv", "/healthz", "/readyz", "/metrics")

Act = Callable[[str, Mapping[str, Any]], Iterator[Mapping[str, Any]]]
"""Asks the service for an act, and hears what it says while it acts."""


def _no_act(_: str, __: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who may come in, and what for."""

    people: People = field(default_factory=dict, repr=False)
    acts: bool = False
    reach: Reach = field(default_factory=Reach)
    proxy: str | None = None
    """Whose word for who is behind it is taken."""
    act: Act = _no_act
    sessions: Guests = field(default_factory=lambda: Guests(clock.monotonic))
    attempts: Attempts = field(default_factory=lambda: Attempts(clock.monotonic))
    one: asyncio.Lock = field(default_factory=asyncio.Lock)
    """A check of a password takes 64 MiB and a tenth of a second: one at a time."""

    @property
    def signs_in(self) -> bool:
        """Whether there is anything to sign in for."""
        return bool(self.people) and (self.acts or self.reach.closed)

    @property
    def secure(self) -> bool:
        """Whether browsers come by TLS."""
        return (self.reach.url or "").startswith("https:")

    @property
    def cookie(self) -> str:
        """The cookie's name; a browser lets nobody but this very host set one with the prefix."""
        return "__Host-tou" if self.secure else "tou"

    def key_of(self, request: Request) -> str | None:
        """What the browser shows."""
        return request.cookies.get(self.cookie)

    def session_of(self, request: Request) -> Guest | None:
        """Who asks."""
        return self.sessions.find(self.key_of(request))

    def give(self, response: Response, key: str) -> None:
        """Hand out the key of a session."""
        response.set_cookie(
            self.cookie,
            key,
            max_age=int(ABSOLUTE),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="strict",
        )

    def take(self, response: Response) -> None:
        """Have the browser forget it."""
        response.delete_cookie(
            self.cookie, path="/", secure=self.secure, httponly=True, samesite="strict"
        )

    def address_of(self, request: Request) -> str:
        """Where a request comes from. What a header says of it counts only from the proxy that was
        named, and then the last word: the others are what the client wrote."""
        peer = request.client.host if request.client else ""
        if self.proxy is None or peer != self.proxy:
            return peer
        return request.headers.get("x-forwarded-for", peer).rpartition(",")[2].strip()[:64] or peer


class Turnstile:
    """Lets nobody see a page that is reachable from elsewhere, unless they are signed in."""

    def __init__(self, app: ASGIApp, entrance: Entrance) -> None:
        self._app, self._entrance = app, entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the page, or let pass."""
        if scope["type"] != "http" or scope["path"] in _OPEN:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        known = self._entrance.session_of(request)
        await (self._app if known else _shut(request))(scope, receive, send)


def _shut(request: Request) -> Response:
    if request.method not in {"GET", "HEAD"} or request.url.path.endswith(_FOR_MACHINES):
        text = f"Sign in first, at {SIGN_IN}."
        return JSONResponse({"error": text}, 401)
    return to_sign_in(request)


def to_sign_in(request: Request) -> Response:
    """To the sign-in, and back afterwards."""
    query = f"?{request.url.query}" if request.url.query else ""
    back = quote(f"{request.url.path}{query}", safe="/")
    return RedirectResponse(f"{SIGN_IN}?back={back}", 303)
