"""Requests to one proxy: sent once, timed, told as steps, with their failures in our own words.

The secret goes nowhere over plain http that
is not this machine or this network, whatever a name resolves to.
"""

from __future__ import annotations

import asyncio
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
from scheduler.gateway.http import (
    CANCEL_GRACE,
    ERRORS,
    Failure,
    HeldClient,
    body_of,
    failure,
    retry_after,
)
from scheduler.gateway.proxy.answers import ProxyAnswer, ProxyCall
from scheduler.gateway.proxy.settings import stays_home
from scheduler.outside import said

CONNECT_SECONDS: Final = 5.0
# A write is passed on to Tesla or to the gateway before it is answered.
READ_SECONDS: Final = 30.0
IDLE_SECONDS: Final = 15.0
MOST_BYTES: Final = 1_000_000

LONGEST_WAIT: Final = 900.0


class ProxyWire:
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
        self._held = HeldClient(_made, idle=IDLE_SECONDS)

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
        await self._held.close()

    async def _exchange(self, call: ProxyCall, steps: Steps) -> ProxyAnswer | GatewayError:
        """One request. An error is returned, not raised: so it carries no trace of httpx's own,
        which holds the request with its form."""
        at, began = self._now(), self._monotonic()
        outcome: ProxyAnswer | GatewayError
        try:
            async with asyncio.timeout(CONNECT_SECONDS + READ_SECONDS):
                if self._plain and not self._held.open:
                    await self._stays_home()
                client = await self._held.take()
                response = await client.send(_request(client, self._url, call), stream=True)
                self.clock_ahead = ahead_of(self._now(), response.headers.get("date"))
                async with aclosing(response):
                    outcome = await self._received(response)
        except GatewayRefusedError as error:
            outcome = error
        except ERRORS as error:
            outcome = self._failure(call, error)
        self._held.rest()
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

    async def _received(self, response: httpx.Response) -> ProxyAnswer:
        body = await body_of(response, most=MOST_BYTES)
        asked = retry_after(response.headers, self._now())
        wait = None if asked is None else min(max(asked, 1.0), LONGEST_WAIT)
        return ProxyAnswer(response.status_code, body, wait)

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

    def _failure(self, call: ProxyCall, error: Exception) -> GatewayError:
        what = f"({call.method} {call.path})"
        hint = "Check that it runs, and TOU_PROXY_URL; it is tried again."
        kind = failure(error)
        if kind is Failure.NOT_SENT:
            reason = "is not known" if isinstance(error, socket.gaierror) else "cannot be reached"
            return GatewayUnreachableError(f"{self.where} {reason} {what}. {hint}", delivered="no")
        if kind is Failure.LATE:
            return GatewayUnreachableError(f"{self.where} does not answer in time {what}. {hint}")
        if kind is not Failure.GARBLED:
            return GatewayUnreachableError(f"{self.where} drops the connection {what}. {hint}")
        return GatewayProtocolError(
            f"{self.where} answers {what} with something that is not its API. Check TOU_PROXY_URL."
        )


def _made() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
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
