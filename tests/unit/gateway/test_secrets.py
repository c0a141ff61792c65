"""Answers that repeat what they were told in confidence."""

import json
import logging

import httpx
import pytest

from scheduler.errors import GatewayError
from scheduler.gateway.base import Spend

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
async def test_password_in_an_answer_is_not_shown(scripted, answers, told, caplog, *, path, body):
    caplog.set_level(logging.DEBUG)
    status = body["code"] if isinstance(body, dict) and "code" in body else 200
    answer = httpx.Response(status, content=json.dumps(body))
    gateway, _ = scripted(answers(**{path: answer}), password=PASSWORD)

    with pytest.raises(GatewayError) as caught:
        await gateway.read(told, spend=Spend.DUE)

    shown = f"{caught.value!r} {caught.value} {told.steps} {caplog.text}"
    assert "pass" not in shown.replace("password", "").replace("PASSWORD", "")
    assert "rd" not in shown.partition("[hidden]")[2][:3]
