"""What is written to a gateway and read from it, without a gateway."""

import math
from typing import Any

import pytest

from scheduler.gateway.abilities import UpdateState
from scheduler.gateway.local import bodies
from scheduler.setting import HOLD, Mode, Setting

# (app, raw), seen on real gateways: the powerwall2 README's table, home-assistant/core #136957,
# a 23.28.2 capture.
SCALE = [(0, 5), (5, 9.75), (10, 14.5), (20, 24), (25, 28.75), (80, 81), (100, 100)]


@pytest.mark.parametrize(("app", "raw"), SCALE)
def test_reserve_goes_out_on_the_raw_scale(app: int, raw: float) -> None:
    body = bodies.operation_body(Setting(Mode.BACKUP, app), (1, 49, 0))

    assert body == {"real_mode": "backup", "backup_reserve_percent": raw}


@pytest.mark.parametrize(("app", "raw"), SCALE)
def test_reserve_and_charge_come_back_on_the_app_scale(app: int, raw: float) -> None:
    observed = bodies.setting_of({"real_mode": "backup", "backup_reserve_percent": raw})

    assert observed.reserve == pytest.approx(app, abs=1e-3)
    assert bodies.charge_of({"percentage": raw}) == pytest.approx(app, abs=1e-3)


@pytest.mark.parametrize(("app", "raw"), [(-20, 5), (0, 5), (100, 100), (140, 100)])
def test_reserve_stays_within_what_the_app_can_show(app: int, raw: int) -> None:
    body = bodies.operation_body(Setting(Mode.BACKUP, app), (1, 49, 0))

    assert body["backup_reserve_percent"] == raw


def test_float_noise_of_a_gateway_still_matches_what_was_sent() -> None:
    observed = bodies.setting_of(
        {"real_mode": "autonomous", "backup_reserve_percent": 5.000019999999999}
    )

    assert observed.shows(Setting(Mode.AUTONOMOUS, 0))


def test_both_mode_keys_are_sent_before_1_20() -> None:
    body = bodies.operation_body(Setting(Mode.SELF_CONSUMPTION, 20), (1, 15, 0))

    assert body == {
        "mode": "self_consumption",
        "real_mode": "self_consumption",
        "backup_reserve_percent": 24,
    }


def test_hold_that_was_not_resolved_is_never_written() -> None:
    with pytest.raises(TypeError, match="resolved"):
        bodies.operation_body(Setting(Mode.BACKUP, HOLD), (1, 49, 0))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"real_mode": None, "backup_reserve_percent": 20},
        {"real_mode": 3, "backup_reserve_percent": 20},
        {"real_mode": "backup", "backup_reserve_percent": "20"},
        {"real_mode": "backup", "backup_reserve_percent": True},
        {"real_mode": "backup", "backup_reserve_percent": math.nan},
        {"real_mode": "backup", "backup_reserve_percent": 10**400},
    ],
)
def test_operation_without_mode_or_reserve_is_not_understood(body: dict[str, Any]) -> None:
    assert bodies.setting_of(body) is None


def test_mode_of_old_firmware_is_read_from_its_own_key() -> None:
    observed = bodies.setting_of({"mode": "self_consumption", "backup_reserve_percent": 15})

    assert observed.mode == "self_consumption"


@pytest.mark.parametrize(
    ("body", "state", "status", "version"),
    [
        pytest.param(
            {
                "state": "/update_failed",
                "info": {"status": ["nonactionable"]},
                "current_time": 1422697552910,
            },
            UpdateState.FAILED,
            "nonactionable",
            None,
            id="1.15",
        ),
        pytest.param(
            {
                "state": "/update_unknown",
                "info": {"status": ["nonactionable"]},
                "last_status_time": 1639373921031,
                "version": "21.39.1 7759c368",
                "estimated_bytes_per_second": None,
            },
            UpdateState.UNKNOWN,
            "nonactionable",
            "21.39.1",
            id="21.39.1",
        ),
        pytest.param(
            {"state": "/clear_update_status", "info": {"status": None}},
            UpdateState.CHECKING,
            None,
            None,
            id="null status",
        ),
        pytest.param(
            {"state": "/download", "info": None}, UpdateState.DOWNLOAD, None, None, id="null"
        ),
        pytest.param({"state": "/rebooting"}, None, None, None, id="a word nobody has seen"),
        pytest.param(
            {"state": "/update_staged", "info": {"status": []}, "last_status_time": "soon"},
            UpdateState.STAGED,
            None,
            None,
            id="empty list",
        ),
    ],
)
def test_update_is_read_from_what_is_there(
    body: dict[str, Any], state: UpdateState | None, status: str | None, version: str | None
) -> None:
    update = bodies.update_of(body)

    assert (update.state, update.status, update.version) == (state, status, version)
    assert update.word == body["state"]


def test_update_without_a_state_is_not_understood() -> None:
    assert bodies.update_of({"info": {}}) is None


def test_echo_is_noted_only_where_it_differs() -> None:
    sent = {"real_mode": "backup", "backup_reserve_percent": 24.6}

    assert (
        bodies.echo_note(sent, {"real_mode": "backup", "backup_reserve_percent": 24.6001}) is None
    )
    assert bodies.echo_note(sent, {}) is None
    assert "24.6 was sent" in bodies.echo_note(sent, {"backup_reserve_percent": 40})
    assert "autonomous" in bodies.echo_note(sent, {"real_mode": "autonomous"})


def test_words_of_a_gateway_are_kept_fit_to_be_shown() -> None:
    update = bodies.update_of(
        {"state": "\x1b[2J" + " x" * 500, "info": {"status": ["\ud800"]}, "version": "9" * 5000}
    )
    setting = bodies.setting_of({"real_mode": "a\nb\u202e", "backup_reserve_percent": 24})

    assert update.word.startswith("\\x1b[2J")
    assert len(update.word) <= 64
    assert update.status == "\\ud800"
    assert len(update.version or "x" * 65) <= 64
    assert setting.mode == "a b\\u202e"


def test_meters_become_watts_and_counters_and_none_where_nothing_is_told() -> None:
    body = {
        "site": {"instant_power": -1200, "energy_imported": 752045.9, "energy_exported": 0},
        "battery": {"instant_power": 3000.5, "energy_imported": 1, "energy_exported": 2},
        "solar": None,
        "load": {"instant_power": "much"},
    }

    powers, counters = bodies.powers_of(body), bodies.counters_of(body)

    assert (powers.grid, powers.battery, powers.solar, powers.load) == (-1200, 3000.5, None, None)
    assert (counters.grid_imported, counters.grid_exported) == (752045.9, None)
    assert (counters.battery_charged, counters.battery_discharged) == (1, 2)
    assert bodies.powers_of({}) is None


@pytest.mark.parametrize(
    ("word", "there"),
    [("SystemGridConnected", True), ("SystemIslandedActive", False), (None, None), ("x", None)],
)
def test_grid_is_there_or_not_or_not_told(word: str | None, there: bool | None) -> None:
    assert bodies.grid_of({"grid_status": word}) is there
