"""Holding the charge: read when the rule begins, never asked for beyond what is there or kept."""

from __future__ import annotations

import dataclasses

import pytest

from scheduler.gateway.base import Limits, Reserves
from scheduler.schedule.values import ClockWindow, Condition, Inset, Rule, Schedule
from scheduler.setting import HOLD, Export, GridCharging, Mode, Setting
from scheduler.site.apply import objection
from scheduler.words import Outcome, Wake

from .conftest import Home

CLOUD = Limits(reserves=Reserves(((0, 80), (100, 100)), whole=True), grid_charging=True)
HELD = Setting(Mode.SELF_CONSUMPTION, HOLD)


@pytest.fixture
def house(house: Home, holding: Schedule) -> Home:
    house.schedule = holding
    house.at(22)
    return house


async def test_the_charge_is_held_rounded_down(house: Home) -> None:
    attempt = await house.look(Wake.BOUNDARY)

    assert (attempt.outcome, attempt.setting.reserve) == (Outcome.CONFIRMED, 63.0)


async def test_the_same_hold_keeps_its_percentage_over_a_restart(house: Home) -> None:
    await house.look(Wake.BOUNDARY)
    house.device.charge = 40.0
    await house.restart(gone_for=3600)

    await house.look(Wake.START)

    assert house.device.shown().reserve == 63.0


async def test_the_same_hold_keeps_the_percentage_that_waits_to_be_confirmed(house: Home) -> None:
    house.device.limits = Limits(confirm_after=(5.0,), confirm_within=600)
    await house.look(Wake.BOUNDARY)
    house.device.charge = 40.0
    await house.restart(gone_for=10)

    await house.look(Wake.START)

    assert house.outcomes() == ["confirmed"]
    assert house.device.shown().reserve == 63.0


async def test_another_hold_that_follows_reads_the_charge_anew(house: Home) -> None:
    first = Condition(windows=(ClockWindow(22 * 3600, 23 * 3600),))
    other = Rule("hold on", first, Inset(), HELD, house.schedule.rules[0].place)
    house.schedule = dataclasses.replace(house.schedule, rules=(other, *house.schedule.rules))
    await house.look(Wake.BOUNDARY)
    house.at(23)
    house.device.charge = 40.9

    await house.look(Wake.BOUNDARY)

    assert house.device.shown().reserve == 40.0


async def test_a_floor_is_kept_under_a_hold(house: Home) -> None:
    night = dataclasses.replace(HELD, at_least=70.0)
    rule = dataclasses.replace(house.schedule.rules[0], setting=night)
    house.schedule = dataclasses.replace(house.schedule, rules=(rule, *house.schedule.rules[1:]))

    await house.look(Wake.BOUNDARY)

    assert house.device.shown().reserve == 70.0


async def test_a_charge_that_no_reserve_keeps_is_held_by_backup_without_grid_charging(
    house: Home,
) -> None:
    house.device.limits, house.device.charge = CLOUD, 89.5

    await house.look(Wake.BOUNDARY)
    held = house.device.shown()
    house.at(8)
    await house.look(Wake.BOUNDARY)
    after = house.device.shown()

    assert (held.mode, held.reserve, held.grid_charging) == ("backup", 100.0, GridCharging.DENY)
    assert (after.mode, after.grid_charging) == ("self_consumption", GridCharging.ALLOW)


async def test_grid_charging_denied_for_a_hold_is_allowed_again_after_a_restart(
    house: Home,
) -> None:
    house.device.limits, house.device.charge = CLOUD, 89.5
    await house.look(Wake.BOUNDARY)
    house.at(8)
    await house.restart()

    await house.look(Wake.START)

    assert house.device.shown().grid_charging is GridCharging.ALLOW


async def test_a_charge_that_cannot_be_held_is_refused_and_nothing_is_written(house: Home) -> None:
    house.device.limits = dataclasses.replace(CLOUD, grid_charging=False)
    house.device.charge = 89.5

    attempt = await house.look(Wake.BOUNDARY)

    assert attempt.outcome is Outcome.REFUSED
    assert house.writes == 0
    assert "89 %" in house.runs()[-1].error


async def test_a_charge_that_is_not_told_is_asked_for_again(house: Home) -> None:
    house.device.charge = None
    await house.look(Wake.BOUNDARY)
    house.device.charge = 50.0

    await house.settle()

    assert house.outcomes() == ["unreachable", "confirmed"]
    assert house.device.shown().reserve == 50.0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        pytest.param(Setting(Mode.BACKUP, 85.0), "85 %", id="a reserve that is not kept"),
        pytest.param(Setting(Mode.AUTONOMOUS, 20.0), "Time-Based", id="a mode not offered"),
        pytest.param(Setting(Mode.BACKUP, 20.0, export=Export.SOLAR), "Export", id="export"),
        pytest.param(
            Setting(Mode.BACKUP, 20.0, grid_charging=GridCharging.DENY), "Grid", id="grid charging"
        ),
    ],
)
def test_what_a_gateway_does_not_offer_is_refused_with_the_reason(
    setting: Setting, said: str
) -> None:
    limits = dataclasses.replace(
        CLOUD, grid_charging=False, modes=frozenset({Mode.BACKUP, Mode.SELF_CONSUMPTION})
    )

    assert said in objection(setting, limits)
