"""The verbs of leases where no service runs: kept in the audit, and bad input refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Tou

HOME = """\
schedule: always
timezone: Europe/Berlin
rules:
  - {name: charge overnight, during: "22:00-06:00", mode: backup, reserve: 100%}
  - {name: run the house, mode: self_consumption, reserve: 5%}
"""
OVERRIDE = ("override", "--mode", "backup", "--reserve", "100")


@pytest.fixture(autouse=True)
def schedule(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "home.yaml").write_text(HOME)
    monkeypatch.setenv("TOU_SCHEDULE", "home.yaml")


def test_without_a_service_a_lease_is_kept_and_told_to_count_later(tou: Tou) -> None:
    answer = tou(*OVERRIDE, "--until", "3h", "--reason", "guests", "--format", "json")
    told = json.loads(answer.out)
    assert (answer.code, told["outcome"], told["lease"]["reason"]) == (1, None, "guests")
    assert "No service runs" in told["error"]

    assert json.loads(tou("status", "--format", "json").out)["wanted"]["rule"] == "override"
    plan = json.loads(tou("plan", "--format", "json").out)
    assert (plan["entries"][0]["name"], plan["leases"]) == ("override", [told["lease"]])
    assert "override: Backup-only, 100 % until" in tou("plan").out
    plan = json.loads(tou("plan", "home.yaml", "--format", "json").out)
    assert "leases" not in plan

    answer = tou("override", "clear")
    assert (answer.code, answer.out.splitlines()[0]) == (0, "ended: override: Backup-only, 100 %")
    assert json.loads(tou("status", "--format", "json").out)["leases"] == []


def test_pause_resume_and_skip_are_kept_too(tou: Tou) -> None:
    assert tou("pause", "--until", "next").code == 0
    assert tou("skip", "charge overnight").code == 0
    leases = json.loads(tou("status", "--format", "json").out)["leases"]
    assert [each["kind"] for each in leases] == ["pause", "skip"]
    assert tou("resume").code == 0
    assert tou("resume").out == "There is no pause.\n"
    assert tou("skip", "clear").code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (OVERRIDE, "Say until when"),
        ((*OVERRIDE, "--until", "60d"), "more than 31 days away"),
        ((*OVERRIDE, "--until", "2020-01-01"), "Wed 2020-01-01 00:00 is over"),
        (("override", "--mode", "backup", "--until", "2h"), "--mode and --reserve"),
        (("override", "--mode", "boost", "--reserve", "5", "--until", "2h"), "is not a mode"),
        (("override", "--mode", "backup", "--reserve", "500", "--until", "2h"), "100%"),
        (("override", "clear", "--until", "2h"), "clear goes alone"),
        (("pause", "--until", "some day"), "is not a time"),
        (("skip", "charge over night"), "Did you mean charge overnight?"),
        (("skip", "run the house"), "cannot be skipped"),
    ],
)
def test_what_cannot_be_had_is_refused_with_the_way_out(
    tou: Tou, home: Path, words: tuple[str, ...], told: str
) -> None:
    answer = tou(*words)
    assert (answer.code, told in answer.err) == (2, True), answer.err
    assert "Traceback" not in answer.err
