"""Requests to the cloud; the environment's proxy and certificates are honoured."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from scheduler import __version__, clock
from scheduler.errors import GatewayError, GatewayProtocolError, GatewayUnreachableError
from scheduler.gateway.exchange import Call, ClientWire
from scheduler.gateway.fleet.answers import CloudReply
from scheduler.gateway.http import Failure, failure, retry_after
from scheduler.outside import hides_tokens, said


class CloudWire(ClientWire[CloudReply]):
    connect_seconds = 10.0
    read_seconds = 30.0
    slack_seconds = 15.0
    idle_seconds = 30.0
    """A confirming read follows a command after seconds; then the connection is closed."""

    def __init__(
        self,
        *,
        base: str,
        secrets: Callable[[], tuple[str, ...]],
        now: Callable[[], datetime] = clock.now,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        super().__init__(base, now, monotonic)
        self.where = urlsplit(base).netloc
        self._secrets = secrets

    def shown(self, text: object, limit: int = 200) -> str:
        """What the cloud says, fit to be shown."""
        return hides_tokens(said(text, secrets=self._secrets(), limit=limit))

    def _complaint(self, reply: CloudReply) -> str:
        page = "this is not its API" if reply.foreign else ""
        return self.shown(reply.complaint or reply.unwilling or page)

    def _reply(self, status: int, body: bytes, headers: httpx.Headers) -> CloudReply:
        # Bounded where it is used.
        return CloudReply(status, body, retry_after(headers, self._now(), "ratelimit-reset"))

    def _failure(self, call: Call, error: Exception) -> GatewayError:
        where, what = urlsplit(call.base).netloc or self.where, f"({call.what})"
        kind = failure(error)
        if kind is Failure.NOT_SENT:
            return GatewayUnreachableError(
                f"{where} cannot be reached {what}: {self.shown(error) or 'no connection'}. See "
                "whether this machine has internet, and whether the service may use it "
                "(IPAddressAllow in its unit); it is tried again.",
                delivered="no",
            )
        if kind is Failure.LATE:
            return GatewayUnreachableError(f"{where} does not answer in time {what}.")
        if kind is Failure.GARBLED:
            return GatewayProtocolError(
                f"{where} answers {what} with something that is not its API: "
                f"{self.shown(error, 80) or 'no answer of HTTP'}."
            )
        return GatewayUnreachableError(f"{where} breaks off its answer {what}.")

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            http2=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=2, max_keepalive_connections=1),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": f"tou-scheduler/{__version__}",
            },
        )
