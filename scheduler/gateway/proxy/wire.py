"""Requests to one proxy. The secret goes nowhere over plain http that is not this machine or this
network, whatever a name resolves to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import httpx

from scheduler.errors import (
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.exchange import Call, ClientWire
from scheduler.gateway.http import Failure, failure, retry_after
from scheduler.gateway.proxy.answers import ProxyAnswer
from scheduler.gateway.proxy.settings import stays_home
from scheduler.outside import hides_tokens, said, word

LONGEST_WAIT: Final = 900.0


class ProxyWire(ClientWire[ProxyAnswer]):
    # A write is passed on to Tesla or to the gateway before it is answered.
    read_seconds = 30.0
    idle_seconds = 15.0

    def __init__(
        self, *, url: str, secret: str, now: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        super().__init__(url, now, monotonic)
        parts = urlsplit(url)
        self.where = f"The proxy {parts.netloc}"
        self._host, self._plain = str(parts.hostname), parts.scheme == "http"
        self._secret = secret

    def shown(self, text: object, limit: int = 200) -> str:
        """What a proxy says, fit to be shown."""
        return hides_tokens(said(text, secrets=(self._secret,), limit=limit))

    def word(self, text: object) -> str | None:
        """A word of its answer, fit to be shown."""
        return word(text, secrets=(self._secret,))

    def _complaint(self, reply: ProxyAnswer) -> str:
        return self.shown(reply.complaint or reply.came_to_nothing or "")

    def _reply(self, status: int, body: bytes, headers: httpx.Headers) -> ProxyAnswer:
        asked = retry_after(headers, self._now())
        wait = None if asked is None else min(max(asked, 1.0), LONGEST_WAIT)
        return ProxyAnswer(status, body, wait)

    async def _before(self) -> None:
        """Raises GatewayRefusedError where the name leads out of this network, OSError where it
        leads nowhere."""
        if self.held.open or not self._plain:
            return
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self.connect_seconds):
            found = await loop.getaddrinfo(self._host, None, type=socket.SOCK_STREAM)
        if all(stays_home(str(address[0])) for *_, address in found):
            return
        raise GatewayRefusedError(
            f"{self.where} is outside this network, where anybody on the way can read the secret "
            "in plain http, so nothing was sent. Write https in TOU_PROXY_URL, or a private "
            "address.",
            delivered="no",
        )

    def _failure(self, call: Call, error: Exception) -> GatewayError:
        what = f"({call.what})"
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
            f"{self.where} answers {what} with something that is not its API: "
            f"{self.shown(error, 80) or 'no answer of HTTP'}. Check TOU_PROXY_URL."
        )

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )
