"""The catalogue of a gateway's errors: which class, and whether the owner learns a way out."""

import json

import pytest

from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.exchange import Call
from scheduler.gateway.local.answers import LOGIN, Answer, Catalogue

READ = Call("observe", "GET", "/api/operation")
WRITE = Call("write", "POST", "/api/operation", changes=True)
DATA = Call("charge", "GET", "/api/system_status/soe")
CATALOGUE = Catalogue(where="The gateway https://powerwall", username="installer")


def error_body(code: int, error: str, message: str) -> bytes:
    return json.dumps({"code": code, "error": error, "message": message}).encode()


GET_DENIED = error_body(
    403, "Unable to GET to resource", "User does not have adequate access rights"
)
POST_DENIED = error_body(
    403, "Unable to POST to resource", "User does not have adequate access rights"
)
MODES = error_body(
    500, "Mode must be either self_consumption or backup", "Unable to set operational mode"
)
REAL_MODES = error_body(
    500, "RealMode must be either self_consumption or backup", "Unable to set operational mode"
)

# Bodies from vloschiavo/powerwall2 (#1 #4 #8 #9 #15 #18 #34 #44 #74), home-assistant/core
# (#128506 #129440 #137847); each with the class it is for us and a word of its way out.
ROWS = [
    pytest.param(READ, 301, b"<a href>Moved", GatewayProtocolError, "TOU_GATEWAY_URL", id="301"),
    pytest.param(
        WRITE,
        400,
        error_body(400, "unexpected end of JSON input", "Unable to unmarshal body"),
        GatewayProtocolError,
        "tried again",
        id="broken JSON",
    ),
    pytest.param(READ, 403, GET_DENIED, GatewayRefusedError, "password anew", id="GET denied"),
    pytest.param(WRITE, 403, POST_DENIED, GatewayRefusedError, "up to 1.49", id="POST denied"),
    pytest.param(READ, 404, b"", GatewayProtocolError, "tou gateway info", id="404"),
    pytest.param(READ, 405, b"method not allowed", GatewayProtocolError, "firmware", id="405"),
    pytest.param(
        READ,
        409,
        error_body(409, "Sitemaster is current running", "Sitemaster is current running"),
        GatewayProtocolError,
        "tried again",
        id="409",
    ),
    pytest.param(READ, 417, b"", GatewayProtocolError, "tried again", id="417"),
    pytest.param(
        READ,
        429,
        error_body(429, "Api Limit reached for this endpoint", "API Limit Reached"),
        GatewayBusyError,
        "left alone",
        id="429",
    ),
    pytest.param(WRITE, 500, MODES, GatewayRefusedError, "self_consumption", id="mode on 1.18"),
    pytest.param(WRITE, 500, REAL_MODES, GatewayRefusedError, "schedule", id="mode on 1.21"),
    pytest.param(
        READ,
        500,
        error_body(500, "no phase information", "Failed getting phase detection information"),
        GatewayProtocolError,
        "tried again",
        id="another 500",
    ),
    pytest.param(DATA, 502, b"", GatewayUnreachableError, "sitemaster", id="sitemaster down"),
    pytest.param(
        READ,
        503,
        error_body(503, "current config mode is busy", "current config mode is busy"),
        GatewayBusyError,
        "left alone",
        id="503",
    ),
    pytest.param(DATA, 504, b"", GatewayUnreachableError, "sitemaster", id="504"),
    pytest.param(READ, 200, GET_DENIED, GatewayRefusedError, "password", id="denied inside a 200"),
    pytest.param(WRITE, 202, MODES, GatewayRefusedError, "schedule", id="mode inside a 202"),
    pytest.param(
        READ,
        200,
        json.dumps({"error": "x", "message": "API Limit Reached"}).encode(),
        GatewayBusyError,
        "left alone",
        id="limit inside a 200, without code",
    ),
    pytest.param(
        READ,
        200,
        json.dumps({"error": "x", "message": "current config mode is busy"}).encode(),
        GatewayBusyError,
        "left alone",
        id="busy inside a 200, without code",
    ),
    pytest.param(
        READ, 200, b'{"code":500}', GatewayProtocolError, "tried again", id="only a code in a 200"
    ),
]


@pytest.mark.parametrize(("call", "status", "body", "kind", "way_out"), ROWS)
def test_answer_becomes_its_error_with_a_way_out(
    call: Call, status: int, body: bytes, kind: type[GatewayError], way_out: str
) -> None:
    answer = Answer(status, body)

    error = CATALOGUE.error(call, answer, answer.complaint)

    assert not answer.fine
    assert type(error) is kind
    assert "https://powerwall" in str(error)
    assert way_out in str(error)


# vloschiavo/powerwall2 #1 #15 #34; home-assistant/core #129440, whose status is not known.
LOGIN_ROWS = [
    pytest.param(401, "Invalid Credentials", "TOU_GATEWAY_PASSWORD", id="wrong on 1.15"),
    pytest.param(401, "bad credentials", "TOU_GATEWAY_PASSWORD", id="wrong since 1.37"),
    pytest.param(
        401, "roles [Provider_Engineer] require physical access", "up to 1.49", id="switch"
    ),
    pytest.param(
        401, "default password not supported", "password of your own", id="factory password"
    ),
    pytest.param(
        403, "default password not supported", "password of your own", id="the same as 403"
    ),
]


@pytest.mark.parametrize(("status", "error", "way_out"), LOGIN_ROWS)
def test_refused_login_tells_its_cause_and_the_way_out(
    status: int, error: str, way_out: str
) -> None:
    answer = Answer(status, error_body(status, error, "Login Error"))

    refused = CATALOGUE.login_error(answer, answer.complaint)

    assert isinstance(refused, GatewayRefusedError)
    assert error in str(refused)
    assert way_out in str(refused)


def test_login_during_an_update_is_tried_later() -> None:
    answer = Answer(500, error_body(500, "Cannot Start Wizard", "Unable to stop sitemaster"))

    error = CATALOGUE.login_error(answer, answer.complaint)

    assert isinstance(error, GatewayBusyError)
    assert error.retry_after == 60


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(200, b"", id="empty"),
        pytest.param(202, b"", id="accepted"),
        pytest.param(200, b'{"error":"","message":""}', id="empty error and message"),
        pytest.param(200, b'{"code":202}', id="a code that is fine"),
        pytest.param(200, b'{"message":"hello"}', id="a message alone"),
        pytest.param(200, b"[1,2]", id="a list"),
        pytest.param(200, b'{"code":true}', id="a code that is no number"),
    ],
)
def test_success_is_a_2xx_without_an_error_in_its_body(status: int, body: bytes) -> None:
    assert Answer(status, body).fine


@pytest.mark.parametrize("words", ["invalid bearer token", "Token Expired"])
def test_expired_token_is_a_dead_session_whatever_the_status(words: str) -> None:
    assert Answer(500, error_body(500, "x", words)).denied
    assert Answer(401, error_body(401, "", words)).denied


def test_body_is_read_as_json_whatever_it_claims_to_be() -> None:
    assert Answer(200, b'{"a":1}').mapping() == {"a": 1}
    assert Answer(200, b"<html>").mapping() == {}
    assert Answer(200, b"[" * 100_000).mapping() == {}
    assert Answer(200, b"\xff\xfe").mapping() == {}


@pytest.mark.parametrize(
    "body",
    [
        b'{"version":"1.49.0","version":"25.10.0"}',
        b'{"backup_reserve_percent":NaN}',
        b'{"backup_reserve_percent":-Infinity}',
        b'{"n":' + b"9" * 5000 + b"}",
    ],
    ids=["a key twice", "not a number", "infinite", "5,000 digits"],
)
def test_body_that_can_be_read_in_two_ways_is_read_in_none(body: bytes) -> None:
    assert Answer(200, body).mapping() == {}


def test_answers_and_calls_do_not_show_their_bodies() -> None:
    call = Call("login", "POST", LOGIN.path, {"password": "hunter2"})
    answer = Answer(200, b"hunter2", cookies=(("AuthCookie", "hunter2"),))

    assert "hunter2" not in repr(call)
    assert "hunter2" not in repr(answer)
