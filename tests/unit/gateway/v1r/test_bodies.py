"""Which keys a setting becomes, and what a unit's own files are understood as."""

from datetime import datetime
from typing import Any

import pytest

from scheduler.gateway.base import Reading
from scheduler.gateway.fleet.readings import DENIED, RULE
from scheduler.gateway.v1r import bodies
from scheduler.setting import Export, GridCharging, Mode, Setting, SettingRead

# Parts of the file of a Powerwall 3 on 26.10.3 (hass-powerwall-v1r, 2026-05).
CONFIG = {
    "vin": "1707000-30-L--TG000000000001",
    "default_real_mode": "self_consumption",
    "strategy": {"TOU_mode": "economic"},
    "site_info": {
        "net_meter_mode": "battery_ok",
        "customer_preferred_export_rule": "battery_ok",
        "backup_reserve_percent": 24,
    },
}
STATUS = {
    "control": {
        "islanding": {"contactorClosed": True},
        "siteShutdown": {"isShutDown": False},
    },
    "esCan": {"firmwareUpdate": {"isUpdating": False}},
    "pw3Can": {"firmwareUpdate": {"isUpdating": False}},
    "system": {
        "sitemanagerStatus": {"isRunning": True},
        "time": "2026-05-12T20:56:13+10:00",
    },
}


def test_a_setting_is_two_keys_and_what_it_names() -> None:
    assert bodies.updates_of(Setting(Mode.BACKUP, 20)) == {
        "default_real_mode": "backup",
        "site_info.backup_reserve_percent": 24,
    }


def test_all_four_parts_are_one_update() -> None:
    wanted = Setting(Mode.AUTONOMOUS, 5, GridCharging.DENY, Export.SOLAR)

    assert bodies.updates_of(wanted) == {
        "default_real_mode": "autonomous",
        "site_info.backup_reserve_percent": 9.75,
        "site_info.disallow_charge_from_grid_with_solar_installed": True,
        "site_info.customer_preferred_export_rule": "pv_only",
    }


@pytest.mark.parametrize("reserve", [-1, 101])
def test_a_reserve_that_is_none_is_never_sent(reserve: int) -> None:
    with pytest.raises(ValueError, match="percentage"):
        bodies.updates_of(Setting(Mode.BACKUP, reserve))


def test_the_file_of_a_real_unit_is_understood() -> None:
    assert bodies.is_whole(CONFIG)
    assert bodies.setting_of(CONFIG) == SettingRead(
        "self_consumption", 20.0, GridCharging.ALLOW, Export.BATTERY
    )


@pytest.mark.parametrize(
    ("site", "grid_charging", "export"),
    [
        ({}, GridCharging.ALLOW, Export.BATTERY),
        ({DENIED: True}, GridCharging.DENY, Export.BATTERY),
        ({DENIED: "yes"}, None, Export.BATTERY),
        ({RULE: "never"}, GridCharging.ALLOW, Export.NONE),
        ({RULE: "sometimes"}, GridCharging.ALLOW, None),
        ({bodies.NO_EXPORT: True, RULE: "pv_only"}, GridCharging.ALLOW, Export.NONE),
    ],
    ids=["absent", "denied", "odd type", "never", "unknown rule", "not to export"],
)
def test_absent_keys_have_their_meaning_and_odd_ones_none(
    site: dict[str, Any], grid_charging: GridCharging | None, export: Export | None
) -> None:
    found = bodies.setting_of({"default_real_mode": "backup", "site_info": site})

    assert (found.grid_charging, found.export, found.reserve) == (grid_charging, export, None)


@pytest.mark.parametrize("config", [{}, {"site_info": {}}, {"default_real_mode": "backup"}])
def test_half_a_file_is_not_a_file_to_write(config: dict[str, Any]) -> None:
    assert not bodies.is_whole(config)


def test_a_status_tells_that_the_unit_works_on_the_grid(now: datetime) -> None:
    found = bodies.with_health(Reading(at=now), STATUS)

    assert (found.running, found.grid, found.updating) == (True, True, False)
    assert bodies.clock_of(STATUS).utcoffset().total_seconds() == 36_000


def test_what_a_status_does_not_tell_is_not_known(now: datetime) -> None:
    found = bodies.with_health(Reading(at=now), {"system": None, "control": []})

    assert (found.running, found.grid, found.updating) == (None, None, None)
    assert bodies.clock_of({}) is None


def test_a_version_is_its_number_alone() -> None:
    details = {"system": {"version": {"text": "26.10.3 4f924de8"}}}

    assert bodies.version_of(details) == "26.10.3"
    assert bodies.version_of({}) is None
