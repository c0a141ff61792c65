"""The simulated cloud on a loopback port; API and sign-in answer at one address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Unpack

from scheduler.httpserver import Request, Response
from scheduler.simulated.fleet.cloud import SITE, Cloud
from scheduler.simulated.fleet.door import Door, endpoint_of
from scheduler.simulated.fleet.faults import FleetFaults
from scheduler.simulated.fleet.signin import CLIENT_ID, CLIENT_SECRET, SCOPES, SignIn
from scheduler.simulated.house import House
from scheduler.simulated.loopback import Loopback, broken
from scheduler.simulated.options import OptionWords


class SimulatedFleet(Loopback[FleetFaults]):
    """A cloud with one house in it."""

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
        super().__init__(faults or FleetFaults(), now, **words)
        self.cloud = Cloud(House(self.options, self.read()), self.faults, self.read)
        self.signin = SignIn(self.faults, lambda: self.read().instant, region)
        self.door = Door(self.cloud, self.signin, self.faults)

    async def start(self, port: int = 0) -> None:
        await super().start(port)
        self.door.url = self.url

    def tokens(self, scopes: tuple[str, ...] = SCOPES) -> dict[str, object]:
        return self.signin.pair(scopes)

    def state(self) -> dict[str, object]:
        """The settings in force and those shown, the charge, and what was asked."""
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

    def answer(self, request: Request) -> Response:
        """What the cloud says, or as much of it as is not lost."""
        endpoint = endpoint_of(request.path)
        response = self.door.answer(request)
        lost = self.faults.take_at("answer_lost", endpoint)
        if endpoint == "token" and response.status == 200 and self.faults.take("refresh_lost"):
            lost = True
        self.note(request, None if lost else response.status)
        if lost or (response.body and self.faults.take("drop")):
            assert isinstance(response.body, bytes)
            sent = b"" if lost else response.body[: len(response.body) // 2]
            return replace(response, body=broken(sent))
        return response
