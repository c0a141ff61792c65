"""A setting from the schedule to the battery, on every firmware."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from scheduler.errors import GatewayRefusedError, GatewayUnreachableError
from scheduler.gateway.abilities import UpdateState
from scheduler.gateway.base import Part, Spend
from scheduler.setting import Mode, Setting

from .conftest import Arrived, Connect, Start, Told

WRITABLE = ["1.15", "1.18", "1.40", "1.43.3", "1.49"]
READ_ONLY = ["1.50.1", "20.49", "21.44", "23.28", "24.36", "25.10"]
CHARGE = Setting(Mode.BACKUP, 100)
DISCHARGE = Setting(Mode.SELF_CONSUMPTION, 5)


@pytest.mark.parametrize("profile", WRITABLE)
async def test_setting_is_written_committed_and_in_force(
    start: Start, connect: Connect, told: Told, profile: str
) -> None:
    simulation = await start(profile)
    client = connect(simulation)

    await client.write(CHARGE, None, told)
    observed = await client.read(told, spend=Spend.DUE)

    assert observed.setting.shows(CHARGE)
    assert simulation.device.active.mode == "backup"
    assert simulation.device.active.reserve == 100
    assert simulation.device.sitemaster_running
    assert simulation.device.logins == 1
    assert client.unsafe is None


@pytest.mark.parametrize("profile", WRITABLE)
async def test_settings_follow_one_another_with_one_login(
    start: Start, connect: Connect, told: Told, profile: str
) -> None:
    """1.43.3 applies the setting before the last, so it is sent and committed twice."""
    simulation = await start(profile)
    client = connect(simulation)
    for setting in (CHARGE, DISCHARGE, Setting(Mode.BACKUP, 80)):
        await client.write(setting, None, told)

        assert simulation.device.active.mode == setting.mode
        assert simulation.device.active.reserve == pytest.approx(setting.reserve * 0.95 + 5)

    assert simulation.device.logins == 1
    assert simulation.device.sitemaster_running


async def test_each_request_is_one_step_in_the_order_of_the_protocol(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    client = connect(simulation)

    await client.write(CHARGE, None, told)

    names = [name for name in told.names() if name != "look"]
    assert names == ["version", "grid", "login", "run", "write", "commit", "run"]
    assert told.names()[-1] == "look"
    assert all(step.duration_ms > 0 and step.status for step in told.steps)
    assert len(told.steps) == len(simulation.device.requests)


async def test_warm_session_writes_in_four_requests(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    client = connect(simulation)
    await client.write(CHARGE, None, told)
    told.steps.clear()

    await client.write(DISCHARGE, None, told)

    assert told.names() == ["write", "commit", "run", "look"]


@pytest.mark.parametrize("profile", READ_ONLY)
@pytest.mark.parametrize("username", ["installer", "customer"])
async def test_newer_firmware_is_not_written_to_and_says_why(
    start: Start, connect: Connect, told: Told, arrived: Arrived, *, profile: str, username: str
) -> None:
    simulation = await start(profile)
    client = connect(simulation, username=username)

    with pytest.raises(GatewayRefusedError, match=r"up to 1\.49"):
        await client.write(CHARGE, None, told)

    assert arrived(simulation) == ["GET /api/status"]


@pytest.mark.parametrize("profile", ["1.40", "1.49", "20.49", "21.44", "24.36"])
async def test_customer_reads_without_stopping_the_battery(
    start: Start, connect: Connect, told: Told, profile: str
) -> None:
    simulation = await start(profile, reserve=20, charge=64)
    client = connect(simulation, username="customer")

    observed = await client.read(told, spend=Spend.DUE)
    charge = (await client.read(told, spend=Spend.DUE, want=frozenset({Part.CHARGE}))).charge

    assert (observed.setting.mode, observed.setting.reserve) == ("self_consumption", 20)
    assert charge == pytest.approx(64, abs=0.1)
    assert "run" not in told.names()
    assert client.unsafe is None
    assert simulation.device.sitemaster_running


async def test_installer_of_newer_firmware_learns_of_the_switch(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("21.44")
    client = connect(simulation)

    with pytest.raises(GatewayRefusedError, match="switch"):
        await client.read(told, spend=Spend.DUE)

    assert client.unsafe is None


async def test_identity_and_limits_need_no_session(
    start: Start, connect: Connect, told: Told, arrived: Arrived
) -> None:
    simulation = await start("1.15")
    client = connect(simulation)

    identity = await client.identify(told)
    allowed = client.limits

    assert identity.version == "1.15.0"
    assert identity.uptime_seconds > 0
    assert (allowed.can_write, allowed.login_stops) == (True, True)
    assert allowed.modes == {Mode.SELF_CONSUMPTION, Mode.BACKUP}
    assert arrived(simulation) == ["GET /api/status"]


@pytest.mark.parametrize("profile", ["1.15", "1.40", "1.49"])
async def test_charge_of_old_firmware_is_read_without_a_login(
    start: Start, connect: Connect, told: Told, profile: str
) -> None:
    simulation = await start(profile, charge=42)
    client = connect(simulation)

    reading = await client.read(told, spend=Spend.DUE, want=frozenset({Part.CHARGE}))

    assert reading.charge == pytest.approx(42, abs=0.1)
    assert simulation.device.logins == 0


async def test_mode_that_old_firmware_refuses_is_a_matter_for_the_schedule(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.18")
    client = connect(simulation)

    with pytest.raises(GatewayRefusedError, match="schedule"):
        await client.write(Setting(Mode.AUTONOMOUS, 20), None, told)

    assert simulation.device.sitemaster_running
    assert client.unsafe is None


async def test_commit_and_run_can_be_asked_for_alone(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    client = connect(simulation)

    await client.commit(told)
    await client.run_sitemaster(told)

    assert told.names()[-3:] == ["commit", "run", "look"]
    assert simulation.device.sitemaster_running


async def test_firmware_update_is_checked_polled_and_installed(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start(
        "1.40",
        update="staged",
        update_version="1.43.3",
        check_seconds=0.02,
        away_seconds=0.05,
    )
    client = connect(simulation)
    await client.start_update_check(told)
    await _until(client.update, told, lambda update: update.state is UpdateState.STAGED)

    await client.install_update(told)
    await _until(client.identify, told, lambda identity: identity.version == "1.43.3")

    assert client.limits.can_write


async def _until(ask: Callable[..., Any], told: Told, accept: Callable[..., bool]) -> None:
    """Ask every 10 ms; a gateway that is away is asked again."""
    while True:
        with contextlib.suppress(GatewayUnreachableError):
            if accept(await ask(told)):
                return
        await asyncio.sleep(0.01)
