"""The rate plan that the device goes by: imported, and compared with the schedule's tariff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PRIME = Path(__file__).parents[2] / "data/imports/tesla_tariff/sce_tou_d_prime_v1.json"
SCHEDULE = """\
schedule: home
tariff: {tariff}
rules:
  - name: keep
    mode: self_consumption
    reserve: 20%
"""


def test_the_rate_plan_of_the_app_becomes_a_tariff(tou: Any, cloud: Any, home: Path) -> None:
    cloud.cloud.rate_plan = json.loads(PRIME.read_text())

    answer = tou(
        "tariff", "import", "--from-gateway", "--id", "app", "--timezone", "America/Los_Angeles"
    )

    assert answer.code == 0, answer.err
    assert tou("tariff", "show", "app").code == 0


def test_an_app_without_a_rate_plan_is_told_so(tou: Any, cloud: Any) -> None:
    answer = tou("tariff", "import", "--from-gateway")

    assert answer.code == 78
    assert "No rate plan is set in the Tesla app" in answer.err


def test_a_gateway_that_tells_none_is_told_so(tou: Any, monkeypatch: Any) -> None:
    answer = tou("tariff", "import", "--from-gateway")

    assert answer.code == 78
    assert "does not tell a rate plan" in answer.err


@pytest.mark.parametrize("words", [(), ("rate.json", "--from-gateway")])
def test_a_file_or_the_gateway_is_named(tou: Any, words: tuple[str, ...]) -> None:
    assert tou("tariff", "import", *words).code == 2


@pytest.mark.parametrize(
    ("tariff", "words"),
    [
        ("tariffs/app.yaml", "has the hours of the schedule"),
        ("tariffs/octopus-go.yaml", "has other hours than"),
    ],
)
def test_doctor_compares_it_with_the_tariff_of_the_schedule(
    tou: Any, cloud: Any, monkeypatch: Any, tariff: str, words: str
) -> None:
    cloud.cloud.rate_plan = json.loads(PRIME.read_text())
    tou("tariff", "import", "--from-gateway", "--id", "app", "--timezone", "America/Los_Angeles")
    Path("home.yaml").write_text(SCHEDULE.format(tariff=tariff))
    monkeypatch.setenv("TOU_SCHEDULE", "home.yaml")

    answer = tou("doctor")

    assert answer.code == 0, answer.out
    assert words in answer.out
    assert {each.method for each in cloud.log} == {"GET"}
