"""The description of the pages' data: every address of it, held against what really is answered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from scheduler.outlets.web.registry import PAGES

REAL = {
    "/now.json": ["/now.json"],
    "/day/{day}.json": ["/day/2026-11-23.json?at=06:10", "/day/2026-12-24.json"],
    "/year/{year}.json": ["/year/2026.json", "/year/2031.json"],
    "/schedule.json": ["/schedule.json"],
    "/audit.json": ["/audit.json", "/audit.json?outcome=refused&limit=1", "/audit.json?name=no"],
    "/run/{number}.json": ["/run/{last}.json"],
    "/bundle.json": ["/bundle.json"],
    "/healthz": ["/healthz"],
    "/readyz": ["/readyz"],
}


@pytest.fixture
def described(page: TestClient) -> Any:
    return page.get("/openapi.json").json()


def test_every_address_with_data_is_described_and_tried_here(described: dict[str, Any]) -> None:
    with_data = {re.sub(r":\w+}", "}", each.json) for each in PAGES if each.data}

    assert with_data <= described["paths"].keys()
    assert described["paths"].keys() == REAL.keys()
    assert described["openapi"].startswith("3.1")


def test_what_is_answered_is_what_is_described(page: TestClient, described: dict[str, Any]) -> None:
    last = page.get("/audit.json?limit=1").json()["runs"][0]["run"]

    for path, asked in REAL.items():
        responses = described["paths"][path]["get"]["responses"]
        for address in asked:
            answer = page.get(address.format(last=last))
            shape = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
            Draft202012Validator.check_schema(shape)
            Draft202012Validator(shape).validate(answer.json())


def test_what_is_wrong_is_described_too(page: TestClient, described: dict[str, Any]) -> None:
    for address, path in (
        ("/day/soon.json", "/day/{day}.json"),
        ("/run/999999.json", "/run/{number}.json"),
        ("/audit.json?outcome=fine", "/audit.json"),
    ):
        answer = page.get(address)
        told = described["paths"][path]["get"]["responses"][str(answer.status_code)]
        shape = told["content"]["application/json"]["schema"]
        Draft202012Validator(shape).validate(answer.json())


def test_what_may_be_asked_stands_with_its_address(described: dict[str, Any]) -> None:
    (at,) = [x for x in described["paths"]["/day/{day}.json"]["get"]["parameters"] if
             x["in"] == "query"]  # fmt: skip
    assert (at["name"], at["required"]) == ("at", False)
    run = described["paths"]["/run/{number}.json"]["get"]["parameters"][0]
    assert (run["name"], run["schema"]) == ("number", {"type": "integer"})
