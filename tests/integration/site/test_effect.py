"""A gateway that accepts and does not act: it is found by the read-back or by the meters, and the
ladder is climbed on the record."""

from __future__ import annotations

import dataclasses

import pytest

from scheduler.audit.chain import Json
from scheduler.errors import GatewayUnreachableError
from scheduler.gateway.base import Limits, Powers
from scheduler.setting import Mode, Setting, SettingRead
from scheduler.words import Outcome, Wake

from .conftest import Device, Home, MemoryGateway

IDLE = Powers(battery=10.0, grid=900.0, solar=0.0, load=900.0)
RUNS = Powers(battery=890.0, grid=10.0, solar=0.0, load=900.0)


async def pulses(house: Home, minutes: int) -> None:
    for _ in range(2 * minutes):
        house.clock.move(seconds=30)
        await house.look(Wake.PULSE)


def effects(house: Home) -> list[Json]:
    return [
        each.detail["effect"]
        for run in house.runs()
        for each in run.evidence
        if each.name == "effect"
    ]


def rungs(house: Home) -> list[Json]:
    return [run.detail.get("rung") for run in house.runs()]


async def test_the_effect_is_looked_at_when_its_time_has_come_and_kept_with_the_run(
    house: Home,
) -> None:
    house.device.powers = RUNS
    await house.look(Wake.START)
    await pulses(house, 4)
    early = effects(house)
    await pulses(house, 2)

    assert early == []
    assert effects(house) == ["seen"]
    evidence = house.runs()[-1].evidence[-1].detail
    assert evidence["battery_w"] == 890.0
    assert 300 <= evidence["after_seconds"] <= 330
    assert house.reasons() == {}


async def test_a_setting_without_effect_is_written_again_and_after_three_times_told(
    house: Home,
) -> None:
    house.device.powers = IDLE
    await house.look(Wake.START)
    await pulses(house, 6)
    told = house.state().word
    await pulses(house, 30)

    assert effects(house) == ["not_seen"] * 3
    assert rungs(house) == [None, "repeat", "repeat"]
    assert told == "waiting"
    assert "does not run the house" in house.reasons()["no_effect"]
    assert house.state().word == "failing"


async def test_a_restart_is_no_recovery_of_a_setting_without_effect(house: Home) -> None:
    house.device.powers = IDLE
    await house.look(Wake.START)
    await pulses(house, 36)
    since = next(x for x in house.state().reasons if x.id == "no_effect")

    await house.restart(gone_for=20)
    await house.look(Wake.START)
    await pulses(house, 2)

    again = next(x for x in house.state().reasons if x.id == "no_effect")
    assert again == since
    assert house.state().word == "failing"


async def test_what_was_said_of_a_setting_counts_for_its_own_gateway_alone(house: Home) -> None:
    house.device.powers = IDLE
    await house.look(Wake.START)
    await pulses(house, 36)
    questions = house.site.recorder.questions

    told = questions.last_effect(house.site.gateway.name)
    assert told is not None
    assert told.effect["not_seen_in_a_row"] == 3
    assert told.of_the_newest
    assert questions.last_effect("another") is None


async def test_a_restart_counts_on_how_often_a_setting_had_no_effect(house: Home) -> None:
    house.device.powers = IDLE
    await house.look(Wake.START)
    await pulses(house, 6)

    await house.restart(gone_for=20)
    await house.look(Wake.START)
    await pulses(house, 30)

    assert effects(house) == ["not_seen"] * 3
    assert house.state().word == "failing"


@pytest.mark.parametrize("powers", [RUNS, IDLE], ids=["seen", "not seen"])
async def test_a_restart_goes_on_with_the_watch(house: Home, powers: Powers) -> None:
    house.device.powers = powers
    await house.look(Wake.START)
    await pulses(house, 2)

    await house.restart(gone_for=20)
    await house.look(Wake.START)
    await pulses(house, 2)
    early = effects(house)
    await pulses(house, 2)

    first = house.runs()[0]
    assert early == []
    assert first.evidence[-1].detail["effect"] == ("seen" if powers is RUNS else "not_seen")
    assert 300 <= first.evidence[-1].detail["after_seconds"] <= 360
    assert house.outcomes()[:2] == ["confirmed", "unchanged"]


@pytest.mark.parametrize("away", [0, 20], ids=["judged already", "long ago"])
async def test_a_restart_does_not_judge_what_was_judged_or_is_long_over(
    house: Home, away: int
) -> None:
    house.device.powers = RUNS
    await house.look(Wake.START)
    if not away:
        await pulses(house, 6)
    told = effects(house)

    await house.restart(gone_for=60.0 * away)
    await house.look(Wake.START)
    await pulses(house, 12)

    assert effects(house) == told


async def test_a_restart_forgets_the_watch_where_another_setting_is_found(house: Home) -> None:
    house.device.powers = RUNS
    await house.look(Wake.START)
    house.device.active = SettingRead("backup", 100.0)

    await house.restart(gone_for=20)
    await house.look(Wake.START)
    await pulses(house, 6)

    assert next(len(run.evidence) for run in house.runs() if run.outcome == "confirmed") == 0


async def test_an_effect_seen_after_a_repeat_ends_it(house: Home) -> None:
    house.device.powers = IDLE
    await house.look(Wake.START)
    await pulses(house, 6)
    house.device.powers = RUNS
    await pulses(house, 6)

    assert effects(house) == ["not_seen", "seen"]
    assert house.reasons() == {}


async def test_where_a_look_costs_the_effect_cannot_be_told_and_nothing_is_spent(
    house: Home,
) -> None:
    house.device.limits = Limits(free_reads=False)
    await house.look(Wake.START)
    reads = house.device.done.count("read")
    await pulses(house, 6)

    assert effects(house) == ["cannot_tell"]
    assert house.device.done.count("read") == reads


async def test_what_is_in_the_way_explains_a_missing_effect(house: Home) -> None:
    house.device.powers, house.device.in_the_way = IDLE, ("grid_services",)
    await house.look(Wake.START)
    await pulses(house, 6)

    assert effects(house) == ["cannot_tell"]
    assert "grid operator" in house.runs()[-1].evidence[-1].detail["why"]


async def test_a_newer_wish_ends_the_watch_on_the_old(house: Home) -> None:
    house.device.powers = IDLE
    house.at(21, 58)
    await house.look(Wake.START)
    await house.next(Wake.BOUNDARY)
    await pulses(house, 4)

    assert effects(house) == []


async def test_meters_that_cannot_be_read_tell_nothing(house: Home) -> None:
    await house.look(Wake.START)
    house.clock.move(minutes=4)
    errors = [GatewayUnreachableError("It does not answer.", delivered="no") for _ in range(14)]
    house.device.fails("read", *errors)
    await pulses(house, 7)

    assert effects(house) == ["cannot_tell"]


@pytest.mark.parametrize("fault", ["commit_lost", "old_mode"])
async def test_a_write_that_does_not_take_is_repeated_with_its_rung_on_the_record(
    home: Home, fault: str
) -> None:
    home.at(22)
    home.device.faults.shows_active = True
    setattr(home.device.faults, fault, 2)
    await home.look(Wake.START)

    await home.settle()

    assert home.outcomes() == ["unconfirmed", "unconfirmed", "confirmed"]
    assert rungs(home) == [None, "repeat", "repeat"]
    assert home.device.device.active.mode == "backup"


@pytest.mark.parametrize("in_line", [False, True], ids=["alone", "two in line"])
async def test_a_soft_restart_is_the_last_rung_where_it_is_allowed(
    home: Home, in_line: bool
) -> None:
    home.soft_restart = True
    other = Device(home.clock)
    if in_line:
        home.second = MemoryGateway(other)
    home.device.faults.shows_active = True
    home.device.faults.commit_lost = 2
    await home.look(Wake.START)

    await home.settle()

    run = home.runs()[-1]
    assert (run.outcome, run.detail["rung"]) == ("confirmed", "soft_restart")
    steps = [step.step for step in run.steps]
    assert steps.index("stop") < steps.index("write") < steps.index("run")
    assert home.device.device.sitemaster_running
    assert home.site.gateway.unsafe is None
    assert other.done == []


async def test_a_stop_that_is_refused_leaves_the_battery_running(home: Home) -> None:
    home.soft_restart = True
    home.device.faults.shows_active = True
    home.device.faults.commit_lost = 2
    home.device.faults.stop_refused = True
    await home.look(Wake.START)

    await home.settle()

    assert home.outcomes()[-1] == Outcome.CONFIRMED
    assert home.device.device.sitemaster_running
    assert home.site.gateway.unsafe is None


async def test_a_reserve_that_is_snapped_is_never_called_confirmed(house: Home) -> None:
    """80 is shown where 90 was sent; by no rung does that become a success."""
    night, day = house.schedule.rules
    high = dataclasses.replace(day, setting=Setting(Mode.SELF_CONSUMPTION, 90.0))
    house.schedule = dataclasses.replace(house.schedule, rules=(night, high))
    house.device.snaps = True
    await house.look(Wake.START)
    await house.settle(90)

    assert "unconfirmed" in house.outcomes()
    assert "confirmed" not in house.outcomes()


async def test_a_reserve_that_the_local_gateway_does_not_keep_is_not_sent(home: Home) -> None:
    night, day = home.schedule.rules
    high = dataclasses.replace(day, setting=Setting(Mode.SELF_CONSUMPTION, 90.0))
    home.schedule = dataclasses.replace(home.schedule, rules=(night, high))
    await home.look(Wake.START)

    assert home.outcomes() == ["refused"]
    assert "It keeps 0-80 %, 100 %." in home.runs()[-1].error
    assert "write" not in [step.step for step in home.runs()[-1].steps]
