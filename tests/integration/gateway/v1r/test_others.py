"""Programs of other people drive the simulated unit unchanged: so the fake is an honest one."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiopowerwall import PowerwallClient

from scheduler.gateway.v1r.key import Key
from scheduler.simulated.v1r import SimulatedV1r

from .conftest import PASSWORD


@pytest.fixture
async def theirs(unit: SimulatedV1r, key: Key) -> AsyncIterator[PowerwallClient]:
    async with PowerwallClient(
        host=unit.address, gateway_password=PASSWORD, rsa_private_key_pem=key.pem
    ) as client:
        yield client


async def test_aiopowerwall_reads_and_writes_it(
    unit: SimulatedV1r, theirs: PowerwallClient
) -> None:
    await theirs.set_operation_mode("autonomous")
    await theirs.set_backup_reserve(30)
    await theirs.set_grid_charging(False)
    await theirs.set_export_rule("pv_only")
    config = await theirs.get_config()

    assert config["default_real_mode"] == "autonomous"
    assert config["site_info"]["backup_reserve_percent"] == 33.5
    assert unit.unit.house.export == "pv_only"
    assert not unit.unit.house.grid_charging
    assert await theirs.get_grid_status() == "SystemGridConnected"
    assert (await theirs.get_firmware_details())["system"]["version"]["text"].startswith("26.")


async def test_aiopowerwall_sees_its_key_among_the_clients(theirs: PowerwallClient) -> None:
    found = await theirs.list_authorized_clients()

    assert [each["state"] for each in found["clients"]] == ["VERIFIED"]


async def test_aiopowerwall_orders_a_power_that_ends_by_itself(
    unit: SimulatedV1r, theirs: PowerwallClient
) -> None:
    await theirs.dispatch_battery_power(-3000, 60)
    unit.unit.turn()
    ordered = unit.unit.house.powers().battery
    await theirs.resume_battery_operation()
    unit.unit.turn()

    assert ordered == -3000
    assert unit.unit.house.powers().battery != -3000


async def test_pypowerwall_reads_and_writes_it(
    unit: SimulatedV1r, key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its v1r mode, by its public face."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "key.pem"
    path.write_bytes(key.pem)

    found = await asyncio.to_thread(_by_pypowerwall, unit.address, str(path), tmp_path)

    assert found[0] == "backup"
    assert found[1] == pytest.approx(40, abs=0.6)
    assert unit.unit.house.active.mode == "backup"


def _by_pypowerwall(address: str, path: str, folder: Path) -> tuple[str, float]:
    import pypowerwall

    client = pypowerwall.Powerwall(
        host=address,
        gw_pwd=PASSWORD,
        rsa_key_path=path,
        failover=False,
        authpath=str(folder),
        cachefile=str(folder / "cache"),
        timeout=5,
    )
    client.set_operation(40, "backup")
    return client.get_mode(force=True), client.get_reserve(force=True)
