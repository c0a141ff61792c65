"""The simulated proxy on a loopback port, in plain HTTP as owners run it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, replace
from datetime import datetime
from types import TracebackType
from typing import Final, Self, Unpack

from scheduler.httpserver import Request, Response, Server
from scheduler.simulated.device import Logged
from scheduler.simulated.house import House
from scheduler.simulated.options import Options, OptionWords
from scheduler.simulated.proxy.door import Behind, Dialect, ProxyDoor
from scheduler.simulated.proxy.faults import ProxyFaults
from scheduler.simulated.timepiece import Timepiece

_LOOPBACK: Final = "127.0.0.1"
DEFAULT_SECRET: Final = "simulated"  # noqa: S105 - no secret: it opens a simulation on loopback


class SimulatedProxy:
    """A proxy with a house behind it. Keywords are those of `Options`."""

    def __init__(
        self,
        *,
        faults: ProxyFaults | None = None,
        now: Callable[[], datetime] | None = None,
        secret: str = DEFAULT_SECRET,
        dialect: Dialect = "proxy",
        behind: Behind = "v1r",
        house: House | None = None,
        **words: Unpack[OptionWords],
    ) -> None:
        self.options = Options(**words)
        self.faults = faults or ProxyFaults()
        self._timepiece = Timepiece(now)
        read = self._timepiece.read
        self.house = house or House(self.options, read())
        self.door = ProxyDoor(
            self.house, self.faults, read, secret=secret, dialect=dialect, behind=behind
        )
        self.log: list[Logged] = []
        self.on_request: Callable[[Logged], None] | None = None
        self._server = Server(self._answer)
        self._port = 0
        self._opening: asyncio.Task[object] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{_LOOPBACK}:{self._port}"

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1. Raises OSError."""
        self._timepiece.wind(asyncio.get_running_loop().time)
        self._port = await self._server.listen_tcp(port)
        self.faults.changed = self._mind_the_door

    async def stop(self) -> None:
        """Shut the door and break every connection."""
        self.faults.changed = None
        if self._opening is not None:
            await self._opening
        await self._server.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def state(self) -> dict[str, object]:
        """What a control address tells: the setting in force, the charge, and what was asked."""
        self.house.turn(self._timepiece.read())
        return {
            "url": self.url,
            "active": asdict(self.house.active),
            "grid_charging": self.house.grid_charging,
            "export": self.house.export,
            "charge_percent": round(self.house.app_charge, 2),
            "requests": len(self.log),
        }

    def _mind_the_door(self) -> None:
        """Connections are refused where nobody listens."""
        work = self._server.close() if self.faults.refuse else self._listen_again()
        self._opening = asyncio.ensure_future(work)

    async def _listen_again(self) -> None:
        await self._server.listen_tcp(self._port)

    async def _answer(self, request: Request) -> Response:
        if self.faults.slow:
            await asyncio.sleep(self.faults.slow)
        response = self.door.answer(request)
        lost = request.method == "POST" and self.faults.take_at("answer_lost", request.path)
        self._note(request, None if lost else response.status)
        return replace(response, body=_broken()) if lost else response

    def _note(self, request: Request, status: int | None) -> None:
        logged = Logged(self._timepiece.read().instant, request.method, request.path, status)
        self.log.append(logged)
        if self.on_request is not None:
            self.on_request(logged)


async def _broken() -> AsyncIterator[bytes]:
    """The connection breaks before the body."""
    for error in (ConnectionResetError("by a fault"),):
        raise error
        yield b""
