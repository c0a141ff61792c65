"""The simulated proxy on a loopback port, in plain HTTP as owners run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Final, Unpack

from scheduler.httpserver import Request, Response
from scheduler.simulated.house import House
from scheduler.simulated.loopback import Loopback, broken
from scheduler.simulated.options import OptionWords
from scheduler.simulated.proxy.door import Behind, Dialect, ProxyDoor
from scheduler.simulated.proxy.faults import ProxyFaults

DEFAULT_SECRET: Final = "simulated"  # noqa: S105 - no secret: it opens a simulation on loopback


class SimulatedProxy(Loopback[ProxyFaults]):
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
        super().__init__(faults or ProxyFaults(), now, **words)
        self.house = house or House(self.options, self.read())
        self.door = ProxyDoor(
            self.house, self.faults, self.read, secret=secret, dialect=dialect, behind=behind
        )

    def state(self) -> dict[str, object]:
        """The setting in force, the charge, and what was asked."""
        self.house.turn(self.read())
        return {
            "url": self.url,
            "active": asdict(self.house.active),
            "grid_charging": self.house.grid_charging,
            "export": self.house.export,
            "charge_percent": round(self.house.app_charge, 2),
            "requests": len(self.log),
        }

    def answer(self, request: Request) -> Response:
        """What the proxy says, unless it is lost."""
        response = self.door.answer(request)
        lost = request.method == "POST" and self.faults.take_at("answer_lost", request.path)
        self.note(request, None if lost else response.status)
        return replace(response, body=broken()) if lost else response
