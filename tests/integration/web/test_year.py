"""The year: the calendar of `tou calendar`, and how each month of it was kept."""

from __future__ import annotations

import re

from starlette.testclient import TestClient


def test_a_year_is_the_calendar_of_the_schedule_in_force(page: TestClient) -> None:
    text = page.get("/year/2026").text

    assert text.count("<caption>") == 12
    assert len(re.findall(r'<td class="[^"]*"><a href="/day/2026-', text)) == 365
    assert "Thu 2026-11-26, winter, holiday, Thanksgiving Day" in text
    assert "02:00 -&gt; 03:00, 1 h forward: a day of 23 h" in text
    assert 'class="s0 today"' in text


def test_the_same_days_stand_in_the_data(page: TestClient) -> None:
    told = page.get("/year/2026.json").json()

    assert len(told["days"]) == 365
    assert told["days"][0]["periods"][0].keys() == {"start", "end", "period"}
    assert [each["month"] for each in told["months"]] == ["2026-11"]


def test_a_month_tells_how_long_what_was_wanted_was_not_proven(page: TestClient) -> None:
    (month,) = page.get("/year/2026.json").json()["months"]

    # Two changes an hour late on one day; on another one nobody was there from 05:20 to 16:20: for
    # the change at 08:05, until 15:55, and for the one then, until it was proven at 16:29. Each
    # proof took three seconds more.
    assert month["wrong_minutes"] == round(2 * 60.05 + 470 + 34.05, 1)
    # The 23rd's night, and from the last sign of life to now.
    assert 660 <= month["unwatched_minutes"] < 700
    assert month["due"] == 2 * 21


def test_a_year_to_come_has_a_calendar_and_no_months(page: TestClient) -> None:
    told = page.get("/year/2031.json").json()

    assert (len(told["days"]), told["months"]) == (365, [])
    assert "How it was kept" not in page.get("/year/2031").text


def test_a_year_out_of_reach_is_told(page: TestClient) -> None:
    answer = page.get("/year/9999")

    assert (answer.status_code, "out of reach" in answer.text) == (400, True)
