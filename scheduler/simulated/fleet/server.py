"""The simulated cloud on a loopback port; API and sign-in answer at one address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, replace
from datetime import datetime
from types import TracebackType
from typing import Final, Self, Unpack

from scheduler.httpserver import Request, Response, Server
from scheduler.simulated.device import Logged
from scheduler.simulated.fleet.cloud import SITE, Cloud
from scheduler.simulated.fleet.door import Door, endpoint_of
from scheduler.simulated.fleet.faults import FleetFaults
from scheduler.simulated.fleet.signin import CLIENT_ID, CLIENT_SECRET, SCOPES, SignIn
from scheduler.simulated.house import House
from scheduler.simulated.options import Options, OptionWords
from scheduler.simulated.timepiece import Timepiece

_LOOPBACK: Final = "127.0.0.1"


class SimulatedFleet:
    """A cloud with one house in it. Keywords are those of `Options`."""

    client_id = CLIENT_ID
    client_secret = CLIENT_SECRET
    site = str(SITE)

    def __init__(
        self,
        *,
        faults: FleetFaults | None = None,
        now: Callable[[], datetime] | None = None,
        region: str = "na",
        **words: Unpack[OptionWords],
    ) -> None:
        self.options = Options(**words)
        self.faults = faults or FleetFaults()
        self._timepiece = Timepiece(now)
        house = House(self.options, self._timepiece.read())
        self.cloud = Cloud(house, self.faults, self._timepiece.read)
        self.signin = SignIn(self.faults, lambda: self._timepiece.read().instant, region)
        self.door = Door(self.cloud, self.signin, self.faults)
        self.log: list[Logged] = []
        self.on_request: Callable[[Logged], None] | None = None
        self._server = Server(self._answer)
        self._port, self._shut = 0, False
        self._opening: asyncio.Task[object] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{_LOOPBACK}:{self._port}"

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1. Raises OSError."""
        self._timepiece.wind(asyncio.get_running_loop().time)
        self._port = await self._server.listen_tcp(port)
        self.door.url = self.url
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

    def tokens(self, scopes: tuple[str, ...] = SCOPES) -> dict[str, object]:
        """A pair of tokens, as from a sign-in."""
        return self.signin.pair(scopes)

    def state(self) -> dict[str, object]:
        """What a control address tells: the settings in force, the charge, and what was asked."""
        self.cloud.turn()
        return {
            "url": self.url,
            "site": self.site,
            "active": asdict(self.cloud.in_force),
            "shown": asdict(self.cloud.shown()),
            "charge_percent": round(self.cloud.house.app_charge, 2),
            "reads": self.cloud.reads,
            "commands": self.cloud.commands,
            "refreshes": self.signin.refreshes,
            "requests": len(self.log),
        }

    def _mind_the_door(self) -> None:
        """Connections are refused where nobody listens."""
        if self._shut is self.faults.refuse:
            return
        self._shut = self.faults.refuse
        work = self._server.close() if self._shut else self._listen_again()
        self._opening = asyncio.ensure_future(work)

    async def _listen_again(self) -> None:
        await self._server.listen_tcp(self._port)

    async def _answer(self, request: Request) -> Response:
        if self.faults.slow:
            await asyncio.sleep(self.faults.slow)
        endpoint = endpoint_of(request.path)
        response = self.door.answer(request)
        lost = self.faults.take_at("answer_lost", endpoint)
        if endpoint == "token" and response.status == 200 and self.faults.take("refresh_lost"):
            lost = True
        self._note(request, None if lost else response.status)
        if lost or (response.body and self.faults.take("drop")):
            assert isinstance(response.body, bytes)
            sent = b"" if lost else response.body[: len(response.body) // 2]
            return replace(response, body=_broken(sent))
        return response

    def _note(self, request: Request, status: int | None) -> None:
        logged = Logged(self._timepiece.read().instant, request.method, request.path, status)
        self.log.append(logged)
        if self.on_request is not None:
            self.on_request(logged)


async def _broken(sent: bytes) -> AsyncIterator[bytes]:
    """The connection breaks after this much of the body."""
    if sent:
        yield sent
    raise ConnectionResetError("by a fault")
