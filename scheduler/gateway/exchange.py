"""One request of a transport over HTTP: sent once, timed, told as a step, its failure in the
transport's own words. Knows no API.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlencode

import httpx

from scheduler.errors import GatewayError
from scheduler.gateway.base import Step, Steps
from scheduler.gateway.careful import finish
from scheduler.gateway.clocks import ahead_of
from scheduler.gateway.http import CANCEL_GRACE, ERRORS, Held, HeldClient, body_of


@dataclass(frozen=True, slots=True)
class Call:
    """One request; body and form are in no repr, since they may hold a secret."""

    step: str
    method: str
    path: str
    body: Mapping[str, object] | None = field(default=None, repr=False)
    changes: bool = False
    """Whether it changes something, so that the audit must be on disk before it."""
    form: Mapping[str, str] | None = field(default=None, repr=False)
    """In place of a JSON body."""
    base: str = ""
    """Another host than the usual one."""
    slow: bool = False
    """Whether the answer may take longer than usual."""

    def content(self) -> bytes:
        """The body as JSON."""
        return json.dumps(self.body, separators=(",", ":")).encode()

    @property
    def what(self) -> str:
        """For a sentence, such as `GET /version`."""
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True, slots=True)
class HttpReply:
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

    @property
    def fine(self) -> bool:
        """Whether it is what was asked for, by status and body together."""
        raise NotImplementedError


AReply = TypeVar("AReply", bound=HttpReply)
Note = Callable[[AReply], str | None]


class Credential(Protocol):
    """What a request shows to be let in."""

    def headers(self) -> dict[str, str]:
        """The headers that show it."""

    def secrets(self) -> tuple[str, ...]:
        """What of it must not be shown anywhere."""


class HttpWire(ABC, Generic[AReply, Held]):
    """The connections to one server. HTTP/1.1, no redirects, bodies within bounds; nothing is held
    while nothing is asked."""

    connect_seconds = 5.0
    read_seconds: float
    slack_seconds = 5.0
    """For the whole of a request, beyond the wait for its next byte."""
    idle_seconds: float
    most_bytes = 1_000_000
    keeps_query = False
    """Whether a step is told with its query, which may hold what is private."""

    def __init__(
        self, base: str, now: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        self.clock_ahead: float | None = None
        """Seconds by which its clock was ahead of ours with its last answer."""
        self._base, self._now, self._monotonic = base, now, monotonic
        self.held: HeldClient[Held] = HeldClient(self._client, idle=self.idle_seconds)

    @abstractmethod
    def _client(self) -> Held: ...

    @abstractmethod
    def _answer(
        self, client: Held, call: Call, headers: Mapping[str, str]
    ) -> Awaitable[httpx.Response]:
        """The answer as it begins; its body is still to come."""

    @abstractmethod
    def _reply(self, status: int, body: bytes, headers: httpx.Headers) -> AReply: ...

    @abstractmethod
    def _failure(self, call: Call, error: Exception) -> GatewayError: ...

    @abstractmethod
    def _complaint(self, reply: AReply) -> str:
        """What an answer that is not fine says, fit to be shown; may be empty."""

    async def _before(self) -> None:
        """What must be so before a request. Raises GatewayError or one of ERRORS."""

    def _noted(self, call: Call, reply: AReply) -> AReply:
        """The answer as it is handed on."""
        return reply

    def _patience(self, call: Call) -> float:
        """Seconds for the next byte of an answer."""
        return self.read_seconds

    def _prepared(self, call: Call, credential: Credential | None, *, urgent: bool) -> None:
        """Before anything goes out. Raises GatewayError where nothing may."""

    def _failed(self) -> None:
        """An exchange came to nothing."""

    async def send(
        self,
        call: Call,
        steps: Steps,
        credential: Credential | None = None,
        *,
        urgent: bool = False,
        note: Note[AReply] | None = None,
    ) -> AReply:
        """The answer to one request, whatever its status; `note` is told with the step of a fine
        one. `urgent` does not heed an endpoint's wait. Raises GatewayError where there is no
        answer, AuditError where a step is not kept."""
        self._prepared(call, credential, urgent=urgent)
        if call.changes:
            await steps.settled()
        headers = credential.headers() if credential else {}
        # Cut off in the middle, a request is neither known nor recorded, and a TLS handshake
        # leaves its socket open (httpcore 1.0.9 closes it on Exception only).
        outcome = await finish(self._exchange(call, steps, headers, note), grace=CANCEL_GRACE)
        if isinstance(outcome, GatewayError):
            self._failed()
            raise outcome
        return outcome

    async def close(self) -> None:
        """Close the connections; another request would make new ones."""
        await self.held.close()

    async def _exchange(
        self, call: Call, steps: Steps, headers: Mapping[str, str], note: Note[AReply] | None
    ) -> AReply | GatewayError:
        """One request. An error is returned, not raised: so it carries no trace of httpx's own,
        which holds the request with its headers and its form."""
        at, began = self._now(), self._monotonic()
        outcome: AReply | GatewayError
        try:
            await self._before()
            client = await self.held.take()
            async with asyncio.timeout(self._patience(call) + self.slack_seconds):
                response = await self._answer(client, call, headers)
                self.clock_ahead = ahead_of(self._now(), response.headers.get("date"))
                async with aclosing(response):
                    body = await body_of(response, most=self.most_bytes)
            outcome = self._reply(response.status_code, body, response.headers)
        except GatewayError as error:
            outcome = type(error)(str(error), retry_after=error.retry_after, delivered="no")
        except ERRORS as error:
            outcome = self._failure(call, error)
        self.held.rest()
        status = None if isinstance(outcome, GatewayError) else outcome.status
        duration = round((self._monotonic() - began) * 1000, 3)
        told = self._told(outcome, note)
        path = call.path if self.keeps_query else call.path.partition("?")[0]
        await steps.ended(Step(at, call.step, call.method, path, status, duration, told))
        return outcome if isinstance(outcome, GatewayError) else self._noted(call, outcome)

    def _told(self, outcome: AReply | GatewayError, note: Note[AReply] | None) -> str | None:
        if isinstance(outcome, GatewayError):
            return str(outcome)
        if outcome.fine:
            return note(outcome) if note else None
        return self._complaint(outcome) or f"status {outcome.status}"


class ClientWire(HttpWire[AReply, httpx.AsyncClient]):
    """By httpx's own client, which knows of proxies and redirects."""

    def _answer(
        self, client: httpx.AsyncClient, call: Call, headers: Mapping[str, str]
    ) -> Awaitable[httpx.Response]:
        sent, content = dict(headers), None
        if call.form is not None:
            content = urlencode(call.form).encode()
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        elif call.body is not None:
            content = call.content()
            sent["Content-Type"] = "application/json"
        request = client.build_request(
            call.method,
            f"{call.base or self._base}{call.path}",
            headers=sent,
            content=content,
            timeout=httpx.Timeout(self.connect_seconds, read=self._patience(call)),
        )
        return client.send(request, stream=True)
