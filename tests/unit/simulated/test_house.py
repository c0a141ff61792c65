"""One house behind several doors."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.simulated.battery import WireSetting
from scheduler.simulated.device import Device
from scheduler.simulated.faults import Faults
from scheduler.simulated.house import House
from scheduler.simulated.options import Options
from scheduler.simulated.timepiece import Instant

NIGHT = Instant(datetime(2026, 7, 1, 10, tzinfo=UTC), 0.0)


def later(seconds: int) -> Instant:
    return Instant(NIGHT.instant + timedelta(seconds=seconds), seconds)


def test_what_one_door_sets_another_shows() -> None:
    house = House(Options(), NIGHT)
    one, other = (Device(Options(), Faults(), lambda: NIGHT, house) for _ in range(2))

    one.send(WireSetting("backup", 100))
    one.commit(NIGHT)

    assert other.active == WireSetting("backup", 100)
    assert house.app_reserve == 100


def test_it_is_on_the_app_scale_where_it_says_so() -> None:
    house = House(Options(charge=64, reserve=20), NIGHT)

    assert house.app_charge == pytest.approx(64, abs=0.01)
    assert house.app_reserve == 20


def test_battery_that_may_not_charge_from_the_grid_waits_for_the_sun() -> None:
    house = House(Options(charge=50), NIGHT)
    house.take(WireSetting("backup", 100), NIGHT)
    house.turn(later(1))
    charging = house.powers().battery
    house.grid_charging = False

    assert charging < -1000
    assert house.powers().battery == 0


def test_nothing_moves_while_nobody_runs_it() -> None:
    house = House(Options(charge=50), NIGHT)
    house.awake = lambda since, until: 0.0
    house.take(WireSetting("backup", 100), NIGHT)

    house.turn(later(3600))

    assert house.app_charge == pytest.approx(50, abs=0.01)
