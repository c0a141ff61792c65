"""Requests to one gateway: sent once, timed, recorded as steps, and with their failures in our
own words. The only room that knows httpx.

Knows nothing of what a request is for.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx

from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayIdentityError,
    GatewayProtocolError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Step, Steps
from scheduler.gateway.local.answers import Answer, Call, head_of, scrub
from scheduler.gateway.local.careful import finish
from scheduler.gateway.local.pin import SERVER_NAME
from scheduler.gateway.local.session import Session

READ_SECONDS: Final = 10.0
SLOW_SECONDS: Final = 35.0  # the portal gives a login 35 s and a commit 30 s
CANCEL_GRACE: Final = 2.0
MOST_BYTES: Final = 2_000_000
# First wait and longest wait, seconds; a 429 clears after 10-30 minutes without calls.
_WAITS: Final = {429: (300.0, 1800.0), 503: (30.0, 1800.0)}
_LONGEST_ASKED: Final = 6 * 3600.0

# At debug level these write every header into the log, cookies and tokens among them.
for _name in ("httpcore.http11", "httpcore.connection", "httpx"):
    logging.getLogger(_name).addFilter(lambda record: record.levelno >= logging.WARNING)


class NotSentError(GatewayUnreachableError):
    """The gateway cannot be reached; the request did not go out."""


@dataclass(slots=True)
class _Wait:
    """An endpoint that is left alone."""

    until: float
    count: int
    status: int


class Wire:
    """The connections to one gateway."""

    def __init__(
        self,
        *,
        url: str,
        where: str,
        transport: httpx.AsyncBaseTransport,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        secrets: tuple[str, ...],
    ) -> None:
        self._where = where
        self._now = now
        self._monotonic = monotonic
        self._fixed_secrets = secrets
        self._session_secrets: tuple[str, ...] = ()
        self._waits: dict[str, _Wait] = {}
        self._client = httpx.AsyncClient(
            base_url=url,
            transport=transport,
            trust_env=False,
            # The session brings its own cookies; none is taken from an answer by itself.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be hidden in anything shown."""
        return self._fixed_secrets + self._session_secrets

    def hide(self, session: Session) -> None:
        """Hide a session's values from now on, beside those of the one before."""
        known = self._session_secrets[-8:]
        self._session_secrets = known + tuple(s for s in session.secrets() if s not in known)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(
        self,
        call: Call,
        steps: Steps,
        session: Session | None = None,
        *,
        urgent: bool = False,
        note: Callable[[Answer], str | None] | None = None,
    ) -> Answer:
        """The answer to one request, whatever its status. `urgent` does not heed an endpoint's
        wait. Raises GatewayError when there is no answer, AuditError when a step is not kept."""
        if not urgent:
            self.heed_wait(call)
        if call.changes:
            await steps.settled()
        if session:
            self.hide(session)
        # Cut off in the middle, a request is neither known nor recorded, and a TLS handshake
        # leaves its socket open (httpcore 1.0.9 closes it on Exception only).
        outcome = await finish(self._recorded(call, steps, session, note), grace=CANCEL_GRACE)
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    async def _recorded(
        self,
        call: Call,
        steps: Steps,
        session: Session | None,
        note: Callable[[Answer], str | None] | None,
    ) -> Answer | GatewayError:
        at, began = self._now(), self._monotonic()
        outcome = await self._exchange(call, session)
        told = Step(
            at=at,
            step=call.step,
            method=call.method,
            path=call.path,
            status=outcome.status if isinstance(outcome, Answer) else None,
            duration_ms=round((self._monotonic() - began) * 1000, 3),
            error=self._told(outcome, note),
        )
        if isinstance(outcome, Answer):
            outcome = self._note_wait(call, outcome)
        await steps.ended(told)
        return outcome

    def complaint(self, answer: Answer) -> str:
        """What the gateway says is wrong, fit to be shown."""
        return scrub(answer.complaint, self.secrets)

    def head(self, answer: Answer) -> str:
        """The head of a body, fit to be shown."""
        return head_of(answer, self.secrets)

    def _told(
        self, outcome: Answer | GatewayError, note: Callable[[Answer], str | None] | None
    ) -> str | None:
        if isinstance(outcome, GatewayError):
            return str(outcome)
        if outcome.fine:
            return note(outcome) if note else None
        return self.complaint(outcome) or f"status {outcome.verdict}"

    def heed_wait(self, call: Call) -> None:
        """Raise GatewayBusyError while the call's endpoint is left alone."""
        wait = self._waits.get(call.path)
        left = wait.until - self._monotonic() if wait else 0.0
        if wait and left > 0:
            why = "asked for fewer requests" if wait.status == 429 else "was busy"
            raise GatewayBusyError(
                f"{self._where} {why}; {call.path} is left alone for another {left:.0f} s.",
                retry_after=left,
            )

    def _note_wait(self, call: Call, answer: Answer) -> Answer:
        if answer.verdict not in _WAITS:
            self._waits.pop(call.path, None)
            return answer
        first, longest = _WAITS[answer.verdict]
        before = self._waits.get(call.path)
        count = before.count + 1 if before and before.status == answer.verdict else 1
        wait = min(first * 2.0 ** min(count - 1, 20), longest)
        if answer.asked is not None:
            wait = answer.asked
        self._waits[call.path] = _Wait(self._monotonic() + wait, count, answer.verdict)
        return replace(answer, retry_after=wait)

    async def _exchange(self, call: Call, session: Session | None) -> Answer | GatewayError:
        """An error is returned, not raised: so it carries no trace of httpx's own, which holds
        the request with its headers."""
        read = SLOW_SECONDS if call.slow else READ_SECONDS
        try:
            async with asyncio.timeout(read + 5):
                return await self._request(call, session, read)
        except GatewayIdentityError as error:
            return GatewayIdentityError(str(error))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return NotSentError(self._unreachable(call, _connect_reason(error)))
        except (TimeoutError, httpx.TransportError, httpx.StreamError, OSError) as error:
            return self._broken(call, error)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return self._garbage(call)

    async def _request(self, call: Call, session: Session | None, read: float) -> Answer:
        headers = session.headers() if session else {}
        content = None
        if call.body is not None:
            content = json.dumps(call.body, separators=(",", ":")).encode()
            headers["Content-Type"] = "application/json"
        elif call.method == "POST":
            content = b""
        request = self._client.build_request(
            call.method,
            call.path,
            headers=headers,
            content=content,
            timeout=httpx.Timeout(connect=5.0, read=read, write=5.0, pool=5.0),
            extensions={"sni_hostname": SERVER_NAME},
        )
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            return await self._receive(response)
        finally:
            await response.aclose()

    async def _receive(self, response: httpx.Response) -> Answer:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MOST_BYTES:
                raise ValueError("too long")
        return Answer(
            status=response.status_code,
            body=bytes(body),
            cookies=_cookies(response.headers),
            asked=self._asked(response.headers.get("retry-after")),
        )

    def _asked(self, text: str | None) -> float | None:
        if text is None:
            return None
        try:
            seconds = float(text) if text.strip().isdigit() else self._until(text)
        except (ValueError, TypeError, OverflowError):
            return None
        return min(max(seconds, 1.0), _LONGEST_ASKED)

    def _until(self, date: str) -> float:
        return (parsedate_to_datetime(date) - self._now()).total_seconds()

    def _broken(self, call: Call, error: Exception) -> GatewayError:
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return GatewayUnreachableError(self._unreachable(call, "does not answer in time"))
        if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error):
            if "closed connection" in str(error):
                return GatewayUnreachableError(self._unreachable(call, "breaks off its answer"))
            return self._garbage(call)
        return GatewayUnreachableError(self._unreachable(call, "drops the connection"))

    def _garbage(self, call: Call) -> GatewayError:
        return GatewayProtocolError(
            f"{self._where} answers {call.method} {call.path} with something that is not HTTP as "
            "we know it. Check that TOU_GATEWAY_URL is the gateway."
        )

    def _unreachable(self, call: Call, reason: str) -> str:
        return (
            f"{self._where} {reason} ({call.method} {call.path}). Check that the gateway is on and "
            "in the network, and TOU_GATEWAY_URL; it is tried again."
        )


def real_transport(context: ssl.SSLContext) -> httpx.AsyncBaseTransport:
    """Few and short-lived connections: many of them restart a gateway."""
    limits = httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=10.0)
    return httpx.AsyncHTTPTransport(verify=context, http2=False, limits=limits, trust_env=False)


def _cookies(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    pairs = (line.split(";", 1)[0].partition("=") for line in headers.get_list("set-cookie"))
    return tuple((name.strip(), value.strip()) for name, _, value in pairs if value)


def _connect_reason(error: Exception) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return "does not answer within 5 s"
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "has a name that cannot be found"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
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
