"""Times as a person types them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click
import pytest

from scheduler.cli.times import Days, parse_instant, span_words

ZONE = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 25, 20, 30, tzinfo=UTC)
"""Wednesday 12:30 in Los Angeles."""

EITHER = {
    "now": "2026-11-25T20:30",
    " NOW ": "2026-11-25T20:30",
    "today": "2026-11-25T08:00",
    "yesterday": "2026-11-24T08:00",
    "Tomorrow": "2026-11-26T08:00",
    "yesterday 16:00": "2026-11-25T00:00",
    "3 h ago": "2026-11-25T17:30",
    "3h ago": "2026-11-25T17:30",
    "2 days ago": "2026-11-23T20:30",
    "1 week ago": "2026-11-18T20:30",
    "90 minutes ago": "2026-11-25T19:00",
    "1 h 30 min ago": "2026-11-25T19:00",
    "in 3 hours": "2026-11-25T23:30",
    "+2d": "2026-11-27T20:30",
    "last monday": "2026-11-23T08:00",
    "next mon": "2026-11-30T08:00",
    "2026-11-23": "2026-11-23T08:00",
    "2026-11-23T16:00": "2026-11-24T00:00",
    "2026-11-23 16:00": "2026-11-24T00:00",
    "2026-11-23T16:00Z": "2026-11-23T16:00",
    "20261123T160000Z": "2026-11-23T16:00",
    "2026-11-23T16:00+01:00": "2026-11-23T15:00",
}
BACK = {
    "7d": "2026-11-18T20:30",
    "2h": "2026-11-25T18:30",
    "monday": "2026-11-23T08:00",
    "wed": "2026-11-25T08:00",
    "wednesday 13:00": "2026-11-18T21:00",
    "12:00": "2026-11-25T20:00",
    "13:00": "2026-11-24T21:00",
}
AHEAD = {
    "7d": "2026-12-02T20:30",
    "2h": "2026-11-25T22:30",
    "monday": "2026-11-30T08:00",
    "wed": "2026-12-02T08:00",
    "wednesday 13:00": "2026-11-25T21:00",
    "12:00": "2026-11-26T20:00",
    "13:00": "2026-11-25T21:00",
}


def read(text: str, *, ahead: bool = False) -> str:
    return f"{parse_instant(text, now=NOW, zone=ZONE, ahead=ahead):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize("ahead", [False, True], ids=["back", "ahead"])
@pytest.mark.parametrize(("text", "instant"), EITHER.items(), ids=EITHER.keys())
def test_a_time_that_names_its_direction_means_the_same_everywhere(
    text: str, instant: str, ahead: bool
) -> None:
    assert read(text, ahead=ahead) == instant


@pytest.mark.parametrize(("text", "instant"), BACK.items(), ids=BACK.keys())
def test_a_bare_time_is_the_nearest_one_back(text: str, instant: str) -> None:
    assert read(text) == instant


@pytest.mark.parametrize(("text", "instant"), AHEAD.items(), ids=AHEAD.keys())
def test_where_the_command_looks_ahead_it_is_the_nearest_one_ahead(text: str, instant: str) -> None:
    assert read(text, ahead=True) == instant


@pytest.mark.parametrize(
    "text",
    ["", "soon", "in 2d ago", "7", "7x", "ago", "25:00", "monday 25:00", "m", "2026-13-01", "nan",
     "--", "1e9d", "yesterday tomorrow", "\x1b[2J"],
)  # fmt: skip
def test_what_is_no_time_is_told_so_with_the_way_out(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not a time\. Write 2026") as told:
        read(text)
    assert told.value.message.isprintable()


@pytest.mark.parametrize(
    "text",
    ["0001-01-01", "9999-12-30", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00+12:00",
     "999999999 weeks ago", "in 999999999 days", "1899-12-31T00:00Z"],
)  # fmt: skip
def test_what_no_calendar_reaches_is_out_of_range(text: str) -> None:
    with pytest.raises(
        click.BadParameter, match=r"is out of range\. Write a time from 1900 to 8999"
    ):
        read(text)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "0", "-1", "1e308", "two", "1_0_0_0", ""])
def test_days_that_are_no_number_of_days_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not a number of days\. Write 1 to 700"):
        Days(700).convert(text, None, None)


def test_the_missing_hour_of_the_short_day_is_read_as_the_clock_would_have_gone_on() -> None:
    assert read("2026-03-08T02:30") == "2026-03-08T10:30"


SPANS = {
    "12 ms": timedelta(milliseconds=12),
    "3.4 s": timedelta(seconds=3.4),
    "12 min": timedelta(minutes=12),
    "2 h": timedelta(hours=2),
    "2 h 5 min": timedelta(hours=2, minutes=5),
    "1 day": timedelta(days=1),
    "3 days 2 h": timedelta(days=3, hours=2, minutes=4),
}


@pytest.mark.parametrize(("words", "length"), SPANS.items(), ids=SPANS.keys())
def test_a_length_of_time_is_two_units_at_most(words: str, length: timedelta) -> None:
    assert span_words(length) == words
