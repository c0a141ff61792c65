"""The cloud's client against the simulated cloud, on loopback, by a clock that the test moves."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.gateway.base import Gateway, Reading, Spend, Step
from scheduler.gateway.budget import Budgeted
from scheduler.gateway.fleet import TOKENS, open_gateway
from scheduler.gateway.fleet.settings import FleetSettings
from scheduler.gateway.fleet.tokens import TokenFile, Tokens
from scheduler.gateway.registry import Surroundings
from scheduler.simulated.fleet import SimulatedFleet
from scheduler.simulated.fleet.faults import FleetFaults


@dataclass
class Clock:
    """Wall time and elapsed time that the test moves by hand."""

    instant: datetime = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
    elapsed: float = 1000.0

    def now(self) -> datetime:
        self.move(milliseconds=1)
        return self.instant

    def monotonic(self) -> float:
        return self.elapsed

    def move(self, **by: float) -> None:
        self.instant += timedelta(**by)
        self.elapsed += timedelta(**by).total_seconds()


@dataclass
class Told:
    """Steps that are only remembered."""

    steps: list[Step] = field(default_factory=list)
    settlings: int = 0

    async def ended(self, step: Step) -> None:
        self.steps.append(step)

    async def settled(self) -> None:
        self.settlings += 1

    def lines(self, after: int = 0) -> list[str]:
        return [f"{step.method} {step.path.rpartition('/')[2]}" for step in self.steps[after:]]


@dataclass
class Stand:
    """A cloud, a folder and whoever asks."""

    cloud: SimulatedFleet
    clock: Clock
    state: Path
    told: Told = field(default_factory=Told)
    opened: list[Any] = field(default_factory=list)

    @property
    def faults(self) -> FleetFaults:
        return self.cloud.faults

    @property
    def file(self) -> TokenFile:
        return TokenFile(self.state.with_suffix(TOKENS))

    @property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.state, self.clock.now, self.clock.monotonic, "America/Los_Angeles")

    def sign_in(self, **scopes: Any) -> Tokens:
        now = self.clock.now()
        first = Tokens(self.cloud.client_id, "none", "none", now, now)
        tokens = replace(first.renewed(self.cloud.tokens(**scopes), now), old=None)
        self.file.keep(tokens)
        return tokens

    def settings(self, **words: Any) -> FleetSettings:
        usual = {
            "fleet_site": self.cloud.site,
            "fleet_api_url": self.cloud.url,
            "fleet_token_url": self.cloud.url,
            "gateway_pause": timedelta(0),
        }
        return FleetSettings.model_construct(**{**usual, **words})

    def open(self, **words: Any) -> Budgeted:
        gateway = open_gateway(self.settings(**words), self.surroundings)
        self.opened.append(gateway)
        return gateway

    async def read(self, gateway: Gateway | None = None, **words: Any) -> Reading:
        return await (gateway or self.open()).read(self.told, spend=Spend.DUE, **words)

    def asked(self, after: int = 0) -> list[str]:
        """What reached the cloud."""
        return [f"{each.method} {each.path.rpartition('/')[2]}" for each in self.cloud.log[after:]]


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    clock = Clock()
    async with SimulatedFleet(now=clock.now) as cloud:
        made = Stand(cloud, clock, tmp_path / "tou.db")
        made.sign_in()
        yield made
        for gateway in made.opened:
            await gateway.close()
