"""Conditions under which acting waits, and those that keep a setting from having effect."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from scheduler.gateway.base import Limits, Reading
from scheduler.schedule import values
from scheduler.simulated import SimulatedGateway
from scheduler.site.guards import GUARDS
from scheduler.site.guards.guard import Guard, Sight
from scheduler.words import Outcome, Wake

from .conftest import Device, Home

NEEDED: dict[str, Any] = {"grid": True}
IN_FORCE: dict[str, Any] = {
    "grid_down": {"grid": False},
    "firmware_update": {"updating": True},
    "storm_watch": {"in_the_way": ("storm_watch",)},
    "calibrating": {"in_the_way": ("calibrating",)},
    "grid_services": {"in_the_way": ("grid_services",)},
}
DEFERRING = ("grid_down", "firmware_update", "storm_watch")


def set_on(device: Device | SimulatedGateway, guard: str) -> None:
    clear(device)
    for name, value in IN_FORCE[guard].items():
        setattr(device, name, value)


def clear(device: Device | SimulatedGateway) -> None:
    device.grid, device.updating, device.in_the_way = True, False, ()


def test_the_registry_holds_each_guard_that_a_schedule_may_name() -> None:
    assert tuple(guard.name for guard in GUARDS) == values.GUARDS


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_sees_its_own_condition_and_no_other(guard: Guard, house: Home) -> None:
    at = house.clock.instant
    seen = [
        name for name, parts in IN_FORCE.items() if guard.sees(Sight(Reading(at, **parts), None))
    ]
    held = guard.sees(Sight(Reading(at, **NEEDED), "the clock is not synchronised"))

    assert seen == ([] if guard.name == "clock" else [guard.name])
    assert (held is not None) == (guard.name == "clock")
    assert guard.sees(Sight(None, None)) is None


@pytest.mark.parametrize("guard", DEFERRING)
async def test_a_guard_at_a_boundary_defers_it_and_it_is_applied_when_cleared(
    house: Home, guard: str
) -> None:
    await house.look(Wake.START)
    house.at(21, 59)
    set_on(house.device, guard)
    await house.look(Wake.PULSE)

    await house.next(Wake.BOUNDARY)
    for _ in range(4):
        house.clock.move(seconds=30)
        await house.look(Wake.PULSE)
    deferred, told = house.outcomes(), house.reasons()
    state = house.state()
    clear(house.device)
    await house.look(Wake.PULSE)

    assert deferred == ["confirmed", "deferred"]
    assert house.outcomes() == ["confirmed", "deferred", "confirmed"]
    assert {guard, "deferred"} <= set(told)
    assert "overdue" not in told
    assert [each["name"] for each in state.guards] == [guard]
    assert state.word == "waiting"
    assert [each for each in house.events() if each[0] == "guard"] == [("guard", guard)] * 2
    assert house.device.active.mode == "backup"


async def test_a_guard_found_by_the_reading_before_the_write_defers_on_the_record(
    house: Home,
) -> None:
    house.device.limits = Limits(free_reads=False)
    set_on(house.device, "storm_watch")

    attempt = await house.look(Wake.START)
    house.clock.move(minutes=14)
    await house.look(Wake.PULSE)
    reads = house.device.done.count("read")
    clear(house.device)
    house.clock.move(minutes=1)
    await house.look(Wake.PULSE)

    assert attempt.outcome is Outcome.DEFERRED
    assert "Storm Watch" in house.runs()[0].note
    assert reads == 1
    assert house.outcomes() == ["deferred", "confirmed"]


@pytest.mark.parametrize("guard", ["calibrating", "grid_services"])
async def test_a_condition_that_is_not_waited_for_is_told_beside_the_confirmed_setting(
    house: Home, guard: str
) -> None:
    set_on(house.device, guard)

    attempt = await house.look(Wake.START)

    assert attempt.outcome is Outcome.CONFIRMED
    assert "may not be in effect, because" in attempt.note
    assert house.runs()[0].note == attempt.note
    assert "may not be in effect, because" in house.reasons()[guard]


async def test_the_schedule_says_which_guards_are_heeded(house: Home) -> None:
    house.schedule = dataclasses.replace(house.schedule, guards=("calibrating",))
    set_on(house.device, "storm_watch")
    unheeded = await house.look(Wake.START)
    set_on(house.device, "calibrating")
    house.at(22)
    heeded = await house.look(Wake.BOUNDARY)

    assert unheeded.outcome is Outcome.CONFIRMED
    assert heeded.outcome is Outcome.DEFERRED


async def test_a_clock_that_need_not_be_believed_holds_nothing(house: Home) -> None:
    house.schedule = dataclasses.replace(house.schedule, guards=())
    house.synchronised = lambda: False

    attempt = await house.look(Wake.START)

    assert attempt.outcome is Outcome.CONFIRMED


async def test_an_update_that_is_told_for_hours_is_waited_for_no_longer(house: Home) -> None:
    set_on(house.device, "firmware_update")
    await house.look(Wake.START)
    until = house.clock.instant + timedelta(hours=2, minutes=1)
    while house.clock.instant < until:
        house.clock.move(minutes=2)
        await house.look(Wake.PULSE)

    assert house.outcomes() == ["deferred", "confirmed"]
    assert "firmware_update" in house.reasons()


async def test_what_storm_watch_sets_is_not_fought_and_put_right_after_it(house: Home) -> None:
    await house.look(Wake.START)
    set_on(house.device, "storm_watch")
    house.clock.move(minutes=2)
    house.device.active = type(house.device.active)("backup", 100.0)
    for _ in range(20):
        house.clock.move(minutes=1)
        await house.look(Wake.PULSE)
    during = house.writes
    clear(house.device)
    for _ in range(12):
        house.clock.move(minutes=1)
        await house.look(Wake.PULSE)

    assert during == 1
    assert house.device.active.mode == "self_consumption"


async def test_a_battery_that_stands_still_is_brought_back_whatever_holds(house: Home) -> None:
    set_on(house.device, "grid_down")
    await house.look(Wake.START)
    house.device.running = False

    await house.look(Wake.PULSE)

    assert house.device.running


async def test_a_dry_run_tells_what_it_would_do_also_while_a_guard_holds(house: Home) -> None:
    house.dry_run = True
    set_on(house.device, "grid_down")

    attempt = await house.look(Wake.START)

    assert attempt.outcome is Outcome.DRY_RUN
