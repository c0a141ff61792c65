"""Versions as gateways print them, and what follows from each."""

from typing import Any

import pytest

from scheduler.gateway.local import firmware

# As printed by /api/status in field captures: powerwall2 README and samples, issue #26,
# jrester/tesla_powerwall fixtures, pypowerwall proxy.
PRINTED = [
    pytest.param("1.15.0\n", "1.15.0", (1, 15, 0), id="2018, with its newline"),
    pytest.param("1.40.2", "1.40.2", (1, 40, 2), id="2019"),
    pytest.param("1.43.3\n", "1.43.3", (1, 43, 3), id="the one that lags"),
    pytest.param("1.49.0", "1.49.0", (1, 49, 0), id="the last that can be written"),
    pytest.param("1.50.1 c58c2df3", "1.50.1", (1, 50, 1), id="with a hash"),
    pytest.param("20.49.0", "20.49.0", (20, 49, 0), id="year and week"),
    pytest.param("21.39.1 7759c368", "21.39.1", (21, 39, 1), id="21.39.1"),
    pytest.param("21.44 223a56cd", "21.44", (21, 44), id="two numbers only"),
    pytest.param("21.44\t223a56cd", "21.44", (21, 44), id="a tab before the hash"),
    pytest.param("23.28.2 27626f98", "23.28.2", (23, 28, 2), id="23.28.2"),
]


@pytest.mark.parametrize(("printed", "shown", "numbers"), PRINTED)
def test_version_is_read_without_newline_and_hash(
    printed: str, shown: str, numbers: tuple[int, ...]
) -> None:
    assert firmware.short_version(printed) == shown
    assert firmware.parse_version(printed) == numbers


@pytest.mark.parametrize("printed", ["", "   ", "unknown", "v", "7", "-1.2", "1." + "9" * 5000])
def test_version_without_numbers_is_unknown(printed: str) -> None:
    assert firmware.parse_version(printed) is None


def test_versions_are_in_the_order_of_their_release() -> None:
    printed = [str(text.values[0]) for text in PRINTED]

    numbers = [firmware.parse_version(text) or () for text in printed]

    assert () not in numbers

    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("402h8m19.937911668s", 1447699.937911668, id="hours"),
        pytest.param("8m19.5s", 499.5, id="no hours yet"),
        pytest.param("12.25s", 12.25, id="seconds only"),
        pytest.param("350ms", 0.35, id="just started"),
        pytest.param("1h0m0s", 3600.0, id="on the hour"),
        pytest.param("802459s,", None, id="trailing comma"),
        pytest.param("", None, id="empty"),
        pytest.param("soon", None, id="a word"),
        pytest.param("9" * 24_000, None, id="digits without end"),
        pytest.param("9" * 400 + "s", None, id="more than a float holds"),
    ],
)
def test_uptime_is_a_duration_of_hours_minutes_and_seconds(
    text: str, seconds: float | None
) -> None:
    assert firmware.parse_uptime(text) == (pytest.approx(seconds) if seconds else None)


def test_identity_tolerates_keys_that_come_and_go() -> None:
    early = firmware.identity_of({"version": "1.15.0\n", "git_hash": "dc33\n", "is_new": False})
    late = firmware.identity_of(
        {
            "version": "21.44 223a56cd",
            "up_time_seconds": "1h1s",
            "din": "1232100-00-E--T0",
            "followers": None,
        }
    )
    broken = firmware.identity_of({"version": None})

    assert (early.version, early.uptime_seconds, early.git_hash) == ("1.15.0", None, "dc33")
    assert (late.version, late.uptime_seconds, late.din) == ("21.44", 3601.0, "1232100-00-E--T0")
    assert broken is None


# vloschiavo/powerwall2 README (1.15), #4 (1.17), #9 #15 (1.20, 1.37), #34 (1.50).
LOGINS = [
    pytest.param((1, 15, 0), "installer", {"username": "", "force_sm_off": False}, True, id="1.15"),
    pytest.param((1, 15, 0), "customer", {"username": "", "force_sm_off": False}, True, id="1.15c"),
    pytest.param((1, 16, 9), "installer", {"username": "", "force_sm_off": False}, True, id="1.16"),
    pytest.param((1, 17), "installer", {"username": "", "force_sm_off": True}, True, id="1.17"),
    pytest.param((1, 19, 4), "installer", {"username": "", "force_sm_off": True}, True, id="1.19"),
    pytest.param(
        (1, 20, 0),
        "installer",
        {"username": "installer", "email": "e@x", "force_sm_off": True},
        True,
        id="1.20",
    ),
    pytest.param(
        (1, 49, 0),
        "installer",
        {"username": "installer", "email": "e@x", "force_sm_off": True},
        True,
        id="1.49",
    ),
    pytest.param(
        (1, 40, 2),
        "customer",
        {"username": "customer", "email": "e@x", "force_sm_off": False},
        False,
        id="1.40 customer",
    ),
    pytest.param(
        (1, 50, 1),
        "installer",
        {"username": "installer", "email": "e@x", "force_sm_off": False},
        False,
        id="1.50",
    ),
    pytest.param(
        (21, 44),
        "customer",
        {"username": "customer", "email": "e@x", "force_sm_off": False},
        False,
        id="21.44",
    ),
    pytest.param(
        None,
        "installer",
        {"username": "installer", "email": "e@x", "force_sm_off": False},
        False,
        id="unknown",
    ),
]


@pytest.mark.parametrize(("version", "username", "body", "stops"), LOGINS)
def test_login_is_asked_for_as_its_firmware_wants(
    version: tuple[int, ...] | None, username: str, body: dict[str, Any], stops: bool
) -> None:
    form = firmware.login_form(version, username=username, email="e@x")

    assert form.body("secret") == {**body, "password": "secret"}
    assert form.stops is stops


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ((1, 15, 0), ("mode", "real_mode")),
        ((1, 18, 0), ("mode", "real_mode")),
        ((1, 20, 0), ("real_mode",)),
        ((1, 49, 0), ("real_mode",)),
        (None, ("real_mode",)),
    ],
)
def test_mode_is_written_under_the_key_of_its_firmware(
    version: tuple[int, int, int] | None, keys: tuple[str, ...]
) -> None:
    assert firmware.mode_keys(version) == keys


@pytest.mark.parametrize(
    ("version", "times"), [((1, 42, 9), 1), ((1, 43, 3), 2), ((1, 44), 1), ((1, 49, 0), 1)]
)
def test_only_firmware_that_lags_behind_is_committed_twice(
    version: tuple[int, ...], times: int
) -> None:
    assert firmware.commits_needed(version) == times


@pytest.mark.parametrize(
    ("version", "username", "can_write"),
    [
        pytest.param((1, 15, 0), "installer", True, id="1.15"),
        pytest.param((1, 15, 0), "customer", True, id="1.15 ignores the name"),
        pytest.param((1, 40, 2), "installer", True, id="1.40"),
        pytest.param((1, 49, 9), "installer", True, id="1.49"),
        pytest.param((1, 40, 2), "customer", False, id="1.40 customer"),
        pytest.param((1, 50, 1), "installer", False, id="1.50"),
        pytest.param((20, 40, 3), "installer", False, id="20.40"),
        pytest.param((24, 36, 2), "customer", False, id="24.36"),
        pytest.param(None, "installer", False, id="Powerwall 3"),
    ],
)
def test_firmware_and_login_decide_whether_a_setting_can_be_written(
    version: tuple[int, int, int] | None, username: str, can_write: bool
) -> None:
    found = firmware.limits_of(version, username=username)

    assert found.can_write is can_write
    assert (found.why_not is None) is can_write


def test_reason_against_writing_names_the_way_out() -> None:
    newer = firmware.limits_of((21, 44), username="customer").why_not
    customer = firmware.limits_of((1, 40, 2), username="customer").why_not

    assert "21.44" in newer
    assert "up to 1.49" in newer
    assert "TOU_GATEWAY=v1r" in newer
    assert "TOU_GATEWAY=fleet" in newer
    assert "TOU_GATEWAY_USERNAME=installer" in customer
