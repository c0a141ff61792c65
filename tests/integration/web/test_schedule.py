"""The schedule's page: as in force, what its last edit changed, and what the file says instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

BROKEN = """\
schedule: broken <b>file</b>
timezone: America/Los_Angeles
rules:
  - {name: run the house, mode: self_consumption, reserve: full}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the schedule, which is not what is in force."""
    path = tmp_path / "home.yaml"
    monkeypatch.setenv("TOU_SCHEDULE", str(path))
    return path


def test_the_schedule_stands_there_as_in_force_line_by_line(page: TestClient) -> None:
    text = page.get("/schedule").text

    assert '<li id="L14"><code>    reserve: 15%</code></li>' in text
    assert "In force since Thu 2026-11-19 14:20:00" in text


def test_the_last_edit_is_told_by_its_effect(page: TestClient) -> None:
    told = page.get("/schedule.json").json()

    assert told["edit"]["summary"].startswith("366 days change; first: Thu 2026-11-19 15:55")
    assert told["edit"]["groups"][0]["new"]["reserve_percent"] == 15.0
    assert "reserve 20 % -&gt; 15 %" in page.get("/schedule").text


def test_a_broken_file_is_shown_with_its_problems_at_their_lines(
    file: Path, page: TestClient
) -> None:
    file.write_text(BROKEN)

    told = page.get("/schedule.json").json()
    text = page.get("/schedule").text

    assert told["schedule"]["name"] == "SCE 4 to 9 pm"
    problem = '<li id="F4"><code>  - {name: run the house, mode: self_consumption, reserve: full}'
    assert f'{problem}</code><span class="bad">error: rules[0].reserve:' in text
    assert "broken &lt;b&gt;file" in text


def test_a_file_that_differs_is_told_by_what_it_would_change(file: Path, page: TestClient) -> None:
    file.write_text(BROKEN.replace("full", "30%"))

    told = page.get("/schedule.json").json()["file"]

    assert (told["problems"], told["file"]) == ([], str(file))
    assert "reserve" in told["edit"]["summary"]


def test_the_tariff_is_a_week_per_season(page: TestClient) -> None:
    text, told = page.get("/schedule").text, page.get("/schedule.json").json()["tariff"]

    assert [each["season"] for each in told["seasons"]] == ["summer", "winter"]
    assert told["seasons"][0]["rows"][0]["windows"][1] == {
        "start": "16:00",
        "end": "21:00",
        "period": "on_peak",
    }
    assert "<title>super off peak 08:00-16:00</title>" in text
    assert "USD/kWh" in text
