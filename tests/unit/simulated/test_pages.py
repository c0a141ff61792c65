"""Answers around the device: stamps, plain HTTP, unknown paths, the log, the options."""

import json
from datetime import UTC, datetime
from typing import Any, get_type_hints

import pytest

from scheduler.simulated.options import Options, OptionWords
from scheduler.simulated.stamps import go_duration, nanosecond_stamp, number

from .conftest import Bench


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.5, "500ms"),
        (1, "1s"),
        (65.25, "1m5.25s"),
        (240, "4m0s"),
        (3600, "1h0m0s"),
        (803151.577762, "223h5m51.577762s"),
    ],
)
def test_a_duration_is_written_as_go_writes_it(seconds: float, text: str) -> None:
    assert go_duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(30.0, "30"), (30, "30"), (9.75, "9.75"), (-0.0, "0"), (1e9, "1000000000")]
)
def test_a_number_has_no_point_where_it_needs_none(value: float, text: str) -> None:
    assert json.dumps(number(value)) == text


def test_a_stamp_of_utc_ends_in_z() -> None:
    stamp = nanosecond_stamp(datetime(2024, 11, 28, 7, 3, 49, 69823, tzinfo=UTC))

    assert stamp == "2024-11-28T07:03:49.069823953Z"


def test_the_start_time_is_the_sites_wall_clock_under_a_false_label(bench: type[Bench]) -> None:
    """start 2021-12-10 16:38:39 +0800 plus uptime is 00:25:09, local time, in the capture."""
    gateway = bench(profile="1.49", timezone="America/Los_Angeles")
    gateway.wait(3600)

    body = gateway.get("status").json

    assert body["start_time"] == "2026-07-01 02:59:00 +0800"
    assert body["up_time_seconds"] == "1h1m0s"


def test_the_status_of_1_43_3_has_the_captured_length(bench: type[Bench]) -> None:
    gateway = bench(profile="1.43.3").enter()
    gateway.wait(82 * 3600 + 12 * 60 + 42 - 60)
    body = gateway.get("config/completed").json
    captured = {**body, "up_time_seconds": "82h12m42.803575945s"}

    assert body["up_time_seconds"] == "82h12m42s"
    assert len(json.dumps(captured, separators=(",", ":"))) == 172


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("GET", b'<a href="https://powerwall/api/status?x=1">Moved Permanently</a>.\n'),
        ("POST", b""),
    ],
)
def test_plain_http_points_to_the_same_place(bench: type[Bench], method: str, body: bytes) -> None:
    gateway = bench(profile="1.49")
    headers = {"host": "powerwall"}
    answer = gateway.ask(method, "status?x=1", encrypted=False, headers=headers).answer

    assert (answer.status, answer.body) == (301, body)
    assert dict(answer.headers)["Location"] == "https://powerwall/api/status?x=1"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nowhere", 404),
        ("GET", "", 404),
        ("DELETE", "operation", 405),
        ("POST", "config/completed", 405),
        ("POST", "sitemaster/run", 405),
        ("HEAD", "status", 405),
    ],
)
def test_what_is_not_there_and_what_is_not_done(
    bench: type[Bench], method: str, path: str, status: int
) -> None:
    assert bench(profile="1.49").enter().ask(method, path).answer.status == status


def test_bodies_are_compact_and_end_without_a_newline(bench: type[Bench]) -> None:
    body = bench(profile="1.49").get("site_info").body

    assert b": " not in body
    assert not body.endswith(b"\n")


def test_the_log_keeps_method_path_and_status(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49").enter()
    gateway.get("system/update?force=true")

    assert [(each.method, each.path, each.status) for each in gateway.device.requests] == [
        ("POST", "/api/login/Basic", 200),
        ("GET", "/api/system/update?force=true", 200),
    ]


def test_a_listener_hears_of_each_request(bench: type[Bench]) -> None:
    heard: list[Any] = []
    gateway = bench(profile="1.49")
    gateway.device.on_request = heard.append
    gateway.get("status")

    assert [each.path for each in heard] == ["/api/status"]


def test_the_words_of_the_options_are_their_fields() -> None:
    assert get_type_hints(OptionWords) == get_type_hints(Options)


@pytest.mark.parametrize(
    ("word", "value", "says"),
    [
        ("charge", 101, "charge 101 is not a percentage"),
        ("reserve", -1, "reserve -1 is not a percentage"),
        ("speed", 0, "speed 0 is not above 0"),
        ("update", "perhaps", 'update "perhaps" is not one of none, error'),
        ("timezone", "Mars/Olympus", '"Mars/Olympus" is not an IANA time zone'),
        ("timezone", "../etc", '"../etc" is not an IANA time zone'),
    ],
)
def test_an_option_that_cannot_be_is_refused(word: str, value: int | str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace(".", r"\.")):
        Options(**{word: value})  # type: ignore[arg-type]


def test_islanding_by_hand_leaves_and_rejoins_the_grid(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44").enter("customer")
    away = {"island_mode": "intentional_reconnect_failsafe"}
    assert gateway.post("v2/islanding/mode", away).json == away
    assert gateway.faults.islanded

    gateway.post("v2/islanding/mode", {"island_mode": "backup"})

    assert not gateway.faults.islanded


def test_the_powerwalls_status_tells_why_it_cannot_look(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44").enter("customer")
    body = gateway.get("powerwalls/status").json
    assert body["on_grid_check_error"] == (
        "sitemanager process is running, run sitemanager flag enabled"
    )
    assert "is_on_grid" not in body

    gateway.post("sitemaster/stop", {"force": True})
    gateway.wait(2)

    body = gateway.get("powerwalls/status").json
    assert (body["on_grid_check_error"], body["is_on_grid"]) == ("", True)
