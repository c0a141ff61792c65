"""What the answers of a proxy and a server mean, by the bodies that were captured of both."""

import json

import pytest

from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
)
from scheduler.gateway.exchange import Call
from scheduler.gateway.proxy.answers import ProxyAnswer, error_of

WRITE = Call("write", "POST", "/control/mode", changes=True)
MODE = {"real_mode": "backup"}


def answer(body: object, status: int = 200) -> ProxyAnswer:
    return ProxyAnswer(status, json.dumps(body).encode())


def behind(result: object) -> dict[str, object]:
    """A write that was passed on, with what came back of it."""
    return {"set_operation": {**MODE, "result": result}}


ROWS = [
    ("v1r took it", behind({"response": {"Message": "Operation mode updated", "Code": 200}}), True),
    ("the cloud took it", behind({"response": {"code": 201, "message": "Updated"}}), True),
    ("words alone", {"grid_charging": "Set Successfully"}, True),
    ("no result", behind(None), False),
    ("the cloud says no", behind({"response": {"result": False, "reason": "not today"}}), False),
    ("a status in it", behind({"response": {"code": 429, "message": "later"}}), False),
    ("a status in words", behind({"response": {"Code": "400", "Message": "no"}}), False),
    ("an error in it", behind({"response": None, "error": "upstream"}), False),
    ("result false", behind(False), False),
    ("an error at the top", {"error": "Control Command Value Invalid"}, False),
    ("an error of null", {"error": None, "mode": "backup"}, True),
    ("nothing in it", {}, False),
    ("no object", ["backup"], False),
]


@pytest.mark.parametrize(("body", "fine"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_success_is_decided_by_the_whole_body(body: object, fine: bool) -> None:
    assert answer(body).fine is fine


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, "its answer has no result"),
        ({"response": {"code": 500, "message": "later"}}, "later"),
        ({"response": {"result": False, "reason": ""}}, "no reason given"),
    ],
)
def test_what_came_to_nothing_behind_it_says_what_shows_it(result: object, words: str) -> None:
    error = error_of("The proxy", WRITE, answer(behind(result)), str)

    assert isinstance(error, GatewayBusyError)
    assert error.delivered == "unknown"
    assert f"({words})" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "Control Commands Disabled - Set PW_CONTROL_SECRET"}, GatewayRefusedError),
        (403, {"detail": "Control features not enabled"}, GatewayRefusedError),
        (401, {"unauthorized": "Control Command Token Invalid"}, GatewayRefusedError),
        (400, {"error": "Failed to set grid_charging"}, GatewayBusyError),
        (404, {"error": "Not Found"}, GatewayProtocolError),
    ],
)
def test_each_captured_refusal_has_its_kind(
    status: int, body: object, kind: type[GatewayError]
) -> None:
    assert type(error_of("The proxy", WRITE, answer(body, status), str)) is kind
