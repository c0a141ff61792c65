"""What a site may rely on, whatever transport stands behind it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from scheduler.errors import AuditUnwritableError, GatewayError, GatewayUnreachableError
from scheduler.gateway.abilities import (
    FIRMWARE_UPDATES,
    SITEMASTER,
    FirmwareUpdates,
    Sitemaster,
    ability,
)
from scheduler.gateway.base import Gateway, Limits, Part, Reading, Spend, Step
from scheduler.gateway.budget import Budget, Budgeted
from scheduler.gateway.registry import TRANSPORTS, abilities_of, transport
from scheduler.setting import Mode, Setting, SettingRead

from .conftest import Told
from .stands import Stand

CHARGE = Setting(Mode.BACKUP, 100)
DISCHARGE = Setting(Mode.SELF_CONSUMPTION, 10)
EVERYTHING = frozenset(Part)


async def until_shown(gateway: Gateway, setting: Setting, told: Told) -> Reading:
    """The reading that shows a setting, within the time the transport asks for."""
    limits = gateway.limits
    for number in range(1000):
        reading = await gateway.read(told, spend=Spend.DUE)
        if reading.setting and reading.setting.shows(setting, limits.reserve_tolerance):
            return reading
        await asyncio.sleep(limits.confirm_after[min(number, len(limits.confirm_after) - 1)])
    raise AssertionError("it was never shown")


def test_limits_are_told_by_the_settings_alone(stand: Stand) -> None:
    limits = transport(stand.name).limits_of(stand.settings)

    assert isinstance(limits, Limits)
    assert limits.modes
    assert limits.confirm_within >= limits.confirm_after[0]


async def test_it_has_a_name_without_a_secret(stand: Stand, gateway: Gateway) -> None:
    assert gateway.name
    assert stand.secret not in f"{gateway.name} {gateway!r}"


async def test_a_read_shows_the_setting_on_the_app_scale(
    stand: Stand, gateway: Gateway, told: Told
) -> None:
    reading = await gateway.read(told, spend=Spend.DUE)

    assert reading.setting.mode == stand.in_force().mode == "self_consumption"
    assert reading.setting.reserve == pytest.approx(20, abs=0.1)
    assert reading.at.tzinfo is not None


async def test_what_is_not_known_is_none_and_never_nought(gateway: Gateway, told: Told) -> None:
    reading = await gateway.read(told, spend=Spend.DUE, want=EVERYTHING)

    assert reading.charge is None or 0 < reading.charge <= 100
    assert reading.running in (True, None)
    for each in (reading.powers, reading.counters):
        assert each is None or any(getattr(each, name) is not None for name in each.__slots__)


async def test_a_write_is_in_force_and_read_back(
    stand: Stand, gateway: Gateway, told: Told
) -> None:
    before = await gateway.read(told, spend=Spend.DUE)
    for setting in (CHARGE, DISCHARGE):
        receipt = await gateway.write(setting, before, told)
        before = await until_shown(gateway, setting, told)

        assert stand.in_force().shows(setting)
        assert receipt.sent

    assert gateway.unsafe is None


async def test_the_same_write_twice_is_the_same(stand: Stand, gateway: Gateway, told: Told) -> None:
    for _ in range(2):
        await gateway.write(CHARGE, None, told)

    await until_shown(gateway, CHARGE, told)
    assert stand.in_force().shows(CHARGE)


async def test_a_free_look_raises_nothing_and_changes_nothing(
    stand: Stand, gateway: Gateway, told: Told
) -> None:
    reading = await gateway.read(told, spend=Spend.FREE, want=EVERYTHING)

    assert told.settlings == 0 or not gateway.limits.login_stops
    assert reading.setting is None or reading.setting.mode == "self_consumption"
    nearly: Any = pytest.approx(20, abs=0.1)
    assert stand.in_force() == SettingRead("self_consumption", nearly)
    assert gateway.unsafe is None


async def test_every_request_is_told_and_none_shows_a_secret(
    stand: Stand, gateway: Gateway, told: Told
) -> None:
    await gateway.write(CHARGE, None, told)

    assert any(step.step == "write" for step in told.steps)
    assert told.settlings >= 1
    assert stand.secret not in repr(told.steps)


async def test_a_full_audit_keeps_everything_from_being_changed(
    stand: Stand, gateway: Gateway
) -> None:
    class Full:
        async def ended(self, step: Step) -> None:
            pass

        async def settled(self) -> None:
            raise AuditUnwritableError

    with pytest.raises(AuditUnwritableError):
        await gateway.write(CHARGE, None, Full())

    assert not stand.in_force().shows(CHARGE)


async def test_a_gateway_that_is_gone_is_unreachable_and_was_told_nothing(
    stand: Stand, gateway: Gateway, told: Told
) -> None:
    stand.vanish()
    with pytest.raises(GatewayUnreachableError) as reading:
        await gateway.read(told, spend=Spend.DUE)
    with pytest.raises(GatewayUnreachableError) as writing:
        await gateway.write(CHARGE, None, told)

    assert writing.value.delivered == "no"
    assert str(reading.value)
    assert isinstance(reading.value, GatewayError)


async def test_making_safe_what_is_safe_does_no_harm(
    stand: Stand, gateway: Gateway, told: Told
) -> None:
    await gateway.write(CHARGE, None, told)
    await gateway.make_safe(told)

    assert gateway.unsafe is None
    assert stand.in_force().shows(CHARGE)


async def test_closing_twice_and_asking_again_afterwards_is_allowed(
    gateway: Gateway, told: Told
) -> None:
    await gateway.read(told, spend=Spend.DUE)
    await gateway.close()
    await gateway.close()


async def test_a_budget_around_it_changes_nothing_but_the_count(
    stand: Stand, gateway: Gateway, told: Told, tmp_path: Path
) -> None:
    budgeted = Budgeted(gateway, Budget(calls=500), tmp_path / "budget", now=stand.surroundings.now)

    await budgeted.write(CHARGE, None, told)
    await until_shown(budgeted, CHARGE, told)

    assert budgeted.left() == {"calls": 500 - len(told.steps)}


def test_every_transport_stands_here() -> None:
    from .stands import STANDS

    assert set(TRANSPORTS) == set(STANDS)


async def test_the_abilities_that_its_entry_tells_are_those_that_it_has(
    stand: Stand, gateway: Gateway
) -> None:
    told = abilities_of(stand.name)
    kinds = {FIRMWARE_UPDATES: FirmwareUpdates, SITEMASTER: Sitemaster}

    has = {name for name, kind in kinds.items() if ability(gateway, kind) is not None}

    assert told is None or told == has
