"""A gateway whose answers a test writes by hand, for what no real one should send."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from scheduler.gateway.base import Step
from scheduler.gateway.local.client import LocalGateway
from scheduler.gateway.local.line import line_to
from scheduler.gateway.local.wire import Carrier

TOKEN = "Q" * 86 + "=="


@dataclass
class Told:
    """Steps that are only remembered."""

    steps: list[Step] = field(default_factory=list)
    settlings: int = 0

    async def ended(self, step: Step) -> None:
        self.steps.append(step)

    async def settled(self) -> None:
        self.settlings += 1

    def paths(self) -> list[str]:
        return [f"{step.method} {step.path}" for step in self.steps]


@dataclass
class Clock:
    """A monotonic clock that moves when somebody sleeps."""

    seconds: float = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Body(httpx.AsyncByteStream):
    """A body that was not read yet, as from a socket."""

    content: bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


@dataclass
class Scripted:
    """Answers by method and path; a list is used up to its last."""

    answers: dict[str, Any]
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        key = f"{request.method} {request.url.raw_path.decode()}"
        answer = self.answers.get(key, httpx.Response(404))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(request)
        if isinstance(answer.stream, httpx.ByteStream):
            body = Body(answer.content)
        else:
            body = answer.stream
        return httpx.Response(answer.status_code, headers=answer.headers, stream=body)

    def paths(self) -> list[str]:
        return [f"{each.method} {each.url.raw_path.decode()}" for each in self.requests]


def usual(**others: Any) -> dict[str, Any]:
    """The answers of a gateway with firmware 1.49 on which all is well."""
    return {
        "GET /api/status": httpx.Response(
            200, json={"version": "1.49.0", "up_time_seconds": "5h1m2.5s"}
        ),
        "GET /api/system_status/grid_status": httpx.Response(
            200, json={"grid_status": "SystemGridConnected"}
        ),
        "POST /api/login/Basic": httpx.Response(200, json={"token": TOKEN}),
        "GET /api/sitemaster": httpx.Response(200, json={"running": True}),
        "GET /api/sitemaster/run": httpx.Response(202),
        "GET /api/operation": httpx.Response(
            200, json={"real_mode": "backup", "backup_reserve_percent": 100}
        ),
        "POST /api/operation": httpx.Response(200),
        "GET /api/config/completed": httpx.Response(200),
        **others,
    }


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def ticking() -> Clock:
    return Clock()


Scripting = Callable[..., tuple[LocalGateway, Scripted]]


@pytest.fixture
def scripted(ticking: Clock) -> Scripting:
    def make(answers: dict[str, Any], **words: Any) -> tuple[LocalGateway, Scripted]:
        script = Scripted(answers)
        usual_words = {
            "url": "https://powerwall",
            "username": "installer",
            "email": "",
            "password": "hunter2",
            "fingerprint": "0f" * 32,
            "certificate": None,
            "session_file": None,
            "pause": 2.0,
            "monotonic": ticking.monotonic,
            "sleep": ticking.sleep,
            "carrier": Carrier(transport=httpx.MockTransport(script)),
        }
        return LocalGateway(line_to(**{**usual_words, **words})), script

    return make


Answers = Callable[..., dict[str, Any]]


@pytest.fixture
def answers() -> Answers:
    return usual
