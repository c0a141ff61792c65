"""Requests to the cloud: sent once, timed, told as steps, and with their failures in our own words.

HTTP/1.1, no redirects, the environment's proxy and certificates honoured, a body of 1 MB at most.
Nothing is held while nothing is asked.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime
from typing import Final
from urllib.parse import urlencode, urlsplit

import httpx

from scheduler import __version__
from scheduler.errors import GatewayError, GatewayProtocolError, GatewayUnreachableError
from scheduler.gateway.base import Step, Steps
from scheduler.gateway.careful import finish
from scheduler.gateway.clocks import ahead_of
from scheduler.gateway.fleet.answers import CloudCall, CloudReply
from scheduler.gateway.http import (
    CANCEL_GRACE,
    ERRORS,
    Failure,
    HeldClient,
    body_of,
    failure,
    retry_after,
)
from scheduler.outside import hides_tokens, said

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
SLACK_SECONDS: Final = 15.0
IDLE_SECONDS: Final = 30.0
"""A confirming read follows a command after seconds; then the connection is closed."""
MOST_BYTES: Final = 1_000_000


class CloudWire:
    def __init__(
        self,
        *,
        base: str,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        secrets: Callable[[], tuple[str, ...]],
    ) -> None:
        self.where = urlsplit(base).netloc
        self._base, self._now, self._monotonic = base, now, monotonic
        self._secrets = secrets
        self.clock_ahead: float | None = None
        self._held = HeldClient(_made, idle=IDLE_SECONDS)

    def shown(self, text: object, limit: int = 200) -> str:
        """What the cloud says, fit to be shown."""
        return hides_tokens(said(text, secrets=self._secrets(), limit=limit))

    async def send(self, call: CloudCall, steps: Steps, token: str | None = None) -> CloudReply:
        """The answer to one request, whatever its status. Raises GatewayError where there is none,
        AuditError where a step is not kept."""
        if call.changes:
            await steps.settled()
        # Cut off in the middle, a command is neither known nor recorded.
        outcome = await finish(self._exchange(call, steps, token), grace=CANCEL_GRACE)
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    async def close(self) -> None:
        """Close the connections; another request would make new ones."""
        await self._held.close()

    async def _exchange(
        self, call: CloudCall, steps: Steps, token: str | None
    ) -> CloudReply | GatewayError:
        """One request. An error is returned, not raised: so it carries no trace of httpx's own,
        which holds the request with its headers."""
        at, began = self._now(), self._monotonic()
        outcome: CloudReply | GatewayError
        try:
            client = await self._held.take()
            async with asyncio.timeout(READ_SECONDS + SLACK_SECONDS):
                request = _request(client, self._base, call, token)
                response = await client.send(request, stream=True)
                self.clock_ahead = ahead_of(self._now(), response.headers.get("date"))
                async with aclosing(response):
                    outcome = await self._received(response)
        except ERRORS as error:
            outcome = self._failure(call, error)
        self._held.rest()
        step = Step(
            at=at,
            step=call.step,
            method=call.method,
            path=call.path.partition("?")[0],
            status=outcome.status if isinstance(outcome, CloudReply) else None,
            duration_ms=round((self._monotonic() - began) * 1000, 3),
            error=self._told(outcome),
        )
        await steps.ended(step)
        return outcome

    def _told(self, outcome: CloudReply | GatewayError) -> str | None:
        if isinstance(outcome, GatewayError):
            return str(outcome)
        if outcome.fine:
            return None
        words = self.shown(outcome.complaint or outcome.unwilling or "")
        return words or f"status {outcome.status}"

    async def _received(self, response: httpx.Response) -> CloudReply:
        body = await body_of(response, most=MOST_BYTES)
        # Bounded where it is used.
        asked = retry_after(response.headers, self._now(), "ratelimit-reset")
        return CloudReply(response.status_code, body, asked)

    def _failure(self, call: CloudCall, error: Exception) -> GatewayError:
        where = urlsplit(call.base).netloc or self.where
        what = f"({call.method} {call.path.partition('?')[0]})"
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
                f"{where} answers {what} with something that is not its API."
            )
        return GatewayUnreachableError(f"{where} breaks off its answer {what}.")


def _made() -> httpx.AsyncClient:
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


def _request(
    client: httpx.AsyncClient, base: str, call: CloudCall, token: str | None
) -> httpx.Request:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    content = None
    if call.form is not None:
        content = urlencode(call.form).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    elif call.body is not None:
        content = json.dumps(call.body, separators=(",", ":")).encode()
        headers["Content-Type"] = "application/json"
    return client.build_request(
        call.method,
        f"{call.base or base}{call.path}",
        headers=headers,
        content=content,
        timeout=httpx.Timeout(CONNECT_SECONDS, read=READ_SECONDS),
    )
