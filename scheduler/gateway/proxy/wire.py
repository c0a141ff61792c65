"""Requests to one proxy: sent once, timed, told as steps, with their failures in our own words.

The only module of this transport that knows httpx. The secret goes nowhere over plain http that
is not this machine or this network, whatever a name resolves to.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime
from typing import Final
from urllib.parse import urlencode, urlsplit

import httpx

from scheduler.errors import (
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Step, Steps
from scheduler.gateway.careful import finish
from scheduler.gateway.clocks import ahead_of
from scheduler.gateway.proxy.answers import ProxyAnswer, ProxyCall
from scheduler.gateway.proxy.settings import stays_home
from scheduler.outside import said

CONNECT_SECONDS: Final = 5.0
# A write is passed on to Tesla or to the gateway before it is answered.
READ_SECONDS: Final = 30.0
CANCEL_GRACE: Final = 2.0
IDLE_SECONDS: Final = 15.0
MOST_BYTES: Final = 1_000_000

for _name in ("httpcore.http11", "httpcore.connection", "httpx"):
    logging.getLogger(_name).addFilter(lambda record: record.levelno >= logging.WARNING)


class ProxyWire:
    """The connection to one proxy."""

    def __init__(
        self,
        *,
        url: str,
        secret: str,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        parts = urlsplit(url)
        self.clock_ahead: float | None = None
        self.where = f"The proxy {parts.netloc}"
        self._url, self._secret = url, secret
        self._host, self._plain = str(parts.hostname), parts.scheme == "http"
        self._now, self._monotonic = now, monotonic
        self._client: httpx.AsyncClient | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None

    def shown(self, text: object, limit: int = 200) -> str:
        """What a proxy says, fit to be shown."""
        return said(text, secrets=(self._secret,), limit=limit)

    async def send(self, call: ProxyCall, steps: Steps) -> ProxyAnswer:
        """The answer to one request, whatever its status. Raises GatewayError where there is none,
        AuditError where a step is not kept."""
        if call.changes:
            await steps.settled()
        # Cut off in the middle, a write is neither known nor recorded.
        outcome = await finish(self._exchange(call, steps), grace=CANCEL_GRACE)
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    async def close(self) -> None:
        """Close the connection; another request would make a new one."""
        if self._idle:
            self._idle.cancel()
        if self._closing:
            await self._closing
        client, self._client = self._client, None
        if client:
            await client.aclose()

    async def _exchange(self, call: ProxyCall, steps: Steps) -> ProxyAnswer | GatewayError:
        """One request. An error is returned, not raised: so it carries no trace of httpx's own,
        which holds the request with its form."""
        at, began = self._now(), self._monotonic()
        outcome: ProxyAnswer | GatewayError
        try:
            async with asyncio.timeout(CONNECT_SECONDS + READ_SECONDS):
                client = await self._ready()
                response = await client.send(_request(client, self._url, call), stream=True)
                self.clock_ahead = ahead_of(self._now(), response.headers.get("date"))
                async with aclosing(response):
                    outcome = await _received(response)
        except GatewayRefusedError as error:
            outcome = error
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ValueError) as error:
            outcome = self._failure(call, error)
        self._rest()
        told = outcome if isinstance(outcome, ProxyAnswer) else None
        step = Step(
            at=at,
            step=call.step,
            method=call.method,
            path=call.path,
            status=told.status if told else None,
            duration_ms=round((self._monotonic() - began) * 1000, 3),
            error=self._told(outcome),
        )
        await steps.ended(step)
        return outcome

    def _told(self, outcome: ProxyAnswer | GatewayError) -> str | None:
        if isinstance(outcome, GatewayError):
            return str(outcome)
        if outcome.fine:
            return None
        if outcome.came_to_nothing:
            return "the answer has no result"
        return self.shown(outcome.complaint) or f"status {outcome.status}"

    async def _ready(self) -> httpx.AsyncClient:
        if self._idle:
            self._idle.cancel()
        if self._closing:
            await self._closing
        if self._client is None:
            if self._plain:
                await self._stays_home()
            limits = httpx.Limits(max_connections=2, max_keepalive_connections=1)
            self._client = httpx.AsyncClient(
                trust_env=False,
                follow_redirects=False,
                limits=limits,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            )
        return self._client

    async def _stays_home(self) -> None:
        """Raises GatewayRefusedError where the name leads out of this network, OSError where it
        leads nowhere."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, None, type=socket.SOCK_STREAM)
        if all(stays_home(str(address[0])) for *_, address in found):
            return
        raise GatewayRefusedError(
            f"{self.where} is outside this network, where anybody on the way can read the secret "
            "in plain http, so nothing was sent. Write https in TOU_PROXY_URL, or a private "
            "address.",
            delivered="no",
        )

    def _rest(self) -> None:
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._drop)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client:
            self._closing = asyncio.ensure_future(client.aclose())
            self._closing.add_done_callback(lambda _: setattr(self, "_closing", None))

    def _failure(self, call: ProxyCall, error: Exception) -> GatewayError:
        what = f"({call.method} {call.path})"
        hint = "Check that it runs, and TOU_PROXY_URL; it is tried again."
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | socket.gaierror):
            reason = "is not known" if isinstance(error, socket.gaierror) else "cannot be reached"
            return GatewayUnreachableError(f"{self.where} {reason} {what}. {hint}", delivered="no")
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return GatewayUnreachableError(f"{self.where} does not answer in time {what}. {hint}")
        if isinstance(error, httpx.TransportError | OSError) and not isinstance(
            error, httpx.DecodingError | httpx.RemoteProtocolError
        ):
            return GatewayUnreachableError(f"{self.where} drops the connection {what}. {hint}")
        if isinstance(error, httpx.RemoteProtocolError) and "closed" in str(error):
            return GatewayUnreachableError(f"{self.where} drops the connection {what}. {hint}")
        if isinstance(error, httpx.RemoteProtocolError) and "disconnected" in str(error):
            return GatewayUnreachableError(f"{self.where} drops the connection {what}. {hint}")
        return GatewayProtocolError(
            f"{self.where} answers {what} with something that is not its API. Check TOU_PROXY_URL."
        )


def _request(client: httpx.AsyncClient, url: str, call: ProxyCall) -> httpx.Request:
    headers, content = {}, None
    if call.form is not None:
        content = urlencode(call.form).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    timeout = httpx.Timeout(CONNECT_SECONDS, read=READ_SECONDS)
    return client.build_request(
        call.method, f"{url}{call.path}", headers=headers, content=content, timeout=timeout
    )


async def _received(response: httpx.Response) -> ProxyAnswer:
    """The answer as it came on the wire. Raises ValueError."""
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ValueError("packed, although that was not asked for")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise ValueError("too long")
    asked = response.headers.get("retry-after", "")[:10]
    return ProxyAnswer(
        response.status_code,
        bytes(body),
        min(float(asked), 900.0) if asked.isdecimal() else None,
    )
