"""Every registered transport, one after the other."""

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scheduler.gateway.base import Gateway, Step

sys.path.insert(0, str(Path(__file__).parent))

from scheduler.gateway import registry

registry.TRANSPORTS["memory"] = "memory_gateway"
registry.TRANSPORTS["line"] = "line_of_gateways"

from .stands import STANDS, Stand  # noqa: E402


@dataclass
class Told:
    """Steps that are only remembered."""

    steps: list[Step] = field(default_factory=list)
    settlings: int = 0

    async def ended(self, step: Step) -> None:
        self.steps.append(step)

    async def settled(self) -> None:
        self.settlings += 1


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture(params=sorted(registry.TRANSPORTS))
async def stand(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stand]:
    async with STANDS[request.param](tmp_path) as made:
        yield made


@pytest.fixture
async def gateway(stand: Stand) -> AsyncIterator[Gateway]:
    opened = stand.open()
    yield opened
    await opened.close()
