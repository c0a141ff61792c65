"""Answers that repeat what they were told in confidence."""

import json
import logging
from typing import Any

import httpx
import pytest

from scheduler.errors import GatewayError
from scheduler.gateway.base import Part, Spend

from .conftest import Answers, Scripting, Told

PASSWORD = 'pass"wörd'


@pytest.mark.parametrize(
    "body",
    [
        {"code": 401, "error": f"no user with {PASSWORD}", "message": "Login Error"},
        {"code": 500, "error": f"no user with {PASSWORD}", "message": PASSWORD},
        {"code": 429, "error": PASSWORD, "message": PASSWORD},
        {"what": PASSWORD},
        PASSWORD,
    ],
    ids=["refused", "error", "limit", "odd", "bare"],
)
@pytest.mark.parametrize("path", ["POST /api/login/Basic", "GET /api/operation"])
async def test_password_in_an_answer_is_not_shown(
    scripted: Scripting,
    answers: Answers,
    told: Told,
    caplog: pytest.LogCaptureFixture,
    *,
    path: str,
    body: str | dict[str, Any],
) -> None:
    caplog.set_level(logging.DEBUG)
    status = body["code"] if isinstance(body, dict) and "code" in body else 200
    answer = httpx.Response(status, content=json.dumps(body))
    gateway, _ = scripted(answers(**{path: answer}), password=PASSWORD)

    with pytest.raises(GatewayError) as caught:
        await gateway.read(told, spend=Spend.DUE)

    shown = f"{caught.value!r} {caught.value} {told.steps} {caplog.text}"
    assert "pass" not in shown.replace("password", "").replace("PASSWORD", "")
    assert "rd" not in shown.partition("[hidden]")[2][:3]


@pytest.mark.parametrize("before", range(100, 210, 5))
async def test_password_that_lies_across_a_cut_leaves_no_part_behind(
    scripted: Scripting, answers: Answers, told: Told, before: int
) -> None:
    """Cut first and scrubbed afterwards, its first half stayed."""
    password = "correct-horse-battery-staple"
    refusal = {"code": 500, "error": "x" * 30 + " " + "y " * (before // 2) + password}
    answer = httpx.Response(500, json={**refusal, "message": "no"})
    gateway, _ = scripted(answers(**{"GET /api/operation": answer}), password=password)

    with pytest.raises(GatewayError) as caught:
        await gateway.read(told, spend=Spend.DUE)

    assert "correct" not in f"{caught.value} {told.steps}"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("GET /api/operation", {"real_mode": "hunter2\x1b[2J", "backup_reserve_percent": 24}),
        ("GET /api/status", {"version": "1.49.0 hunter2", "git_hash": "\u202ehunter2\x1b[2J"}),
        ("GET /api/system/update/status", {"state": "hunter2\x07", "info": {"status": ["\x1b"]}}),
        ("GET /api/sitemaster", {"running": "hunter2\x1b[2J"}),
    ],
    ids=["mode", "version", "update", "sitemaster"],
)
async def test_words_of_a_gateway_are_shown_without_what_a_terminal_obeys(
    scripted: Scripting, answers: Answers, told: Told, *, path: str, body: dict[str, Any]
) -> None:
    gateway, _ = scripted(answers(**{path: httpx.Response(200, json=body)}))
    shown = []
    for ask in (
        lambda: gateway.read(told, spend=Spend.DUE, want=frozenset(Part)),
        lambda: gateway.identify(told),
        lambda: gateway.update(told),
    ):
        try:
            shown += texts(await ask())
        except GatewayError as error:
            shown.append(str(error))

    text = " ".join(shown + [step.error or "" for step in told.steps])
    assert not any(character in text for character in "\x1b\x07\u202e")


def texts(value: Any) -> list[str]:
    """The texts in a frozen value, as they would be printed."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list | tuple):
        return [text for each in value for text in texts(each)]
    return texts([getattr(value, name) for name in getattr(value, "__slots__", ())])
