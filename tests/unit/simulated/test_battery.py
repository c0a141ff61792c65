"""The battery follows the setting in force; the meters balance; charge is a quotient."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.simulated.battery import FULL_PACK, Battery, WireSetting
from scheduler.simulated.site import SimulatedSite

NIGHT = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)  # 03:00 in Los Angeles
NOON = datetime(2026, 7, 1, 20, 0, tzinfo=UTC)  # 13:00
ZONE = ZoneInfo("America/Los_Angeles")


def pack(
    mode: str = "self_consumption",
    reserve: float = 20.0,
    charge: float = 50.0,
    at: datetime = NIGHT,
    **words: Any,
) -> Battery:
    """Percentages on the wire's scale."""
    setting = WireSetting(mode, reserve)
    return Battery(setting, ZONE, at, FULL_PACK * charge / 100, **words)


def after(battery: Battery, **time: int) -> Battery:
    battery.advance(battery.at + timedelta(**time), share=1.0)
    return battery


@pytest.mark.parametrize(
    ("mode", "reserve", "charge", "watts"),
    [
        pytest.param("self_consumption", 80, 50, -1700, id="below its reserve it charges slowly"),
        pytest.param("autonomous", 80, 50, -5000, id="on time-based control it charges fast"),
        pytest.param(
            "backup", 20, 50, -5000, id="for backup it charges fast, whatever the reserve"
        ),
        pytest.param("self_consumption", 50, 50, 0, id="at its reserve it stands by"),
        pytest.param("self_consumption", 49.6, 50, 0, id="about at its reserve it stands by"),
        pytest.param("self_consumption", 20, 50, 420, id="above its reserve it carries the house"),
        pytest.param("autonomous", 20, 50, 420, id="so it does on time-based control"),
        pytest.param("backup", 100, 100, 0, id="full, it holds"),
    ],
)
def test_the_power_by_night(mode: str, reserve: float, charge: int, watts: int) -> None:
    assert pack(mode, reserve, charge).powers().battery == pytest.approx(watts, abs=1)


def test_more_than_the_battery_can_give_comes_from_the_grid() -> None:
    powers = pack(site=SimulatedSite(load=20.0)).powers()

    assert powers.battery == 5000
    assert powers.site == pytest.approx(powers.load - 5000)


def test_by_day_the_surplus_of_the_roof_is_stored() -> None:
    battery = pack(at=NOON, site=SimulatedSite(solar=4000.0))

    powers = battery.powers()

    assert powers.solar > 3000
    assert powers.battery == pytest.approx(powers.load - powers.solar)
    assert powers.site == 0


def test_asleep_the_grid_carries_the_house() -> None:
    powers = pack().powers(awake=False)

    assert (powers.battery, powers.site) == (0, powers.load)


def test_off_the_grid_the_battery_carries_all_and_the_grid_nothing() -> None:
    powers = pack("backup", 100, 50, islanded=True).powers()

    assert (powers.site, powers.battery) == (0, powers.load)


def test_fast_charging_takes_an_hour_for_five_kilowatt_hours() -> None:
    battery = after(pack("backup", 100, 50), hours=1)

    assert battery.energy == pytest.approx(FULL_PACK * 0.5 + 5000)


def test_slow_charging_ends_at_the_reserve() -> None:
    battery = after(pack("self_consumption", 60, 50), hours=3)

    assert battery.charge == pytest.approx(60, abs=0.02)


def test_charging_ends_when_the_pack_is_full() -> None:
    battery = after(pack("backup", 100, 90), hours=2)

    assert (battery.charge, battery.powers().battery) == (100, 0)


def test_discharging_ends_at_the_reserve() -> None:
    battery = after(pack("self_consumption", 45, 50, site=SimulatedSite(load=5.0)), hours=2)

    assert battery.charge == pytest.approx(45.5, abs=0.05)
    assert battery.powers().battery == 0


def test_twice_the_speed_is_twice_the_energy() -> None:
    slow, fast = (after(pack("backup", 100, 20, speed=s), minutes=30) for s in (1.0, 2.0))
    start = FULL_PACK * 0.2

    assert fast.energy - start == pytest.approx(2 * (slow.energy - start))


def test_half_the_time_asleep_is_half_the_energy() -> None:
    battery = pack("backup", 100, 20)
    battery.advance(NIGHT + timedelta(hours=1), share=0.5)

    assert battery.energy == pytest.approx(FULL_PACK * 0.2 + 2500)


def test_a_clock_that_steps_back_moves_nothing() -> None:
    battery = after(pack("backup", 100, 50), hours=1)
    energy = battery.energy
    battery.advance(NIGHT - timedelta(days=1), share=1.0)

    assert battery.energy == energy
    assert after(battery, hours=1).energy > energy


def test_a_setting_to_come_is_followed_from_its_instant() -> None:
    battery = pack("backup", 100, 50)
    battery.follow(WireSetting("self_consumption", 20), NIGHT + timedelta(seconds=30))

    assert after(battery, seconds=29).powers().battery == -5000
    assert after(battery, seconds=2).powers().battery > 0


def test_the_energy_until_a_change_is_that_of_the_old_setting() -> None:
    battery = pack("backup", 100, 50)
    battery.follow(WireSetting("self_consumption", 20), NIGHT + timedelta(hours=1))
    after(battery, hours=2)

    assert battery.energies.imported["battery"] - 642500 == pytest.approx(5000)
    assert battery.energies.exported["battery"] > 567740 + 300


def test_the_charge_is_the_quotient_of_two_whole_numbers() -> None:
    """29.00611... and 42.41519... are captured values of 21.39.1 and 21.44."""
    battery = pack()
    battery.energy = 5964.3

    assert battery.charge == 100 * 5964 / FULL_PACK
    assert battery.charge == pytest.approx(42.41519, abs=1e-5)


@settings(max_examples=60)
@given(
    mode=st.sampled_from(["self_consumption", "autonomous", "backup"]),
    reserve=st.floats(5, 100),
    charge=st.floats(0, 100),
    minutes=st.integers(0, 3000),
    islanded=st.booleans(),
)
def test_the_meters_balance_and_the_charge_stays_in_the_pack(
    mode: str, reserve: float, charge: float, minutes: int, islanded: bool
) -> None:
    battery = after(pack(mode, reserve, charge, islanded=islanded), minutes=minutes)
    powers = battery.powers()

    assert powers.site + powers.battery + powers.solar == pytest.approx(powers.load, abs=0.02)
    assert 0 <= battery.energy <= FULL_PACK
    assert abs(powers.battery) <= 5000


@settings(max_examples=40)
@given(
    mode=st.sampled_from(["self_consumption", "autonomous", "backup"]),
    reserve=st.floats(5, 100),
    charge=st.floats(5, 100),
    hours=st.integers(1, 48),
)
def test_the_meters_count_what_the_pack_gained(
    mode: str, reserve: float, charge: float, hours: int
) -> None:
    battery = pack(mode, reserve, charge)
    before = battery.energy
    after(battery, hours=hours)

    gained = battery.energies.imported["battery"] - 642500
    given_out = battery.energies.exported["battery"] - 567740
    assert battery.energy - before == pytest.approx(gained - given_out, abs=0.5)
