"""Firmware updates: what a check finds, the way to staged, the install and the new version."""

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Bench


def state(gateway: Bench) -> tuple[str, str | None]:
    seen = gateway.get("system/update/status").json
    status = seen["info"]["status"]
    return seen["state"], status[0] if status else None


def checked(gateway: Bench, *waits: float) -> list[Any]:
    """The states after a check, at once and after each wait."""
    assert gateway.get("system/update?force=true").status == 200
    states = [state(gateway)]
    for seconds in waits:
        gateway.wait(seconds)
        states.append(state(gateway))
    return states


Owner = Callable[..., Bench]


@pytest.fixture
def owner(bench: type[Bench]) -> Owner:
    def make(update: str, profile: str = "21.44", **words: float) -> Bench:
        words = {"check_seconds": 2.0, "download_seconds": 4.0, **words}
        return bench(profile=profile, update=update, **words).enter("customer")

    return make


@pytest.mark.parametrize(
    ("profile", "rest"),
    [
        ("1.15", ("/update_failed", "nonactionable")),
        ("20.49", ("/update_unknown", "nonactionable")),
        ("21.44", ("/update_succeeded", "nonactionable")),
    ],
)
def test_the_resting_state_is_the_captured_one(
    bench: type[Bench], profile: str, rest: tuple[str, str]
) -> None:
    assert state(bench(profile=profile).enter()) == rest


@pytest.mark.parametrize(
    ("update", "ending"),
    [
        ("none", ("/update_failed", "nonactionable")),
        ("error", ("/update_failed", "error")),
        ("ignoring", ("/update_failed", "ignoring")),
        ("staged", ("/update_staged", None)),
    ],
)
def test_a_check_is_busy_and_then_ends(
    owner: Owner, update: str, ending: tuple[str, str | None]
) -> None:
    assert checked(owner(update), 1.9, 0.2) == [
        ("/clear_update_status", None),
        ("/clear_update_status", None),
        ending,
    ]


def test_a_download_goes_all_the_way_to_staged(owner: Owner) -> None:
    assert [name for name, _ in checked(owner("download"), 2.1, 4.0, 1.0)] == [
        "/clear_update_status",
        "/download",
        "/update_downloaded",
        "/update_staged",
    ]


def test_a_download_shows_its_progress_in_texts_that_hold_numbers(owner: Owner) -> None:
    gateway = owner("download", download_seconds=4.0)
    checked(gateway, 2.0, 2.0)
    seen = gateway.get("system/update/status").json

    assert seen["info"]["expected_bytes"] == ["104857600"]
    assert seen["info"]["got_bytes"] == ["52428800"]
    assert seen["estimated_bytes_per_second"] == 26214400
    assert seen["last_download_status_time"] == seen["current_time"]
    assert seen["current_time"] - seen["start_time"] == 2000


def test_a_stalled_download_stands_still_for_ever(owner: Owner) -> None:
    gateway = owner("stalled")
    states = checked(gateway, 3, 3600)
    seen = gateway.get("system/update/status").json

    assert [name for name, _ in states[1:]] == ["/download", "/download"]
    assert seen["estimated_bytes_per_second"] == 0
    assert seen["current_time"] - seen["last_download_status_time"] > 3_600_000 - 2000


def test_a_check_brings_news_with_a_time(owner: Owner) -> None:
    gateway = owner("none")
    before = gateway.get("system/update/status").json
    checked(gateway, 3)
    after = gateway.get("system/update/status").json

    assert before["current_time"] - before["last_status_time"] == 47 * 60 * 1000
    assert after["current_time"] - after["last_status_time"] < 5000


def test_the_first_firmware_tells_little_of_it(bench: type[Bench]) -> None:
    assert set(bench(profile="1.15").get("system/update/status").json) == {
        "state",
        "info",
        "current_time",
    }


def test_an_install_of_nothing_is_ignored(owner: Owner) -> None:
    gateway = owner("none")

    assert gateway.post("system/update").status == 202
    assert state(gateway) == ("/update_failed", "ignoring")
    assert gateway.device.away_seconds_left == 0


@pytest.fixture
def installed(owner: Owner) -> Bench:
    gateway = owner("staged", profile="21.44", away_seconds=120.0, run_seconds=5.0)
    checked(gateway, 3)
    assert gateway.post("system/update").status == 202
    return gateway


def test_an_install_stops_the_battery_and_takes_the_gateway_away(installed: Bench) -> None:
    assert not installed.device.sitemaster_running
    assert installed.device.away_seconds_left == 120
    assert installed.device.version == "21.44"


def test_the_new_version_comes_back_without_sessions_and_starts_the_battery(
    installed: Bench,
) -> None:
    installed.wait(121)
    assert installed.device.away_seconds_left == 0
    assert installed.device.sessions == 0
    assert installed.device.version == "23.28.2"
    assert installed.device.updates.state == "/update_succeeded"
    assert not installed.device.sitemaster_running

    installed.wait(5)

    assert installed.device.sitemaster_running


def test_the_uptime_counts_from_the_return_however_late_one_asks(installed: Bench) -> None:
    installed.wait(120 + 90.5)

    assert installed.get("status").json["up_time_seconds"] == "1m30.5s"


def test_a_reboot_keeps_the_version_and_the_setting_in_force(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49", away_seconds=10.0).enter()
    gateway.put("backup", 100)
    gateway.get("config/completed")
    gateway.put("self_consumption", 24)

    gateway.device.reboot()
    gateway.wait(11)

    assert gateway.device.version == "1.49.0"
    assert gateway.device.active.mode == "backup"
    assert gateway.device.staged.mode == "backup"
    assert gateway.get("operation").status == 401


def test_a_reboot_can_bring_another_version(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49", away_seconds=10.0)
    gateway.device.reboot(version="1.50.1")
    gateway.wait(11)

    assert gateway.log_in("installer").json["error"].endswith("require physical access")


def test_the_urgency_is_none(owner: Owner) -> None:
    assert owner("none").get("system/update/urgency").json == {
        "update_urgency": "FIRMWARE_UPDATE_URGENCY_NONE"
    }
