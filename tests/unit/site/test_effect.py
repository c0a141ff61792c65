"""Whether the meters show what a setting asks: a table of cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.gateway.base import Powers, Reading
from scheduler.setting import GridCharging, Mode, Setting
from scheduler.site.effect import Flow, Metered, flow_of, judge, metered
from scheduler.site.witness import Rung, rung

AT = datetime(2026, 7, 6, 9, 5, tzinfo=UTC)
BACKUP = Setting(Mode.BACKUP, 100.0)
DAY = Setting(Mode.SELF_CONSUMPTION, 5.0)
RAISED = Setting(Mode.SELF_CONSUMPTION, 80.0)
TBC = Setting(Mode.AUTONOMOUS, 50.0)
SUN_ONLY = Setting(Mode.BACKUP, 100.0, grid_charging=GridCharging.DENY)


def at(
    charge: float | None,
    battery: int | None = None,
    load: int | None = None,
    solar: int | None = None,
) -> Metered:
    return Metered(AT, charge, Powers(battery=battery, load=load, solar=solar))


def before(charge: float) -> Metered:
    return Metered(AT - timedelta(minutes=5), charge)


CASES = {
    "backup charges": (BACKUP, None, at(60, -3300, 400), "seen"),
    "backup rests below full": (BACKUP, None, at(60, 20, 400), "not_seen"),
    "backup discharges": (BACKUP, None, at(60, 900, 900), "not_seen"),
    "backup is full": (BACKUP, None, at(99, 0, 900), "seen"),
    "backup near full rests": (BACKUP, None, at(98, 0, 900), "cannot_tell"),
    "backup waits for the sun": (SUN_ONLY, None, at(60, 0, 400), "cannot_tell"),
    "raised reserve fills slowly": (RAISED, None, at(60, -1700, 400), "seen"),
    "raised reserve and nothing happens": (RAISED, None, at(60, 0, 400), "not_seen"),
    "raised reserve is used": (RAISED, None, at(60, 700, 700), "not_seen"),
    "held charge is kept": (RAISED, None, at(80, 10, 900), "seen"),
    "held charge is used": (RAISED, None, at(80, 800, 900), "not_seen"),
    "held charge and a quiet house": (RAISED, None, at(80, 10, 150), "cannot_tell"),
    "runs the house": (DAY, None, at(60, 850, 900, 0), "seen"),
    "does not run the house": (DAY, None, at(60, 10, 900, 0), "not_seen"),
    "charges from the grid by day": (DAY, None, at(60, -3300, 900, 0), "not_seen"),
    "house under 200 W": (DAY, None, at(60, 10, 150, 0), "cannot_tell"),
    "takes the sun": (DAY, None, at(60, -2000, 500, 2500), "seen"),
    "does not take the sun": (DAY, None, at(60, 0, 500, 2500), "not_seen"),
    "full and sunny": (DAY, None, at(99, 0, 500, 2500), "cannot_tell"),
    "empty": (Setting(Mode.SELF_CONSUMPTION, 0.0), None, at(0.5, 0, 900), "cannot_tell"),
    "empty at a low reserve": (DAY, None, at(5, 0, 900), "seen"),
    "the gateway chooses": (TBC, None, at(70, 0, 900), "cannot_tell"),
    "the gateway discharges below the reserve": (TBC, None, at(30, 900, 900), "not_seen"),
    "the gateway waits below the reserve": (TBC, None, at(30, 0, 900), "cannot_tell"),
    "no reading": (DAY, None, None, "cannot_tell"),
    "no powers": (DAY, None, at(60), "cannot_tell"),
    "no charge": (DAY, None, at(None, 500, 500), "cannot_tell"),
    "only the charge moved": (BACKUP, before(58), at(60), "seen"),
    "only the charge fell": (BACKUP, before(62), at(60), "not_seen"),
    "meters stand still": (BACKUP, before(62), at(60, -3000, 300), "cannot_tell"),
}


@pytest.mark.parametrize(("setting", "first", "last", "effect"), CASES.values(), ids=CASES)
def test_the_effect_of_a_setting(
    setting: Setting, first: Metered | None, last: Metered | None, effect: str
) -> None:
    assert judge(setting, first, last).effect.value == effect


def test_a_verdict_says_why_and_by_which_numbers() -> None:
    found = judge(BACKUP, before(58), at(60, 20, 400, 0)).to_json()

    assert found == {
        "effect": "not_seen",
        "why": "the battery does not charge",
        "charge": 60,
        "charge_before": 58,
        "battery_w": 20,
        "load_w": 400,
        "solar_w": 0,
        "grid_w": None,
    }


def test_a_reading_without_meters_is_none() -> None:
    assert metered(Reading(AT)) is None
    assert metered(Reading(AT, charge=50.0)) == Metered(AT, 50.0)


def test_power_says_what_the_battery_does_now_and_the_charge_where_there_is_none() -> None:
    assert flow_of(None, at(60, 99)) is Flow.RESTS
    assert flow_of(before(59), at(60)) is Flow.CHARGES
    assert flow_of(before(59.8), at(60)) is None


@pytest.mark.parametrize(
    ("in_vain", "allowed", "found"),
    [
        (0, True, None),
        (1, True, Rung.REPEAT),
        (2, True, Rung.SOFT_RESTART),
        (2, False, Rung.REPEAT),
        (3, True, Rung.REPEAT),
        (14, True, Rung.SOFT_RESTART),
    ],
)
def test_the_ladder_repeats_and_then_restarts_where_that_is_allowed(
    in_vain: int, allowed: bool, found: Rung | None
) -> None:
    assert rung(in_vain, restarts=allowed) is found
