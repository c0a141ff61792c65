"""Every registered transport, one after the other."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from scheduler.gateway import registry

registry.TRANSPORTS["memory"] = "memory_gateway"
registry.TRANSPORTS["line"] = "line_of_gateways"

from stands import STANDS  # noqa: E402


@dataclass
class Told:
    """Steps that are only remembered."""

    steps: list[Any] = field(default_factory=list)
    settlings: int = 0

    async def ended(self, step):
        self.steps.append(step)

    async def settled(self):
        self.settlings += 1


@pytest.fixture
def told():
    return Told()


@pytest.fixture(params=sorted(registry.TRANSPORTS))
async def stand(request, tmp_path):
    async with STANDS[request.param](tmp_path) as made:
        yield made


@pytest.fixture
async def gateway(stand):
    opened = stand.open()
    yield opened
    await opened.close()
