"""The second address, where faults are switched while the gateway serves."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from scheduler.simulated import SimulatedGateway
from scheduler.simulated.control import ControlDoor

from .conftest import Start


@pytest.fixture
async def control(start: Start) -> AsyncIterator[tuple[SimulatedGateway, httpx.AsyncClient]]:
    gateway = await start("1.49")
    serving = ControlDoor(gateway)
    async with httpx.AsyncClient(base_url=await serving.start(), trust_env=False) as client:
        yield gateway, client
    await serving.stop()


async def test_faults_are_set_told_and_ended(
    control: tuple[SimulatedGateway, httpx.AsyncClient],
) -> None:
    gateway, client = control

    told = (await client.post("/faults", json={"set": ["busy:3", "missing:status:2"]})).json()
    busy = gateway.faults.busy
    after = (await client.delete("/faults")).json()

    assert told["faults"] == {"busy": 3, "missing": {"status": 2}}
    assert busy == 3
    assert after["faults"] == {}
    assert gateway.faults.busy == 0


@pytest.mark.parametrize("body", [{"set": ["bussy"]}, {"set": [3]}, [], {"put": []}])
async def test_what_is_no_fault_is_refused(
    control: tuple[SimulatedGateway, httpx.AsyncClient], body: dict[str, Any] | list[Any]
) -> None:
    _, client = control

    answer = await client.post("/faults", json=body)

    assert answer.status_code == 400
    assert "busy:3" in answer.json()["error"]


async def test_the_state_is_told_and_the_sitemaster_stopped(
    control: tuple[SimulatedGateway, httpx.AsyncClient],
) -> None:
    gateway, client = control

    before = (await client.get("/")).json()
    await client.post("/stop")

    assert before["running"]
    assert before["active"]["mode"] == "self_consumption"
    assert not gateway.device.sitemaster.wanted
