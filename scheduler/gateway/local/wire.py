"""Requests to one gateway: sent once, timed, recorded as steps, and with their failures in our
own words.

Knows nothing of what a request is for. Nothing is held while nothing is asked: the connection is
made with the first request and dropped soon after the last.
"""

from __future__ import annotations

import errno
import json
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

import httpx

from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayUnreachableError,
)
from scheduler.gateway import exchange
from scheduler.gateway.exchange import Call, Credential
from scheduler.gateway.http import Failure, failure, retry_after
from scheduler.gateway.local.answers import Answer
from scheduler.gateway.local.connection import KeptConnection
from scheduler.gateway.local.pin import Pin, shared_context
from scheduler.outside import HIDDEN, hides_tokens, said
from scheduler.setting import Mode

IDLE_SECONDS: Final = 10.0
# First wait and longest wait, seconds. A 503 passes within seconds ("current config mode is
# busy"), a 429 after 10 to 30 minutes without calls.
_WAITS: Final = {429: (60.0, 900.0), 503: (2.0, 300.0)}
LONGEST_WAIT: Final = 900.0
_HIDDEN: Final = f'"{HIDDEN}"'.encode()


class NotSentError(GatewayUnreachableError):
    """The gateway cannot be reached; the request did not go out."""


@dataclass(slots=True)
class _Wait:
    """An endpoint that is left alone."""

    until: float
    count: int
    status: int


@dataclass(frozen=True, slots=True)
class Waits:
    """How long an answer is waited for, in seconds."""

    read: float = 10.0
    slow: float = 35.0
    """The portal gives a login 35 s and a commit 30 s."""
    slack: float = 5.0
    """For the whole of a request, beyond the wait for its next byte."""

    def of(self, call: Call) -> float:
        """For the next byte of a call's answer."""
        return self.slow if call.slow else self.read


@dataclass(frozen=True, slots=True)
class Carrier:
    """How a wire sends, where that is not as usual."""

    transport: httpx.AsyncBaseTransport | None = None
    opening: Callable[[], Awaitable[object]] | None = None
    """Awaited before each request."""
    patience: Waits = Waits()


class Wire(exchange.HttpWire[Answer, httpx.AsyncBaseTransport]):
    """The connection to one gateway."""

    idle_seconds = IDLE_SECONDS
    keeps_query = True
    most_bytes = 2_000_000

    def __init__(
        self,
        *,
        url: str,
        pin: str,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        secrets: tuple[str, ...],
        carrier: Carrier,
    ) -> None:
        super().__init__(url, now, monotonic)
        self.breaks = 0
        """How many exchanges came to nothing; the gateway may have restarted since."""
        self.slack_seconds = carrier.patience.slack
        self.url, self.where, self.trusted = url, f"The gateway {url}", pin
        self._pin, self._carrier = Pin(pin, self.where), carrier
        self._fixed_secrets = tuple(secret for secret in secrets if secret)
        self._secret_values = tuple(
            json.dumps(secret, ensure_ascii=ascii).encode("utf-8", "surrogatepass")
            for secret in set(self._fixed_secrets) - set(Mode)
            for ascii in (True, False)
        )
        self._session_secrets: tuple[str, ...] = ()
        self._waits: dict[str, _Wait] = {}

    def hide(self, session: Credential) -> None:
        """Hide a session's values from now on, beside those of the one before."""
        known = self._session_secrets[-8:]
        self._session_secrets = known + tuple(s for s in session.secrets() if s not in known)

    def shown(self, text: object, limit: int = 200) -> str:
        """What a gateway says, fit to be shown."""
        secrets = self._fixed_secrets + self._session_secrets
        return hides_tokens(said(text, secrets=secrets, limit=limit))

    def _prepared(self, call: Call, credential: Credential | None, *, urgent: bool) -> None:
        if not urgent:
            self.heed_wait(call)
        if credential:
            self.hide(credential)

    def _failed(self) -> None:
        self.breaks += 1

    def heed_wait(self, call: Call) -> None:
        """Raise GatewayBusyError while the call's endpoint is left alone."""
        wait = self._waits.get(call.path)
        left = wait.until - self._monotonic() if wait else 0.0
        if wait and left > 0:
            why = "asked for fewer requests" if wait.status == 429 else "was busy"
            raise GatewayBusyError(
                f"{self.where} {why}; {call.path} is left alone for another {left:.0f} s.",
                retry_after=left,
                delivered="no",
            )

    async def _before(self) -> None:
        if self._carrier.opening:
            await self._carrier.opening()

    def _patience(self, call: Call) -> float:
        return self._carrier.patience.of(call)

    def _client(self) -> httpx.AsyncBaseTransport:
        return self._carrier.transport or _transport()

    def _answer(
        self, client: httpx.AsyncBaseTransport, call: Call, headers: Mapping[str, str]
    ) -> Awaitable[httpx.Response]:
        return client.handle_async_request(
            _request(self._base, call, headers, self._patience(call), self._pin.compare)
        )

    def _complaint(self, reply: Answer) -> str:
        return self.shown(reply.complaint) or f"status {reply.verdict}"

    def _reply(self, status: int, body: bytes, headers: httpx.Headers) -> Answer:
        asked = retry_after(headers, self._now())
        wait = None if asked is None else min(max(asked, 1.0), LONGEST_WAIT)
        return Answer(status, self._fit_to_read(body), wait, _cookies(headers))

    def _fit_to_read(self, body: bytes) -> bytes:
        """An answer whose texts are read as modes and versions, without those that are a secret of
        ours."""
        for value in self._secret_values:
            body = body.replace(value, _HIDDEN)
        return body

    def _noted(self, call: Call, reply: Answer) -> Answer:
        if reply.verdict not in _WAITS:
            self._waits.pop(call.path, None)
            return reply
        first, longest = _WAITS[reply.verdict]
        before = self._waits.get(call.path)
        count = before.count + 1 if before and before.status == reply.verdict else 1
        wait = min(first * 2.0 ** min(count - 1, 20), longest)
        if reply.asked is not None:
            wait = reply.asked
        self._waits[call.path] = _Wait(self._monotonic() + wait, count, reply.verdict)
        return replace(reply, retry_after=wait)

    def _failure(self, call: Call, error: Exception) -> GatewayError:
        kind = failure(error)
        if kind is Failure.NOT_SENT:
            return NotSentError(self._unreachable(call, _connect_reason(error)), delivered="no")
        reason = _REASONS.get(kind)
        if reason is None:
            return self._garbage(call)
        return GatewayUnreachableError(self._unreachable(call, reason))

    def _garbage(self, call: Call) -> GatewayError:
        return GatewayProtocolError(
            f"{self.where} answers {call.method} {call.path} with something that is not HTTP as "
            "we know it. Check that TOU_GATEWAY_URL is the gateway."
        )

    def _unreachable(self, call: Call, reason: str) -> str:
        return (
            f"{self.where} {reason} ({call.method} {call.path}). Check that the gateway is on and "
            "in the network, and TOU_GATEWAY_URL; it is tried again."
        )


_REASONS: Final = {
    Failure.LATE: "does not answer in time",
    Failure.BROKEN_OFF: "breaks off its answer",
    Failure.DROPPED: "drops the connection",
}


def _transport() -> httpx.AsyncBaseTransport:
    return KeptConnection(shared_context())


# As httpx's own client says them. It is not asked itself: what it does for redirects, cookies and
# proxies, none of which are wanted here, costs a fifth of a request.
_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "keep-alive",
    "User-Agent": f"python-httpx/{httpx.__version__}",
}


def _request(
    url: str,
    call: Call,
    shown: Mapping[str, str],
    seconds: float,
    compare: Callable[[bytes | None], None],
) -> httpx.Request:
    headers = {**_HEADERS, **shown}
    content = b"" if call.method == "POST" else None
    if call.body is not None:
        content = call.content()
        headers["Content-Type"] = "application/json"
    return httpx.Request(
        call.method,
        _address(url, call.path),
        headers=headers,
        content=content,
        extensions={"compare": compare, "timeout": {"connect": 5.0, "read": seconds}},
    )


@lru_cache(maxsize=256)
def _address(url: str, path: str) -> httpx.URL:
    return httpx.URL(url + path)


def _cookies(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    pairs = (line.split(";", 1)[0].partition("=") for line in headers.get_list("set-cookie"))
    return tuple((name.strip(), value.strip()) for name, _, value in pairs if value)


def _connect_reason(error: Exception) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return "does not answer within 5 s"
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "has a name that cannot be found"
    # Of several addresses asyncio gives the texts alone.
    if any(f"[Errno {errno.ECONNREFUSED}]" in str(cause) for cause in causes):
        return "refuses the connection"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "answers, but does not complete the TLS handshake"
    return "cannot be connected to"


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        if isinstance(error, BaseExceptionGroup):
            found.extend(error.exceptions)
        error = error.__cause__ or error.__context__
    return found
