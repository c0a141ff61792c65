"""The commands on days of a clock change, with the clock stopped there.

Never inside the repeated hour: freezegun loses the fold (spulec/freezegun #422); those instants
are tested without any freezing, in the plan's own tests.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from freezegun import freeze_time

from scheduler.cli.root import tou
from scheduler.schedule import library


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("TOU_GATEWAY", "TOU_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOU_SCHEDULE", str(library.shipped() / "sce-tou-d-a.yaml"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answer(*words: str, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(tou, [*words, "--format", "json"], catch_exceptions=False)
    assert done.exit_code == code, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize(
    ("instant", "rule", "following"),
    [
        pytest.param(
            "2026-03-08 09:30:00", "charge overnight", "2026-03-08T14:55:00Z", id="short night"
        ),
        pytest.param(
            "2026-03-08 15:00:00",
            "run the house",
            "2026-03-09T05:05:00Z",
            id="after the short night",
        ),
        pytest.param(
            "2026-11-01 07:30:00", "charge overnight", "2026-11-01T15:55:00Z", id="long night"
        ),
        pytest.param(
            "2026-11-02 06:00:00", "run the house", "2026-11-02T06:05:00Z", id="five minutes before"
        ),
    ],
)
def test_status_wants_what_the_wall_clock_says(
    at_home: Path, instant: str, rule: str, following: str
) -> None:
    with freeze_time(instant, real_asyncio=True):
        status = answer("status", code=3)  # nothing is running

    assert status["wanted"]["rule"] == rule
    assert status["next"]["at"] == following


def test_plan_begins_now_and_shows_the_missing_hour_as_missing(at_home: Path) -> None:
    with freeze_time("2026-03-08 06:00:00", real_asyncio=True):
        entries = answer("plan", "--days", "1")["entries"]

    assert entries[0]["at"] == "2026-03-08T06:00:00Z"
    assert [entry["local"][11:16] for entry in entries] == [
        "22:00",
        "22:05",
        "07:15",
        "07:55",
        "22:05",
    ]
    assert [entry["local"][-6:] for entry in entries] == ["-08:00"] * 2 + ["-07:00"] * 3
