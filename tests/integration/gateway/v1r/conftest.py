"""A simulated unit behind the signed door, and our client of it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler import clock
from scheduler.gateway.base import Step
from scheduler.gateway.v1r.client import V1rGateway
from scheduler.gateway.v1r.key import Key, make_key
from scheduler.simulated.v1r import SimulatedV1r

PASSWORD = "LABEL-PASSWORD"


@pytest.fixture(autouse=True, scope="session")
def library() -> None:
    """The extra, without which there is nothing to try here."""
    pytest.importorskip("aiopowerwall", reason="the extra tedapi is not installed")


@dataclass
class Told:
    """Steps that are only remembered."""

    steps: list[Any] = field(default_factory=list)

    async def ended(self, step: Step) -> None:
        self.steps.append(step)

    async def settled(self) -> None:
        pass

    @property
    def names(self) -> list[str]:
        return [step.step for step in self.steps]


@dataclass
class Hands:
    """A clock that is moved by hand, from now on."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return clock.now() + self.ahead


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return make_key(tmp_path_factory.mktemp("key") / "v1r.pem", bits=2048)


@pytest.fixture
async def unit(key: Key) -> AsyncIterator[SimulatedV1r]:
    async with SimulatedV1r(password=PASSWORD) as made:
        made.keyring.verify(key.public_der)
        yield made


@pytest.fixture
async def opened(
    unit: SimulatedV1r, key: Key, tmp_path: Path, hands: Hands
) -> AsyncIterator[Callable[..., V1rGateway]]:
    """Clients of the unit, as many as are asked for; all remember refusals in one file."""
    made = []

    def open_one(**words: Any) -> V1rGateway:
        told = {"host": unit.address, "password": PASSWORD, "key": key, "timeout": 2.0, **words}
        made.append(V1rGateway(refusal_file=tmp_path / "tou.v1r", now=hands, **told))
        return made[-1]

    yield open_one
    for each in made:
        await each.close()


@pytest.fixture
def gateway(opened: Callable[..., V1rGateway]) -> V1rGateway:
    return opened()
