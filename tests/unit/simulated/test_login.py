"""Logins: bodies, cookies, tokens, their end, and who is refused with which words."""

import base64
import json

import pytest

from .conftest import Bench

PASSWORD = "correct-horse-battery"


def test_the_customers_answer_has_the_captured_keys_in_order(bench: type[Bench]) -> None:
    seen = bench(profile="21.44").log_in("customer", force=False, email="owner@example.net")

    assert list(seen.json) == [
        "email", "firstname", "lastname", "roles", "token", "provider", "loginTime",
    ]  # fmt: skip
    assert seen.json["email"] == "owner@example.net"


def test_the_first_firmware_says_no_email(bench: type[Bench]) -> None:
    assert bench(profile="1.15").log_in("").json["email"] is None


@pytest.mark.parametrize("profile", ["1.15", "1.18"])
def test_the_first_ones_take_s_and_the_serial(bench: type[Bench], profile: str) -> None:
    assert bench(profile=profile).log_in("", password="ST0000000000000").status == 200


def test_later_ones_do_not_take_the_serial(bench: type[Bench]) -> None:
    assert bench(profile="1.49").log_in(password="ST0000000000000").status == 401


def test_the_token_is_64_random_bytes_in_url_safe_base64(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49")
    first, second = (gateway.log_in(force=True).json["token"] for _ in range(2))

    assert (len(first), first[-2:]) == (88, "==")
    assert len(base64.urlsafe_b64decode(first)) == 64
    assert first != second


def test_the_cookies_are_the_token_and_the_body_in_base64(bench: type[Bench]) -> None:
    seen = bench(profile="21.44").log_in("customer")

    record = base64.b64encode(seen.body).decode()
    assert [value for name, value in seen.headers if name == "Set-Cookie"] == [
        f"AuthCookie={seen.json['token']}; Path=/",
        f"UserRecord={record}; Path=/",
    ]


def test_the_cookie_alone_is_enough(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44").enter("customer")
    cookie = {"cookie": f"UserRecord=eyJ9; AuthCookie={gateway.token}"}

    assert gateway.get("operation", token="", headers=cookie).status == 200


def test_a_live_cookie_beside_a_dead_bearer_is_enough(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44").enter("customer")
    cookie = {"cookie": f"AuthCookie={gateway.token}"}

    assert gateway.get("operation", token="dead", headers=cookie).status == 200


def test_several_sessions_live_side_by_side(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44").enter("customer")
    first = gateway.token
    gateway.enter("customer")

    assert gateway.get("operation", token=first).status == 200
    assert gateway.device.sessions == 2


def test_a_logout_ends_one_session_and_says_nothing(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44").enter("customer")
    first = gateway.token
    gateway.enter("customer")

    assert gateway.get("logout", token=first).status == 204
    assert gateway.get("operation", token=first).status == 403
    assert gateway.get("operation").status == 200


def test_a_logout_does_not_look_at_the_token(bench: type[Bench]) -> None:
    assert bench(profile="21.44").get("logout", token="nonsense").status == 204


def test_a_session_dies_of_age(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44", token_life=3600.0).enter("customer")
    gateway.wait(3599)
    assert gateway.get("operation").status == 200

    gateway.wait(2)

    seen = gateway.get("operation")
    assert (seen.status, seen.json["error"]) == (403, "Unable to GET to resource")
    assert gateway.device.sessions == 0


@pytest.mark.parametrize(
    ("profile", "path", "status"),
    [
        pytest.param("1.40", "operation", 401, id="401 on a guarded one before 20.49"),
        pytest.param("1.40", "status", 401, id="401 even on an open one before 20.49"),
        pytest.param("21.44", "operation", 403, id="403 on a guarded one since"),
        pytest.param("21.44", "status", 200, id="no matter on an open one since"),
    ],
)
def test_a_dead_token_is_answered_by_firmware(
    bench: type[Bench], profile: str, path: str, status: int
) -> None:
    assert bench(profile=profile).get(path, token="dead").status == status


def test_a_dead_cookie_is_no_matter_on_an_open_endpoint(bench: type[Bench]) -> None:
    """The 401 on open endpoints was seen with a bearer only."""
    cookie = {"cookie": "AuthCookie=dead"}
    gateway = bench(profile="1.49")

    assert gateway.get("sitemaster", headers=cookie).status == 200
    assert gateway.get("operation", headers=cookie).status == 401


def test_a_login_with_a_dead_token_succeeds(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49")
    body = {"username": "installer", "password": PASSWORD, "force_sm_off": True}

    assert gateway.post("login/Basic", body, token="dead").status == 200


def test_the_installer_is_told_of_the_switch(bench: type[Bench]) -> None:
    assert bench(profile="1.50.1").log_in("installer").json == {
        "code": 401,
        "error": "roles [Provider_Engineer] require physical access",
        "message": "Login Error",
    }


def test_the_default_password_is_refused_where_the_switch_is_set(bench: type[Bench]) -> None:
    seen = bench("default_password", profile="24.36").log_in("customer")

    assert seen.json["error"] == "default password not supported"
    assert seen.json["message"] == "Login Error"


def test_a_login_refused_without_force_leaves_the_battery_running(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49")
    seen = gateway.log_in(force=False)

    assert seen.json["message"] == "Unable to stop sitemaster"
    assert gateway.device.sitemaster_running
    assert gateway.device.logins == 0


def test_a_login_without_force_is_let_in_while_the_battery_is_stopped(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49").enter()

    assert gateway.log_in(force=False).status == 200


def test_a_login_stops_a_start_that_is_under_way(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49").enter()
    gateway.get("sitemaster/run")
    gateway.enter()
    gateway.wait(60)

    assert not gateway.device.sitemaster_running


def test_off_the_grid_the_installer_cannot_stop_the_battery(bench: type[Bench]) -> None:
    assert bench("islanded", profile="1.49").log_in("installer").status == 500


def test_a_form_is_taken_for_a_login(bench: type[Bench]) -> None:
    form = f"username=customer&password={PASSWORD}&email=&clientInfo=timezone".encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}

    assert bench(profile="21.44").post("login/Basic", form, headers=kind).status == 200


def test_json_under_a_forms_type_is_taken_for_json(bench: type[Bench]) -> None:
    body = json.dumps({"username": "customer", "password": PASSWORD}).encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}

    assert bench(profile="21.44").post("login/Basic", body, headers=kind).status == 200


def test_a_query_is_taken_for_a_login_and_not_remembered(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44")
    path = f"login/Basic?username=customer&password={PASSWORD}"

    assert gateway.post(path).status == 200
    assert gateway.device.requests[-1].path == "/api/login/Basic"


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"text"', b"\xff\xfe"])
def test_a_broken_login_is_a_bad_request(bench: type[Bench], body: bytes) -> None:
    seen = bench(profile="1.49").post("login/Basic", body)

    assert (seen.status, seen.json["message"]) == (400, "Unable to unmarshal body")


@pytest.mark.parametrize("password", [None, 5, ["x"], "пароль"], ids=str)
def test_a_strange_password_is_a_wrong_one(
    bench: type[Bench], password: int | str | list[str] | None
) -> None:
    assert bench(profile="1.49").log_in(password=password).status == 401


def test_twenty_logins_in_ten_minutes_are_enough(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44")
    statuses = [gateway.log_in("customer").status for _ in range(21)]

    assert statuses == [200] * 20 + [429]


def test_wrong_passwords_count_towards_the_limit(bench: type[Bench]) -> None:
    gateway = bench("login_limit:3", profile="1.49")
    for _ in range(3):
        gateway.log_in(password="wrong")

    seen = gateway.log_in()

    assert seen.json == {
        "code": 429,
        "error": "Api Limit reached for this endpoint",
        "message": "API Limit Reached",
    }


def test_the_limit_clears_after_ten_minutes_of_silence(bench: type[Bench]) -> None:
    gateway = bench("login_limit:1", profile="1.49")
    gateway.log_in(password="wrong")
    assert gateway.log_in().status == 429
    gateway.wait(601)

    assert gateway.log_in().status == 200


def test_the_toggle_waits_for_a_hand_at_the_switch(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44")
    who = {"email": "", "username": "installer"}
    assert gateway.get("auth/toggle/supported").json == {"toggle_auth_supported": True}
    assert gateway.post("auth/toggle/start").status == 202
    assert gateway.post("auth/toggle/login", who).status == 417

    gateway.device.move_switch()

    assert gateway.post("auth/toggle/login", who).json["roles"] == ["Provider_Engineer"]
    assert gateway.post("auth/toggle/login", who).status == 417


def test_nothing_secret_is_in_a_repr(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44").enter("customer")
    outcome = gateway.ask("POST", "login/Basic", {"username": "customer", "password": PASSWORD})
    shown = " ".join(
        repr(each)
        for each in (
            outcome,
            gateway.device.options,
            gateway.device.requests,
            gateway.device.faults,
        )
    )

    assert PASSWORD not in shown
    assert json.loads(outcome.answer.body)["token"] not in shown
