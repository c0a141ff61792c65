"""The rules of reading and commanding the cloud, each by its source."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Step
from scheduler.gateway.exchange import Call
from scheduler.gateway.fleet import price
from scheduler.gateway.fleet.answers import CloudReply, failure
from scheduler.gateway.fleet.commands import commands_of
from scheduler.gateway.fleet.hosts import checked_address, region_of
from scheduler.gateway.fleet.readings import firmware_of, live_of, setting_of, sites_of
from scheduler.gateway.fleet.settings import FleetSettings
from scheduler.gateway.fleet.setup import code_in
from scheduler.gateway.fleet.tokens import Tokens, claims
from scheduler.setting import Export, GridCharging, Mode, Setting, SettingRead

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DENIED = "disallow_charge_from_grid_with_solar_installed"
RULE = "customer_preferred_export_rule"


def read(components: dict[str, Any], **more: Any) -> SettingRead:
    info = {"default_real_mode": "backup", "backup_reserve_percent": 80, **more}
    return setting_of({**info, "components": components}, told=False, seen=False)


PARTS = [
    ("denied", {DENIED: True, RULE: "pv_only"}, GridCharging.DENY, Export.SOLAR),
    ("absent is allowed and battery_ok", {"solar": True}, GridCharging.ALLOW, Export.BATTERY),
    ("never", {RULE: "never"}, GridCharging.ALLOW, Export.NONE),
    (
        "no permission to export",
        {RULE: "battery_ok", "non_export_configured": True},
        GridCharging.ALLOW,
        Export.NONE,
    ),
    ("an unheard-of rule is not known", {RULE: "sometimes"}, GridCharging.ALLOW, None),
    ("no components, nothing known", {}, None, None),
    ("a text is no yes", {DENIED: "yes"}, None, Export.BATTERY),
]


@pytest.mark.parametrize(
    ("components", "charging", "export"), [row[1:] for row in PARTS], ids=[row[0] for row in PARTS]
)
def test_the_settings_of_the_grid_by_their_reading_rules(
    components: dict[str, Any], charging: GridCharging | None, export: Export | None
) -> None:
    shown = read(components)

    assert (shown.grid_charging, shown.export) == (charging, export)


@pytest.mark.parametrize("value", [None, "80", True, float("nan"), 10**400, [80]])
def test_a_reserve_that_is_no_number_is_missing(value: Any) -> None:
    assert read({}, backup_reserve_percent=value).reserve is None


def test_a_site_id_of_nineteen_digits_is_kept_to_the_last() -> None:
    products = json.loads(
        '[{"energy_site_id": 9007199254740993123, "components": {"battery": true}},'
        '{"vin": "x"}, {"energy_site_id": 5, "components": {"battery": false}},'
        '{"energy_site_id": "77", "resource_type": "battery", "site_name": "Cabin"}, 7]'
    )

    assert [(site.id, site.name) for site in sites_of(products)] == [
        ("9007199254740993123", None),
        ("77", "Cabin"),
    ]


@pytest.mark.parametrize("products", [None, {}, "x", [None, {"energy_site_id": True}]])
def test_products_that_are_none_are_no_sites(
    products: str | list[dict[str, bool] | None] | dict[str, Any] | None,
) -> None:
    assert sites_of(products) == ()


def test_live_numbers_are_watts_and_app_percent() -> None:
    live = live_of(
        {
            "percentage_charged": 46.7,
            "battery_power": 780,
            "grid_power": -20,
            "island_status": "island_status_unknown",
            "grid_status": "Active",
            "timestamp": "2026-07-01T04:58:19-07:00",
        },
        NOW,
    )

    assert (live.charge, live.powers.battery, live.powers.grid) == (46.7, 780, -20)
    assert live.powers.solar is None
    assert live.grid is True


def test_only_a_charge_of_nought_without_power_on_the_grid_is_a_calibration() -> None:
    nought = {"percentage_charged": 0, "battery_power": 0, "island_status": "on_grid"}

    assert live_of(nought, NOW).charge is None
    assert live_of({**nought, "battery_power": -3300}, NOW).charge == 0
    assert live_of({**nought, "storm_mode_active": True}, NOW).charge == 0
    assert live_of({}, NOW).charge is None


def test_nothing_is_sent_for_what_is_not_named() -> None:
    setting = Setting(Mode.SELF_CONSUMPTION, 20)
    before = SettingRead("backup", 20, GridCharging.ALLOW, Export.BATTERY)

    assert [each.endpoint for each in commands_of(setting, before)] == ["operation"]


def test_what_could_not_be_read_is_sent() -> None:
    setting = Setting(Mode.SELF_CONSUMPTION, 20, GridCharging.DENY)
    before = SettingRead("self_consumption", 20, None, None)

    (command,) = commands_of(setting, before)
    assert command.body == {DENIED: True}


def test_a_reserve_within_the_rounding_is_not_sent_again() -> None:
    setting = Setting(Mode.BACKUP, 20)
    before = SettingRead("self_consumption", 20.4)

    assert [each.endpoint for each in commands_of(setting, before)] == ["operation"]


REPLIES = [
    ({"response": {"code": 201, "message": "Updated"}}, True),
    ({"response": {"Code": 200, "Message": "..."}}, True),
    ({"response": {"result": True, "reason": ""}}, True),
    ({"response": "Updated"}, True),
    (None, True),
    ({"response": {"result": False, "reason": "no"}}, False),
    ({"response": {"Code": 400, "Message": "no"}}, False),
    ({"response": None, "error": "no"}, False),
    ({"response": {"code": 201}, "error": ""}, True),
    ({"response": {"code": "400", "message": "no"}}, False),
    ({"response": {"error": "no"}}, False),
    ({"Code": 400, "message": "no"}, False),
    ({"result": False, "reason": "no"}, False),
    ({"response": {"code": "Updated"}}, True),
    ({"response": {"code": 201}, "code": None, "extra": {"code": 500}}, True),
]


@pytest.mark.parametrize(("body", "fine"), REPLIES)
def test_whether_a_command_was_taken(body: dict[str, Any] | None, fine: bool) -> None:
    assert CloudReply(200, json.dumps(body).encode()).fine is fine


def test_no_body_at_all_is_taken() -> None:
    assert CloudReply(204).fine
    assert not CloudReply(401).fine


@pytest.mark.parametrize(
    ("asked", "words", "wait"),
    [
        (7.0, "", 7.0),
        (None, "Retry in 7.5 seconds", 7.0),
        (None, "Retry in 9 seconds", 9.0),
        (None, "slow down", 60.0),
        (40_000.0, "", 3600.0),
        (-5.0, "", 1.0),
    ],
)
def test_how_long_the_cloud_is_left_alone(asked: float | None, words: str, wait: float) -> None:
    body = json.dumps({"response": None, "error": words}).encode()

    assert CloudReply(429, body, asked).wait == wait


@pytest.mark.parametrize(
    "body",
    [
        b"Too many requests. Retry in 77 seconds",
        b'{"response": {"message": "Retry in 77 seconds"}}',
        b'{"response": null, "error": "", "error_description": "retry in 77s"}',
    ],
)
def test_a_wait_is_found_wherever_the_body_says_it(body: bytes) -> None:
    assert CloudReply(429, body).wait == 77


def test_a_busy_cloud_says_how_long_it_is_left_alone() -> None:
    reply = CloudReply(429, b"", 40.0)

    assert "left alone for 40 s" in str(failure("cloud", Call("look", "GET", "/x"), reply, ""))


@pytest.mark.parametrize(
    ("code", "kind", "delivered"),
    [
        (400, GatewayRefusedError, "no"),
        (408, GatewayUnreachableError, "no"),
        ("429", GatewayBusyError, "no"),
        (500, GatewayUnreachableError, "unknown"),
        (504, GatewayUnreachableError, "unknown"),
        (4001, GatewayProtocolError, "no"),
    ],
)
def test_a_status_within_a_good_answer_means_what_it_means_outside(
    code: object, kind: type[GatewayError], delivered: str
) -> None:
    reply = CloudReply(200, json.dumps({"response": {"code": code, "message": "no"}}).encode())

    error = failure("cloud", Call("write", "POST", "/x", {}), reply, "no")

    assert (type(error), error.delivered) == (kind, delivered)


PAGES = [
    (200, b"<html>Sign in</html>", True),
    (200, b"404 page not found", True),
    (200, b"{", True),
    (200, b"", False),
    (200, b" null\n", False),
    (200, b'"Updated"', False),
    (302, b"<a href='/login'>", True),
    (403, b"<!doctype html>", True),
    (403, b"RBAC: access denied", False),
    (503, b"<html>later</html>", False),
]


@pytest.mark.parametrize(("status", "body", "foreign"), PAGES)
def test_what_answers_in_place_of_the_cloud_is_told_from_it(
    status: int, body: bytes, foreign: bool
) -> None:
    assert CloudReply(status, body).foreign is foreign


def test_words_of_the_cloud_are_bounded_and_hide_what_a_terminal_obeys() -> None:
    info = {"default_real_mode": f"\x1b[2J {'A' * 40}", "version": "9." * 500 + " x"}

    shown = setting_of(info, told=False, seen=False)
    (site,) = sites_of(
        [{"energy_site_id": 7, "resource_type": "battery", "site_name": "\n\x07Hut"}]
    )

    assert shown.mode == r"\x1b[2J [hidden]"
    assert len(str(firmware_of(info))) <= 64
    assert site.name == r"\x07Hut"


@pytest.mark.parametrize("number", ["7" * 20, "٧", -7, 7.0, True])
def test_a_number_that_no_site_has_is_none(number: object) -> None:
    assert sites_of([{"energy_site_id": number, "resource_type": "battery"}]) == ()


@pytest.mark.parametrize("percent", [-7, 101, 1e30])
def test_a_reserve_that_cannot_be_is_missing(percent: float) -> None:
    assert read({}, backup_reserve_percent=percent).reserve is None


@pytest.mark.parametrize(
    ("method", "status", "step", "mills"),
    [
        ("GET", 200, "observe", 2),
        ("POST", 200, "write", 1),
        ("GET", 404, "observe", 2),
        ("GET", 503, "observe", 0),
        ("GET", None, "observe", 0),
        ("POST", 200, "refresh", 0),
    ],
)
def test_what_a_call_costs(method: str, status: int | None, step: str, mills: int) -> None:
    assert price(Step(NOW, step, method, "/x", status, 1.0)) == mills


@pytest.mark.parametrize("address", ["https://x.example/", "http://127.0.0.1:8", "http://[::1]"])
def test_addresses_that_may_be_sent_a_token(address: str) -> None:
    assert checked_address(address) == address.rstrip("/")


@pytest.mark.parametrize(
    "address", ["http://x.example", "ftp://x", "x", "https://a:b@x", "http://["]
)
def test_addresses_that_may_not(address: str) -> None:
    with pytest.raises(ValueError, match=r"https://"):
        checked_address(address)


@pytest.mark.parametrize(
    ("text", "region"), [("NA_x", "na"), ("EU", "eu"), ("XX_", None), ("", None)]
)
def test_the_region_is_told_by_the_first_letters(text: str, region: str | None) -> None:
    assert region_of(text) == region


def test_a_code_is_taken_from_an_address_or_by_itself() -> None:
    assert code_in("http://localhost/callback?code=NA_12345678&state=s", "s") == "NA_12345678"
    assert code_in("  NA_12345678\n", "s") == "NA_12345678"
    for wrong in ("http://x/?code=NA_1&state=other", "http://x/?state=s", "?error=denied", "x"):
        with pytest.raises(ValueError, match=r"\."):
            code_in(wrong, "s")


def tokens(**more: Any) -> Tokens:
    given = {
        "client_id": "c",
        "access": "secret-access",
        "refresh": "secret-refresh",
        "expires_at": NOW + timedelta(hours=8),
        "stored_at": NOW,
    }
    return Tokens(**{**given, **more})


def test_a_token_is_fresh_until_some_time_before_its_end() -> None:
    assert tokens().fresh(NOW + timedelta(hours=7))
    assert not tokens().fresh(NOW + timedelta(hours=7, minutes=45))
    short = tokens(expires_at=NOW + timedelta(seconds=60))
    assert short.fresh(NOW + timedelta(seconds=40))
    assert not short.fresh(NOW + timedelta(seconds=50))


def test_a_clock_far_in_the_past_proves_no_token_fresh() -> None:
    assert not tokens().fresh(NOW - timedelta(days=300))


def test_no_token_is_in_a_repr() -> None:
    assert "secret" not in repr(
        tokens().renewed({"access_token": "secret-a2", "expires_in": 9}, NOW)
    )


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"access_token": ""},
        {"access_token": "with space"},
        {"access_token": "a\nb"},
        {"access_token": 7},
    ],
)
def test_an_answer_without_a_usable_token_is_no_pair(answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no tokens"):
        tokens().renewed(answer, NOW)


@pytest.mark.parametrize("token", ["", "opaque", "a.b", "a.!!!.c", "a.e30.c", "a.W10.c"])
def test_an_opaque_token_claims_nothing(token: str) -> None:
    assert claims(token) == {}


def test_the_page_for_the_owner_names_every_setting() -> None:
    page = (Path(__file__).parents[3] / "docs" / "fleet.md").read_text()

    for name in ("PROVIDER", "REGION", "SITE", "TOKEN", "BUDGET", "READ_EVERY", "API_URL"):
        assert f"TOU_FLEET_{name}" in page
    assert {name for name in FleetSettings.model_fields if name.startswith("fleet_")} == {
        "fleet_provider",
        "fleet_region",
        "fleet_site",
        "fleet_token",
        "fleet_budget",
        "fleet_read_every",
        "fleet_api_url",
        "fleet_sign_in_url",
        "fleet_token_url",
    }
