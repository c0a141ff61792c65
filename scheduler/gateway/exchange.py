"""One request of a transport over HTTP: sent once, timed, told as a step, its failure in the
transport's own words. Knows no API.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Generic, TypeVar
from urllib.parse import urlencode

import httpx

from scheduler.errors import GatewayError
from scheduler.gateway.base import Step, Steps
from scheduler.gateway.careful import finish
from scheduler.gateway.clocks import ahead_of
from scheduler.gateway.http import CANCEL_GRACE, ERRORS, HeldClient, body_of

MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """One request; body and form are in no repr, since they may hold a secret."""

    step: str
    method: str
    path: str
    body: Mapping[str, object] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    """In place of a JSON body."""
    base: str = ""
    """Another host than the usual one."""

    @property
    def changes(self) -> bool:
        """Whether it changes something, so that the audit must be on disk before it."""
        return self.method != "GET"

    @property
    def what(self) -> str:
        """For a sentence, such as `GET /version`."""
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, with a status."""

    status: int
    body: bytes = field(default=b"", repr=False)
    asked: float | None = None
    """Seconds of a Retry-After header."""

    def data(self) -> object:
        """The JSON of the body, whatever its content type; None where there is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def mapping(self) -> Mapping[str, object]:
        """The JSON object of the body; empty where it is none."""
        data = self.data()
        return data if isinstance(data, dict) else {}


AReply = TypeVar("AReply", bound=Reply)


class Wire(ABC, Generic[AReply]):
    """The connections to one server. HTTP/1.1, no redirects, bodies within bounds; nothing is held
    while nothing is asked."""

    connect_seconds: float
    read_seconds: float
    slack_seconds: float
    """For all of an exchange beside one wait for an answer."""
    idle_seconds: float

    def __init__(
        self, base: str, now: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        self.clock_ahead: float | None = None
        self._base, self._now, self._monotonic = base, now, monotonic
        self._held: HeldClient[httpx.AsyncClient] = HeldClient(self._client, idle=self.idle_seconds)

    @abstractmethod
    def _client(self) -> httpx.AsyncClient: ...

    @abstractmethod
    def _reply(self, status: int, body: bytes, headers: httpx.Headers) -> AReply: ...

    @abstractmethod
    def _failure(self, call: Call, error: Exception) -> GatewayError: ...

    @abstractmethod
    def _complaint(self, reply: AReply) -> str | None:
        """What the step tells of an answer that came; None where it is a good one."""

    async def _before(self) -> None:
        """What must be so before a connection is made. Raises GatewayError or one of ERRORS."""

    async def send(self, call: Call, steps: Steps, token: str | None = None) -> AReply:
        """The answer to one request, whatever its status. Raises GatewayError where there is none,
        AuditError where a step is not kept."""
        if call.changes:
            await steps.settled()
        # Cut off in the middle, a write is neither known nor recorded.
        outcome = await finish(self._exchange(call, steps, token), grace=CANCEL_GRACE)
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    async def close(self) -> None:
        """Close the connections; another request would make new ones."""
        await self._held.close()

    async def _exchange(self, call: Call, steps: Steps, token: str | None) -> AReply | GatewayError:
        """One request. An error is returned, not raised: so it carries no trace of httpx's own,
        which holds the request with its headers and its form."""
        at, began = self._now(), self._monotonic()
        outcome: AReply | GatewayError
        try:
            outcome = await self._ask(call, token)
        except GatewayError as error:
            outcome = error
        except ERRORS as error:
            outcome = self._failure(call, error)
        self._held.rest()
        status: int | None
        told: str | None
        if isinstance(outcome, GatewayError):
            status, told = None, str(outcome)
        else:
            status, told = outcome.status, self._complaint(outcome)
        step = Step(
            at=at,
            step=call.step,
            method=call.method,
            path=call.path.partition("?")[0],
            status=status,
            duration_ms=round((self._monotonic() - began) * 1000, 3),
            error=told,
        )
        await steps.ended(step)
        return outcome

    async def _ask(self, call: Call, token: str | None) -> AReply:
        async with asyncio.timeout(self.read_seconds + self.slack_seconds):
            if not self._held.open:
                await self._before()
            client = await self._held.take()
            response = await client.send(self._request(client, call, token), stream=True)
            self.clock_ahead = ahead_of(self._now(), response.headers.get("date"))
            async with aclosing(response):
                body = await body_of(response, most=MOST_BYTES)
            return self._reply(response.status_code, body, response.headers)

    def _request(self, client: httpx.AsyncClient, call: Call, token: str | None) -> httpx.Request:
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
            f"{call.base or self._base}{call.path}",
            headers=headers,
            content=content,
            timeout=httpx.Timeout(self.connect_seconds, read=self.read_seconds),
        )
