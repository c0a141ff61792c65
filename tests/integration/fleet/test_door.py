"""The simulated cloud from beside it: its control address, its command, and what it is not."""

import asyncio
import contextlib
import json
import subprocess
import sys

import httpx

from scheduler.simulated.control import ControlDoor
from scheduler.simulated.fleet import FleetFaults, SimulatedFleet


async def test_faults_are_switched_while_it_serves() -> None:
    async with SimulatedFleet() as cloud, httpx.AsyncClient() as client:
        control = ControlDoor(cloud)
        address = await control.start()
        told = (await client.post(f"{address}/faults", json={"set": ["fails:503:2"]})).json()
        wrong = await client.post(f"{address}/faults", json={"set": ["fail:503"]})
        ended = (await client.delete(f"{address}/faults")).json()
        await control.stop()

    assert told["faults"] == {"fails": {"503": 2}}
    assert told["active"]["mode"] == "self_consumption"
    assert wrong.status_code == 400
    assert "Did you mean" in wrong.text
    assert ended["faults"] == {}


async def test_the_command_tells_all_that_a_client_needs() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scheduler", "gateway", "simulate", "--door", "fleet"),
        *("--port", "0", "--control", "0", "--format", "json", "--fault", "lag:3"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    told = json.loads(await process.stdout.readline())
    async with httpx.AsyncClient() as client:
        state = (await client.get(told["control"])).json()
        headers = {"Authorization": f"Bearer {told['access_token']}"}
        products = await client.get(f"{told['url']}/api/1/products", headers=headers)
    process.terminate()
    await process.wait()

    assert state["faults"] == {"lag": 3.0}
    assert int(told["site"]) in [each.get("energy_site_id") for each in products.json()["response"]]


async def test_the_door_shuts_and_opens_again() -> None:
    async with SimulatedFleet() as cloud, httpx.AsyncClient() as client:
        cloud.faults.refuse = True
        await asyncio.sleep(0)
        try:
            await client.get(f"{cloud.url}/api/1/products")
            refused = False
        except httpx.ConnectError:
            refused = True
        cloud.faults.refuse = False
        again = None
        while again is None:
            with contextlib.suppress(httpx.ConnectError):
                again = await client.get(f"{cloud.url}/api/1/products")

    assert refused
    assert again.status_code == 401


def test_every_fault_can_be_set_by_text() -> None:
    examples = {
        "switch": "{}",
        "count": "{}:1",
        "number": "{}:1",
        "whole": "{}:1",
        "text": "{}:Code",
        "keyed": "{}:operation:1",
    }
    for name, kind in FleetFaults.kinds().items():
        faults = FleetFaults.parse(examples[kind].format(name))
        assert getattr(faults, name) or name == "snapped"


def test_a_service_of_the_local_gateway_carries_nothing_of_any_other_way() -> None:
    """The idle service on the local gateway is no heavier for it."""
    script = (
        "import sys; from scheduler import settings; import scheduler.host.host;"
        "import scheduler.gateway.local.client; chosen = settings.load();"
        "others = ('fleet', 'v1r', 'gateway.proxy', 'gateway.failover', 'scheduler.simulated');"
        "print([name for name in sys.modules if any(each in name for each in others)])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        env={"TOU_GATEWAY": "local", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.strip() == "[]"
