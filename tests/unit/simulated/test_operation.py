"""Settings on the wire: what is staged, what is in force, and what is refused."""

import pytest

from .conftest import Bench


def test_a_setting_sent_is_shown_and_not_yet_in_force(bench: type[Bench]) -> None:
    gateway = bench(profile="1.40").enter()
    gateway.put("backup", 100)

    assert gateway.get("operation").json == {"real_mode": "backup", "backup_reserve_percent": 100}
    assert gateway.device.active.mode == "self_consumption"


def test_with_the_switch_set_the_setting_in_force_is_shown(bench: type[Bench]) -> None:
    gateway = bench("shows_active", profile="1.40").enter()
    gateway.put("backup", 100)
    assert gateway.get("operation").json["real_mode"] == "self_consumption"

    gateway.get("config/completed")

    assert gateway.get("operation").json["real_mode"] == "backup"


def test_the_answer_to_a_write_echoes_the_fields_sent(bench: type[Bench]) -> None:
    seen = bench(profile="1.43.3").enter().put("self_consumption", 15)

    assert seen.body == b'{"real_mode":"self_consumption","backup_reserve_percent":15}'
    assert len(seen.body) == 60  # the length in the capture of 1.43.3


def test_both_mode_keys_may_be_sent_to_any_firmware(bench: type[Bench]) -> None:
    for profile in ("1.15", "1.49"):
        gateway = bench(profile=profile).enter()
        seen = gateway.post(
            "operation",
            {"mode": "backup", "real_mode": "backup", "backup_reserve_percent": 24.6},
        )
        assert (seen.status, gateway.device.staged.reserve) == (200, 24.6)


def test_unknown_fields_are_neither_kept_nor_echoed(bench: type[Bench]) -> None:
    seen = bench(profile="1.49").enter().put("backup", 100, colour="red")

    assert "colour" not in seen.json


def test_the_lag_of_1_43_3_applies_the_setting_sent_before(bench: type[Bench]) -> None:
    gateway = bench(profile="1.43.3").enter()
    seen = []
    for mode, reserve in (("backup", 100), ("backup", 100), ("self_consumption", 30)):
        gateway.put(mode, reserve)
        gateway.get("config/completed")
        seen.append(gateway.device.active.mode)

    assert seen == ["self_consumption", "backup", "backup"]


def test_a_second_commit_without_a_second_write_does_not_help(bench: type[Bench]) -> None:
    gateway = bench(profile="1.43.3").enter()
    gateway.put("backup", 100)
    gateway.get("config/completed")

    gateway.get("config/completed")

    assert gateway.device.active.mode == "self_consumption"


@pytest.mark.parametrize(
    ("reserve", "shown"),
    [
        pytest.param(9.75, b"9.75", id="a fraction stays"),
        pytest.param(30, b"30", id="a whole number has no point"),
        pytest.param(30.0, b"30", id="nor has a whole fraction"),
    ],
)
def test_numbers_are_written_as_go_writes_them(
    bench: type[Bench], reserve: float, shown: bytes
) -> None:
    gateway = bench(profile="1.49").enter()
    gateway.put("backup", reserve)

    assert b'"backup_reserve_percent":' + shown + b"}" in gateway.get("operation").body


def test_the_noise_of_a_real_body_can_be_switched_on(bench: type[Bench]) -> None:
    gateway = bench("noise", profile="1.49", reserve=0).enter()

    assert gateway.get("operation").json["backup_reserve_percent"] == 5.000019999999999


@pytest.mark.parametrize("profile", ["1.15", "1.18"])
def test_autonomous_is_refused_in_the_captured_words(bench: type[Bench], profile: str) -> None:
    gateway = bench(profile=profile).enter()

    assert gateway.put("autonomous", 20).json == {
        "code": 500,
        "error": "Mode must be either self_consumption or backup",
        "message": "Unable to set operational mode",
    }
    assert gateway.device.staged.mode == "self_consumption"


@pytest.mark.parametrize("mode", ["scheduler", "site_control", "", None, 5], ids=str)
def test_a_mode_that_cannot_be_set_is_refused(bench: type[Bench], mode: int | str | None) -> None:
    assert bench(profile="1.49").enter().put(mode, 20).status == 500


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_broken_body_is_a_bad_request(bench: type[Bench], body: bytes) -> None:
    seen = bench(profile="1.49").enter().post("operation", body)

    assert (seen.status, seen.json["message"]) == (400, "Unable to unmarshal body")


@pytest.mark.parametrize("reserve", ["20", True, None, [20]], ids=str)
def test_a_reserve_that_is_no_number_is_a_bad_request(
    bench: type[Bench], reserve: bool | str | list[int] | None
) -> None:
    assert bench(profile="1.49").enter().put("backup", reserve).status == 400


def test_a_reserve_below_zero_is_ignored_and_one_above_100_refused(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49", reserve=20).enter()
    assert gateway.put("backup", 100.5).status == 400
    assert gateway.put("backup", -1).status == 200

    assert gateway.device.staged.reserve == 24.0


def test_the_setting_is_read_while_the_sitemaster_is_down(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49").enter()

    assert not gateway.device.sitemaster_running
    assert gateway.get("operation").status == 200


def test_the_body_of_a_commit_is_the_status(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44").enter("customer")
    committed = gateway.get("config/completed").json

    assert committed == gateway.get("status").json
