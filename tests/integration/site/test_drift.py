"""Another setting than the one confirmed, and not by us: each policy, and who does it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.gateway.base import Limits, Part, Powers
from scheduler.schedule.values import Drift
from scheduler.setting import SettingRead
from scheduler.site.drift import times_of_day
from scheduler.words import Wake

from .conftest import Home

HAND = SettingRead("backup", 80.0)


def with_policy(house: Home, policy: Drift) -> Home:
    house.schedule = dataclasses.replace(house.schedule, drift=policy)
    return house


async def drifted(house: Home, shown: SettingRead = HAND) -> None:
    await house.look(Wake.START)
    house.device.active = shown
    await house.look(Wake.PULSE)


def drift_events(house: Home) -> list[str | None]:
    return [name for kind, name in house.events() if kind == "drift"]


async def test_a_hand_change_is_not_fought_at_once(house: Home) -> None:
    await drifted(house)
    house.clock.move(minutes=9)
    await house.look(Wake.PULSE)

    assert house.device.active == HAND
    assert "put back" in house.reasons()["other_writer"]
    assert house.state().confirmed is None


async def test_a_hand_change_is_put_back_after_the_grace_with_what_was_there_before(
    house: Home,
) -> None:
    await drifted(house)
    house.clock.move(minutes=10)
    await house.look(Wake.PULSE)

    run = house.runs()[-1]
    assert (run.outcome, run.wake) == ("confirmed", "drift")
    assert run.detail["before"] == HAND.to_json()
    assert drift_events(house) == ["seen", "over"]
    assert house.state().confirmed.setting.reserve == 5.0


@pytest.mark.parametrize("policy", [Drift.RESPECT, Drift.NOTIFY])
async def test_a_change_that_is_left_stays_until_the_next_boundary(
    house: Home, policy: Drift
) -> None:
    await drifted(with_policy(house, policy))
    house.clock.move(minutes=30)
    await house.look(Wake.PULSE)
    await house.look(Wake.RELOAD)
    left = house.device.active

    await house.next(Wake.BOUNDARY)

    assert left == HAND
    assert house.device.active == SettingRead("backup", 100.0)
    assert drift_events(house) == ["seen", "over"]


@pytest.mark.parametrize("policy", [Drift.RESPECT, Drift.NOTIFY])
async def test_a_change_that_is_left_is_left_over_restarts_too(house: Home, policy: Drift) -> None:
    await drifted(with_policy(house, policy))

    for _ in range(2):
        await house.restart(gone_for=60)
        await house.look(Wake.START)
        await house.look(Wake.PULSE)

    assert house.device.active == HAND
    assert house.runs()[-1].outcome == "deferred"
    assert "left until the next boundary" in house.runs()[-1].note
    assert drift_events(house) == ["seen"]
    assert "It is left" in house.reasons()["drift"]


async def test_a_person_puts_back_what_is_left(house: Home) -> None:
    await drifted(with_policy(house, Drift.NOTIFY))

    await house.look(Wake.OPERATOR)

    assert house.device.active.mode == "self_consumption"


async def test_notify_wants_a_person_and_respect_does_not(house: Home) -> None:
    await drifted(with_policy(house, Drift.NOTIFY))
    notified = house.state().word
    house.change(drift=Drift.RESPECT)

    assert notified == "attention"
    assert house.state().word == "waiting"


async def test_a_change_that_is_taken_back_is_over_and_proven_again(house: Home) -> None:
    await drifted(house)
    house.device.active = SettingRead("self_consumption", 5.0)
    await house.look(Wake.PULSE)

    assert drift_events(house) == ["seen", "over"]
    assert house.writes == 1
    assert house.state().confirmed.setting.reserve == 5.0


async def test_the_same_change_is_told_once(house: Home) -> None:
    await drifted(house)
    for _ in range(5):
        await house.look(Wake.PULSE)

    assert drift_events(house) == ["seen"]


async def test_where_a_look_costs_it_is_found_by_the_reading_before_the_next_write(
    house: Home,
) -> None:
    house.device.limits = Limits(free_reads=False)
    await drifted(house)
    await house.next(Wake.BOUNDARY)

    assert drift_events(house) == ["seen", "over"]


async def test_a_setting_that_was_never_confirmed_is_no_drift(house: Home) -> None:
    await house.look(Wake.START)

    assert house.writes == 1
    assert drift_events(house) == []


async def test_a_change_at_the_same_time_on_three_days_is_named_another_controller(
    house: Home,
) -> None:
    house.at(8, 30)
    await house.look(Wake.START)
    for _ in range(3):
        house.at(9, 41)
        house.device.active = HAND
        await house.look(Wake.PULSE)
        house.clock.move(minutes=11)
        await house.look(Wake.PULSE)

    assert drift_events(house)[-2:] == ["regular", "over"]
    assert "every day at about 09:4" in house.reasons()["drift_regular"]
    await house.restart()
    assert "drift_regular" in house.reasons()
    house.clock.move(days=4)
    assert "drift_regular" not in house.reasons()


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        pytest.param([(1, 22, 5), (2, 22, 7), (3, 22, 1)], ("22:05",), id="same time"),
        pytest.param([(1, 22, 5), (2, 22, 7)], (), id="two days"),
        pytest.param([(1, 22, 5), (1, 22, 7), (1, 22, 9)], (), id="one day"),
        pytest.param([(1, 23, 58), (2, 0, 2), (3, 23, 59)], ("23:58",), id="around midnight"),
        pytest.param([(1, 7, 0), (2, 12, 0), (3, 22, 0)], (), id="any time"),
        pytest.param(
            [(1, 7, 0), (2, 7, 1), (3, 7, 2), (1, 22, 0), (2, 22, 0), (3, 22, 0)],
            ("07:01", "22:00"),
            id="two times",
        ),
    ],
)
def test_times_of_day_that_come_again(
    hours: list[tuple[int, int, int]], found: tuple[str, ...]
) -> None:
    seen = [datetime(2026, 7, day, hour, minute, tzinfo=UTC) for day, hour, minute in hours]

    assert times_of_day(seen) == found


async def test_a_pulse_asks_for_little_and_the_rest_once_a_minute(house: Home) -> None:
    house.device.grid = True
    await house.look(Wake.START)
    del house.device.asked[:]

    for _ in range(4):
        house.clock.move(seconds=30)
        await house.look(Wake.PULSE)

    assert [Part.HEALTH in each for each in house.device.asked] == [True, False, True, False]
    assert all({Part.SETTING, Part.RUNNING} <= each for each in house.device.asked)


async def test_while_something_is_odd_each_pulse_asks_for_all(house: Home) -> None:
    house.device.grid = False
    await house.look(Wake.START)
    del house.device.asked[:]

    for _ in range(3):
        house.clock.move(seconds=30)
        await house.look(Wake.PULSE)

    assert all(Part.HEALTH in each for each in house.device.asked)
    assert house.clock.instant - house.controller.known.health.at < timedelta(seconds=1)


async def test_charge_and_powers_are_kept_every_five_minutes_and_not_at_each_pulse(
    house: Home,
) -> None:
    house.device.powers = Powers(battery=-3300.0, load=400.0)
    await house.look(Wake.START)
    for _ in range(30):
        house.clock.move(seconds=30)
        await house.look(Wake.PULSE)

    questions = house.site.recorder.questions
    kept = questions.readings(house.clock.instant - timedelta(hours=1), house.clock.instant)
    assert 3 <= len(kept) <= 5
    assert (kept[0].charge, kept[0].battery_w) == (63.4, -3300.0)
    assert (kept[0].mode, kept[0].source) == ("self_consumption", "memory")


async def test_readings_are_thinned_once_a_day_where_the_owner_says_so(house: Home) -> None:
    await house.look(Wake.START)
    house.controller.known.meters.keep_days = 7
    for _ in range(24):
        house.clock.move(minutes=5)
        await house.look(Wake.PULSE)
    house.clock.move(days=9)
    await house.look(Wake.PULSE)

    questions = house.site.recorder.questions
    kept = questions.readings(house.clock.instant - timedelta(days=20), house.clock.instant)
    assert len(kept) == 4
