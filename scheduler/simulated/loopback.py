"""What every simulated server on a loopback port does: it listens, shuts its door when it is told
to, keeps a log of what came, and lets an answer get lost. Knows no protocol."""

from __future__ import annotations

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, Self, TypeVar, Unpack

from scheduler.httpserver import Request, Response, Server
from scheduler.simulated.odd import OddBodies, bent
from scheduler.simulated.options import Options, OptionWords
from scheduler.simulated.switches import Switches
from scheduler.simulated.timepiece import Instant, Timepiece

LOOPBACK: Final = "127.0.0.1"
REMEMBERED: Final = 2000


@dataclass(frozen=True, slots=True)
class Logged:
    """One request that arrived; its body is never kept, nor the query of a login."""

    at: datetime
    method: str
    path: str
    status: int | None
    """None: no answer went out."""


class Served(ABC):
    """A server that is started, stopped, and used with `async with`; its faults can be switched
    and its state told while it serves."""

    faults: Switches

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it answers."""

    @abstractmethod
    def state(self) -> dict[str, object]:
        """What is in force behind it, and what was asked of it."""

    @abstractmethod
    def watch(self, told: Callable[[Logged], None]) -> None:
        """Tell of each request once it is answered."""

    def act(self, name: str, data: Mapping[str, object]) -> bool:
        """Let something happen to it that only its kind knows; whether it was done."""
        return False

    @abstractmethod
    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1, on any free port by default. Raises OSError if it is taken."""

    @abstractmethod
    async def stop(self) -> None:
        """Shut the door and break every connection."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


F = TypeVar("F", bound=OddBodies)


class Loopback(Served, Generic[F]):
    """Answers by `answer`, which each door makes; keywords are those of `Options`."""

    context: ssl.SSLContext | None = None

    def __init__(
        self, faults: F, now: Callable[[], datetime] | None, **words: Unpack[OptionWords]
    ) -> None:
        self.options = Options(**words)
        self.faults: F = faults
        self.log: list[Logged] = []
        self.on_request: Callable[[Logged], None] | None = None
        self.between: Callable[[Request, Response], Response] = lambda _, response: response
        """What stands between it and a client, and makes something else of its answers."""
        self._timepiece = Timepiece(now)
        self._server = Server(self._answer_late)
        self._port, self._open = 0, False
        self._minding: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Such as 127.0.0.1:40443."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def url(self) -> str:
        """The same as a URL."""
        return f"{'https' if self.context else 'http'}://{self.address}"

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """The answer to a request, which is then noted."""

    async def start(self, port: int = 0) -> None:
        self._timepiece.wind(asyncio.get_running_loop().time)
        self._port = await self._server.listen_tcp(port, context=self.context)
        self._open = True
        self.faults.changed = self._mind_the_door

    async def stop(self) -> None:
        self.faults.changed = None
        await asyncio.gather(*self._minding)
        await self._server.close()

    def read(self) -> Instant:
        return self._timepiece.read()

    def watch(self, told: Callable[[Logged], None]) -> None:
        self.on_request = told

    def note(self, request: Request, status: int | None) -> None:
        logged = Logged(self.read().instant, request.method, request.path, status)
        self.log.append(logged)
        del self.log[:-REMEMBERED]
        if self.on_request is not None:
            self.on_request(logged)

    async def _answer_late(self, request: Request) -> Response:
        if self.faults.slow:
            await asyncio.sleep(self.faults.slow)
        return self.between(request, bent(self.faults, self.answer(request)))

    def _mind_the_door(self) -> None:
        task = asyncio.get_running_loop().create_task(self._open_or_shut())
        self._minding.add(task)
        task.add_done_callback(self._minding.discard)

    async def _open_or_shut(self) -> None:
        """Connections are refused where nobody listens."""
        if self.faults.refuse and self._open:
            self._open = False
            await self._server.close()
        elif not self.faults.refuse and not self._open:
            self._open = True
            await self._server.listen_tcp(self._port, context=self.context)


async def broken(sent: bytes = b"") -> AsyncIterator[bytes]:
    """A body after which, or in the middle of which, the connection breaks."""
    if sent:
        yield sent
    raise ConnectionResetError("by a fault")
