"""The client against the simulated gateway, over real TLS on loopback."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scheduler.gateway.base import Step
from scheduler.gateway.local.client import LocalGateway
from scheduler.gateway.local.line import line_to
from scheduler.simulated import SimulatedGateway

PASSWORD = "correct-horse-battery"
EMAIL = "owner@example.net"
SPEED = 50.0
"""How much less the client waits than it would; the requests take their real time."""


@dataclass
class Told:
    """Steps that are only remembered."""

    steps: list[Step] = field(default_factory=list)

    async def ended(self, step: Step) -> None:
        self.steps.append(step)

    async def settled(self) -> None:
        pass

    def names(self) -> list[str]:
        return [step.step for step in self.steps]


def at_speed(speed: float) -> dict[str, Any]:
    """A clock for the client whose waits are over so many times sooner. Only the waits: a machine
    that stands still for a moment must not become half a minute."""
    leapt = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal leapt
        await asyncio.sleep(seconds / speed)
        leapt += seconds - seconds / speed

    return {"monotonic": lambda: time.monotonic() + leapt, "sleep": sleep}


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def session_file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.session"


Start = Callable[..., Awaitable[SimulatedGateway]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts simulated gateways, and stops them at the end."""
    started = []

    async def make(profile: str = "1.49", **words: Any) -> SimulatedGateway:
        usual = {"password": PASSWORD, "run_seconds": 0.05, "stop_seconds": 0.02}
        gateway = SimulatedGateway(profile=profile, **{**usual, **words})
        await gateway.start()
        started.append(gateway)
        return gateway

    yield make
    for gateway in started:
        await gateway.stop()


Connect = Callable[..., LocalGateway]


@pytest.fixture
async def connect(session_file: Path) -> AsyncIterator[Connect]:
    """Makes clients that wait fifty times less, and closes them at the end."""
    made = []

    def make(simulation: SimulatedGateway, **words: Any) -> LocalGateway:
        usual = {
            "url": simulation.url,
            "username": "installer",
            "email": EMAIL,
            "password": PASSWORD,
            "fingerprint": simulation.fingerprint,
            "certificate": None,
            "session_file": session_file,
            "pause": 0.0,
            **at_speed(SPEED),
        }
        client = LocalGateway(line_to(**{**usual, **words}))
        made.append(client)
        return client

    yield make
    for client in made:
        await client.close()


Arrived = Callable[..., list[str]]


@pytest.fixture
def arrived() -> Arrived:
    """What reached a simulated gateway, as `GET /api/status`."""

    def read(simulation: SimulatedGateway) -> list[str]:
        return [f"{each.method} {each.path}" for each in simulation.device.requests]

    return read
