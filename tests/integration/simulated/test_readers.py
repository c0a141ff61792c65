"""Programs by other people read the simulated gateway: tesla-powerwall and pypowerwall."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from scheduler.simulated import SimulatedGateway

from .conftest import Start

PASSWORD = "correct-horse-battery"
RAW_CHARGE = 62.0  # app 60


@pytest.fixture
async def gateway(start: Start) -> SimulatedGateway:
    return await start("21.44", charge=60, mode="autonomous", reserve=30, solar=0.0)


async def test_tesla_powerwall_reads_it_as_customer(gateway: SimulatedGateway) -> None:
    from tesla_powerwall import GridStatus, MeterType, OperationMode, Powerwall, Roles

    async with Powerwall(gateway.url) as reader:
        login = await reader.login(PASSWORD, "owner@example.net")
        charge = await reader.get_charge()
        mode = await reader.get_operation_mode()
        reserve = await reader.get_backup_reserve_percentage()
        version = await reader.get_version()
        status = await reader.get_status()
        sitemaster = await reader.get_sitemaster()
        meters = await reader.get_meters()
        batteries = await reader.get_batteries()
        site = await reader.get_site_info()
        grid = await reader.get_grid_status()
        serials = await reader.get_serial_numbers()
        await reader.logout()

    assert login.roles == [Roles.HOME_OWNER]
    assert charge == pytest.approx(RAW_CHARGE, abs=0.02)
    assert (mode, reserve) == (OperationMode.AUTONOMOUS, 33.5)
    assert (version, status.device_type.value) == ("21.44", "teg")
    assert sitemaster.is_running
    load = meters.get_meter(MeterType.LOAD).instant_power
    assert load > 0
    assert meters.get_meter(MeterType.BATTERY).instant_power == pytest.approx(load)
    assert batteries[0].capacity == 14061
    assert (site.timezone, grid) == ("America/Los_Angeles", GridStatus.CONNECTED)
    assert serials == ["T0000000000000"]
    assert gateway.device.sessions == 0
    assert gateway.device.sitemaster_running


async def test_tesla_powerwall_is_told_of_a_wrong_password(gateway: SimulatedGateway) -> None:
    from tesla_powerwall import AccessDeniedError, Powerwall

    async with Powerwall(gateway.url) as reader:
        with pytest.raises(AccessDeniedError, match="bad credentials"):
            await reader.login("wrong")


async def test_tesla_powerwall_stops_and_runs_the_sitemaster_of_1_49(start: Start) -> None:
    from tesla_powerwall import Powerwall, User

    gateway = await start("1.49")
    async with Powerwall(gateway.url) as reader:
        await reader.login_as(User.INSTALLER, PASSWORD, "", force_sm_off=True)
        stopped = (await reader.get_sitemaster()).is_running
        await reader.run()
        await asyncio.sleep(0.1)
        running = (await reader.get_sitemaster()).is_running

    assert (stopped, running) == (False, True)


# pypowerwall says verify=False with each request, and there is no way to tell it otherwise.
INSECURE = "ignore:Unverified HTTPS request:urllib3.exceptions.InsecureRequestWarning"


@pytest.mark.filterwarnings(INSECURE)
@pytest.mark.parametrize("authmode", ["cookie", "token"])
async def test_pypowerwall_reads_it_as_customer(
    gateway: SimulatedGateway, tmp_path: Path, authmode: str
) -> None:
    seen = await asyncio.to_thread(_read, gateway, tmp_path, authmode)

    assert seen["mode"] == "autonomous"
    assert (seen["reserve"], seen["raw_reserve"]) == (30, 33.5)
    assert seen["raw_charge"] == pytest.approx(RAW_CHARGE, abs=0.02)
    assert seen["charge"] == pytest.approx(60, abs=0.02)
    assert seen["status"]["version"] == "21.44 223a56cd"
    assert seen["grid"] == "UP"
    power = seen["power"]
    total = power["site"] + power["battery"] + power["solar"]
    assert power["load"] == pytest.approx(total, abs=0.1)
    assert power["load"] > 0
    assert gateway.device.logins == 1
    assert gateway.device.sessions == 0


def _read(gateway: SimulatedGateway, folder: Path, authmode: str) -> dict[str, Any]:
    import pypowerwall

    reader = pypowerwall.Powerwall(
        host=gateway.url.removeprefix("https://"),
        password=PASSWORD,
        email="owner@example.net",
        timezone="America/Los_Angeles",
        authpath=str(folder),
        cachefile=str(folder / "session"),
        authmode=authmode,
    )
    seen = {
        "charge": reader.level(scale=True),
        "raw_charge": reader.level(),
        "mode": reader.get_mode(),
        "reserve": reader.get_reserve(scale=True),
        "raw_reserve": reader.get_reserve(scale=False),
        "status": reader.status(),
        "power": reader.power(),
        "grid": reader.grid_status(),
    }
    reader.client.close_session()
    return seen
