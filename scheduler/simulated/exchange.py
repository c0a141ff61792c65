"""A request and its answer, as values between the sockets and the device."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

from scheduler import httpserver
from scheduler.httpserver import JSON, Headers

__all__ = ["JSON", "TEXT", "Headers", "Received", "Reply"]

TEXT: Final = "text/plain; charset=utf-8"


class Received(httpserver.Request):
    """What came in, as a gateway reads it."""

    __slots__ = ()

    @property
    def endpoint(self) -> str:
        """The path without /api/, such as sitemaster/run; empty outside the API."""
        return self.path.removeprefix("/api/").rstrip("/") if self.path.startswith("/api/") else ""

    @property
    def bears(self) -> bool:
        """Whether it carries a bearer token, alive or dead."""
        return self.headers.get("authorization", "").lower().startswith("bearer ")

    @property
    def tokens(self) -> tuple[str, ...]:
        """Every session token it shows: bearer and cookie, each alone is enough."""
        shown = []
        kind, _, bearer = self.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and bearer.strip():
            shown.append(bearer.strip())
        for crumb in self.headers.get("cookie", "").split(";"):
            name, _, value = crumb.strip().partition("=")
            if name == "AuthCookie" and value:
                shown.append(value.strip('"'))
        return tuple(shown)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out. The body is in no repr: a login's holds a token."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Headers = field(default=(), repr=False)
    content_type: str = TEXT


def encode(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


def data(body: object, *, status: int = 200, headers: Headers = ()) -> Reply:
    """An answer that carries JSON."""
    return Reply(status, encode(body), headers)


def empty(status: int) -> Reply:
    return Reply(status)


def failure(code: int, error: str, message: str) -> Reply:
    """The one shape of all errors."""
    return data({"code": code, "error": error, "message": message}, status=code)


def forbidden(method: str) -> Reply:
    """No session, a dead one, or a role without the right."""
    verb = "GET" if method == "GET" else "POST"
    return failure(
        403, f"Unable to {verb} to resource", "User does not have adequate access rights"
    )


# The words of Go's own net/http; the gateway's body for an unknown path is not known (U).
NOT_FOUND: Final = Reply(404, b"404 page not found\n")
METHOD_NOT_ALLOWED: Final = failure(405, "method not allowed", "method not allowed")
BUSY: Final = failure(503, "current config mode is busy", "current config mode is busy")
TOO_MANY: Final = failure(429, "Api Limit reached for this endpoint", "API Limit Reached")
CANNOT_STOP: Final = failure(500, "Cannot Start Wizard", "Unable to stop sitemaster")


def moved(request: Received) -> Reply:
    """Plain HTTP since 1.20: a pointer to https, with a body for a GET only."""
    host = request.headers.get("host", "powerwall")
    query = f"?{request.query}" if request.query else ""
    location = f"https://{host}{request.path}{query}"
    headers = (("Location", location),)
    if request.method != "GET":
        return Reply(301, b"", headers)
    body = f'<a href="{location}">Moved Permanently</a>.\n'.encode()
    return Reply(301, body, headers, "text/html; charset=utf-8")
