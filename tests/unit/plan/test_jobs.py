"""When jobs are due: every existing date once, and at the edges of unbroken periods."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from scheduler.clock import iso, localise
from scheduler.plan import jobs, next_job
from scheduler.schedule.values import Schedule

from .conftest import Build

at = datetime.fromisoformat

NIGHT = "00:00 cheap, 06:00 dear, 22:00 cheap"
FOUR_YEARS = {
    "America/Los_Angeles": "2025-01-01T12:00Z",
    "Europe/London": "2025-01-01T12:00Z",
    "Australia/Lord_Howe": "2025-01-01T12:00Z",
    "America/Santiago": "2022-01-01T12:00Z",
    "America/Havana": "2022-01-01T12:00Z",
    "Africa/Casablanca": "2022-01-01T12:00Z",
    "America/Sao_Paulo": "2016-01-01T12:00Z",
    "Pacific/Apia": "2009-06-01T12:00Z",
    "Pacific/Kwajalein": "1991-06-01T12:00Z",
}


def told(schedule: Schedule, start: str, hours: int = 24) -> list[str]:
    found = jobs(schedule, at(start), at(start) + timedelta(hours=hours))
    return [f"{iso(entry.at)[5:16]} {entry.name}" for entry in found]


@pytest.mark.parametrize("time", ["00:00", "00:30", "01:30", "02:30", "23:45"])
@pytest.mark.parametrize(("zone", "start"), FOUR_YEARS.items(), ids=FOUR_YEARS)
def test_a_daily_job_fires_exactly_once_on_every_date_there_is(
    build: type[Build], zone: str, start: str, time: str
) -> None:
    calendar = build.calendar(zone)
    schedule = build.schedule(calendar, build.job("daily", time))
    begin, end = at(start), at(start) + timedelta(days=4 * 366)
    quarters = (end - begin) // timedelta(hours=6)
    looks = (begin + timedelta(hours=6 * number) for number in range(quarters + 1))
    dates = sorted({localise(look, calendar.zone).date() for look in looks})
    fired = [localise(entry.at, calendar.zone) for entry in jobs(schedule, begin, end)]
    counted = Counter(local.date() for local in fired)
    assert set(counted.values()) == {1}
    # The dates in which the four years begin and end may have had their job outside them.
    assert set(dates[1:-1]) <= set(counted) <= set(dates)


def test_a_job_before_the_end_of_a_period_follows_the_period(build: type[Build]) -> None:
    schedule = build.schedule(
        build.calendar("America/Los_Angeles", "00:00 cheap, 08:00 dear, 22:00 cheap"),
        build.job("firmware", "cheap.end - 45m"),
    )
    assert told(schedule, "2026-03-07T08:00Z", hours=48) == [
        "03-07T15:15 firmware",
        "03-08T14:15 firmware",
    ]


EDGES = {
    "at the start": ("cheap.start", ["07-06T22:00 job"]),
    "after the start": ("cheap.start + 90m", ["07-06T23:30 job"]),
    "before the start": ("cheap.start - 2h", ["07-06T20:00 job"]),
    "at the end": ("cheap.end", ["07-07T06:00 job"]),
    "after the end": ("cheap.end + 1h", ["07-07T07:00 job"]),
    "days before the start": ("cheap.start - 72h", ["07-06T22:00 job"]),
    "days after the end": ("cheap.end + 72h", ["07-07T06:00 job"]),
}


@pytest.mark.parametrize(("edge", "expected"), EDGES.values(), ids=EDGES)
def test_a_job_at_the_edge_of_a_period_that_runs_through_midnight(
    build: type[Build], edge: str, expected: list[str]
) -> None:
    schedule = build.schedule(build.calendar("UTC", NIGHT), build.job("job", edge))
    assert told(schedule, "2026-07-06T12:00Z") == expected


def test_a_period_that_runs_on_over_a_day_has_no_edge_at_midnight(build: type[Build]) -> None:
    calendar = build.calendar("UTC", weekday=NIGHT, weekend="00:00 cheap")
    schedule = build.schedule(
        calendar, build.job("begins", "cheap.start"), build.job("ends", "cheap.end")
    )
    assert told(schedule, "2026-07-03T12:00Z", hours=72) == [
        "07-03T22:00 begins",
        "07-06T06:00 ends",
    ]


def test_a_period_without_an_end_has_no_job(build: type[Build]) -> None:
    schedule = build.schedule(
        build.calendar("UTC", "00:00 flat"),
        build.job("begins", "flat.start"),
        build.job("ends", "flat.end"),
    )
    assert next_job(schedule, at("2026-07-06T12:00Z")) is None


def test_the_days_of_a_job_at_an_edge_are_those_on_which_it_fires(build: type[Build]) -> None:
    calendar = build.calendar("UTC", "00:00 dear, 22:00 cheap")
    schedule = build.schedule(
        calendar,
        build.job("on saturday", "cheap.start + 3h", days="sat"),
        build.job("on friday", "cheap.start + 3h", days="fri"),
    )
    assert told(schedule, "2026-07-02T12:00Z", hours=60) == [
        "07-03T01:00 on friday",
        "07-04T01:00 on saturday",
    ]


CONDITIONS = {
    "weekday": ({"days": "weekday"}, "2 3 6 7 8"),
    "weekend": ({"days": "weekend"}, "5"),
    "holiday": ({"days": "holiday"}, "4"),
    "one date": ({"dates": "2026-07-04"}, "4"),
    "a range of dates": ({"dates": "2026-07-04..2026-07-06"}, "4 5 6"),
    "days and dates": ({"days": "weekday", "dates": "2026-07-04..2026-07-06"}, "6"),
    "a season that is not": ({"seasons": "summer"}, ""),
}


@pytest.mark.parametrize(("parts", "days"), CONDITIONS.values(), ids=CONDITIONS)
def test_a_job_fires_on_the_dates_that_satisfy_its_conditions(
    build: type[Build], parts: dict[str, str], days: str
) -> None:
    calendar = build.calendar("UTC", holidays=("2026-07-04",))
    schedule = build.schedule(calendar, build.job("job", "07:15", **parts))
    found = jobs(schedule, at("2026-07-02T00:00Z"), at("2026-07-09T00:00Z"))
    assert [str(entry.at.day) for entry in found] == days.split()


def test_a_job_at_a_missing_midnight_keeps_the_conditions_of_the_date_that_begins_late(
    build: type[Build],
) -> None:
    # Scoresbysund's clocks went from 24:00 on Saturday 2024-03-30 to 01:00 on Sunday.
    schedule = build.schedule(
        build.calendar("America/Scoresbysund"), build.job("midnight", "00:00", days="sun")
    )
    assert told(schedule, "2024-03-28T00:00Z", hours=24 * 6) == ["03-31T01:00 midnight"]


def test_a_gap_that_swallows_the_end_of_a_date_leaves_its_job_to_the_next_date(
    build: type[Build],
) -> None:
    # Toronto's clocks went from 23:30 on Sunday 1919-03-30 to 00:30 on Monday.
    schedule = build.schedule(
        build.calendar("America/Toronto"), build.job("late", "23:45", days="sun")
    )
    assert told(schedule, "1919-03-29T12:00Z", hours=72) == ["03-31T04:30 late"]


def test_two_jobs_at_one_instant_keep_their_written_order(build: type[Build]) -> None:
    schedule = build.schedule(
        build.calendar("UTC", NIGHT),
        build.job("second letter", "22:00"),
        build.job("by period", "cheap.start"),
        build.job("a letter", "22:00"),
    )
    assert told(schedule, "2026-07-06T12:00Z") == [
        "07-06T22:00 second letter",
        "07-06T22:00 by period",
        "07-06T22:00 a letter",
    ]


def test_a_job_after_which_one_asks_is_past_and_one_until_which_one_asks_is_due(
    build: type[Build],
) -> None:
    schedule = build.schedule(build.calendar("UTC", NIGHT), build.job("job", "cheap.start"))
    found = jobs(schedule, at("2026-07-06T22:00Z"), at("2026-07-07T22:00Z"))
    assert [iso(entry.at) for entry in found] == ["2026-07-07T22:00:00Z"]


@pytest.mark.parametrize("day", ["2026-07-07", "2026-07-17", "2027-03-07", "2027-07-06"])
def test_the_next_job_is_found_however_far_it_is(build: type[Build], day: str) -> None:
    schedule = build.schedule(build.calendar("UTC"), build.job("job", "07:15", dates=day))
    following = next_job(schedule, at("2026-07-06T12:00Z"))
    assert following is not None
    assert iso(following.at) == f"{day}T07:15:00Z"


def test_no_job_is_sought_beyond_four_hundred_days(build: type[Build]) -> None:
    schedule = build.schedule(build.calendar("UTC"), build.job("job", "07:15", dates="2028-01-01"))
    assert next_job(schedule, at("2026-07-06T12:00Z")) is None


def test_an_entry_tells_what_is_done_and_in_which_period(build: type[Build]) -> None:
    schedule = build.schedule(build.calendar("UTC", NIGHT), build.job("job", "07:15"))
    entry = next_job(schedule, at("2026-07-06T12:00Z"))
    assert entry is not None
    assert (entry.kind, entry.job, entry.setting) == ("job", schedule.jobs[0], None)
    assert (entry.period, entry.season, entry.day_class) == ("dear", None, "weekday")
