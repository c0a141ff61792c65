"""Windows and actions across the nights on which the clocks change, with values worked out by
hand and with GNU date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from scheduler.clock import iso
from scheduler.plan import boundaries, desired_at, jobs
from scheduler.schedule.values import Schedule

from .conftest import Build

at = datetime.fromisoformat

# Zone, window, a noon before the night, and the stretches until the noon after it.
WINDOWS = {
    "Los Angeles 22-08 has nine hours in spring": (
        "America/Los_Angeles", "22:00-08:00", "2026-03-07T20:00Z", ["03-08T06:00 03-08T15:00"],
    ),
    "Los Angeles 22-08 has eleven hours in autumn": (
        "America/Los_Angeles", "22:00-08:00", "2026-10-31T19:00Z", ["11-01T05:00 11-01T16:00"],
    ),
    "Los Angeles 00-06 has five hours in spring": (
        "America/Los_Angeles", "00:00-06:00", "2026-03-07T20:00Z", ["03-08T08:00 03-08T13:00"],
    ),
    "Los Angeles 00-06 has seven hours in autumn": (
        "America/Los_Angeles", "00:00-06:00", "2026-10-31T19:00Z", ["11-01T07:00 11-01T14:00"],
    ),
    "Los Angeles 02-03 does not happen in spring": (
        "America/Los_Angeles", "02:00-03:00", "2026-03-07T20:00Z", [],
    ),
    "Los Angeles 02-03 comes after the repeated hour in autumn": (
        "America/Los_Angeles", "02:00-03:00", "2026-10-31T19:00Z", ["11-01T10:00 11-01T11:00"],
    ),
    "Los Angeles 01-02 ends at the gap in spring": (
        "America/Los_Angeles", "01:00-02:00", "2026-03-07T20:00Z", ["03-08T09:00 03-08T10:00"],
    ),
    "Los Angeles 01-02 has two hours in autumn": (
        "America/Los_Angeles", "01:00-02:00", "2026-10-31T19:00Z", ["11-01T08:00 11-01T10:00"],
    ),
    "Los Angeles 01:30-02:30 ends at the gap in spring": (
        "America/Los_Angeles", "01:30-02:30", "2026-03-07T20:00Z", ["03-08T09:30 03-08T10:00"],
    ),
    "Los Angeles 02:30-04:00 begins after the gap in spring": (
        "America/Los_Angeles", "02:30-04:00", "2026-03-07T20:00Z", ["03-08T10:00 03-08T11:00"],
    ),
    "Los Angeles 01:30-02:30 comes in two pieces in autumn": (
        "America/Los_Angeles", "01:30-02:30", "2026-10-31T19:00Z",
        ["11-01T08:30 11-01T09:00", "11-01T09:30 11-01T10:30"],
    ),
    "Toronto 23-07 has seven hours in spring": (
        "America/Toronto", "23:00-07:00", "2026-03-07T17:00Z", ["03-08T04:00 03-08T11:00"],
    ),
    "Toronto 23-07 has nine hours in autumn": (
        "America/Toronto", "23:00-07:00", "2026-10-31T16:00Z", ["11-01T03:00 11-01T12:00"],
    ),
    "London 00:30-05:30 has four hours in spring": (
        "Europe/London", "00:30-05:30", "2026-03-28T12:00Z", ["03-29T00:30 03-29T04:30"],
    ),
    "London 00:30-05:30 has six hours in autumn": (
        "Europe/London", "00:30-05:30", "2026-10-24T11:00Z", ["10-24T23:30 10-25T05:30"],
    ),
    "London 23:30-05:30 has five hours in spring": (
        "Europe/London", "23:30-05:30", "2026-03-28T12:00Z", ["03-28T23:30 03-29T04:30"],
    ),
    "London 23:30-05:30 has seven hours in autumn": (
        "Europe/London", "23:30-05:30", "2026-10-24T11:00Z", ["10-24T22:30 10-25T05:30"],
    ),
    "London 02-05 begins exactly at the end of the gap": (
        "Europe/London", "02:00-05:00", "2026-03-28T12:00Z", ["03-29T01:00 03-29T04:00"],
    ),
    "London 02-05 begins after the repeated hour": (
        "Europe/London", "02:00-05:00", "2026-10-24T11:00Z", ["10-25T02:00 10-25T05:00"],
    ),
    "London 22-00 has two hours in spring": (
        "Europe/London", "22:00-00:00", "2026-03-28T12:00Z", ["03-28T22:00 03-29T00:00"],
    ),
    "London 22-24 has two hours in autumn": (
        "Europe/London", "22:00-24:00", "2026-10-24T11:00Z", ["10-24T21:00 10-24T23:00"],
    ),
    "Sydney 22-07 has eight hours in October": (
        "Australia/Sydney", "22:00-07:00", "2026-10-03T02:00Z", ["10-03T12:00 10-03T20:00"],
    ),
    "Sydney 22-07 has ten hours in April": (
        "Australia/Sydney", "22:00-07:00", "2026-04-04T01:00Z", ["04-04T11:00 04-04T21:00"],
    ),
    "Lord Howe 01:45-03:00 loses half an hour in October": (
        "Australia/Lord_Howe", "01:45-03:00", "2026-10-03T01:30Z", ["10-03T15:15 10-03T16:00"],
    ),
    "Lord Howe 01:45-03:00 comes in two pieces in April": (
        "Australia/Lord_Howe", "01:45-03:00", "2026-04-04T01:00Z",
        ["04-04T14:45 04-04T15:00", "04-04T15:15 04-04T16:30"],
    ),
    "Santiago 23-01 loses the missing midnight hour": (
        "America/Santiago", "23:00-01:00", "2026-09-05T16:00Z", ["09-06T03:00 09-06T04:00"],
    ),
    "Santiago 00-02 begins after the missing midnight hour": (
        "America/Santiago", "00:00-02:00", "2026-09-05T16:00Z", ["09-06T04:00 09-06T05:00"],
    ),
    "Phoenix 23-05 has six hours on the others' spring night": (
        "America/Phoenix", "23:00-05:00", "2026-03-07T19:00Z", ["03-08T06:00 03-08T12:00"],
    ),
    "Phoenix 23-05 has six hours on the others' autumn night": (
        "America/Phoenix", "23:00-05:00", "2026-10-31T19:00Z", ["11-01T06:00 11-01T12:00"],
    ),
    "Apia 22-08 runs over the missing date": (
        "Pacific/Apia", "22:00-08:00", "2011-12-29T22:00Z", ["12-30T08:00 12-30T18:00"],
    ),
}  # fmt: skip


def as_clock_window(build: type[Build], zone: str, window: str) -> Schedule:
    return build.schedule(build.calendar(zone), build.rule(clock=window))


def as_tariff_window(build: type[Build], zone: str, window: str) -> Schedule:
    start, end = window.split("-")
    edges = sorted([(start, "cheap"), (end, "dear")])
    if edges[0][0] != "00:00":
        edges.insert(0, ("00:00", edges[-1][1]))
    text = ", ".join(f"{when} {name}" for when, name in edges if when != "24:00")
    return build.schedule(build.calendar(zone, text), build.rule(during="cheap"))


@pytest.mark.parametrize("made", [as_clock_window, as_tariff_window])
@pytest.mark.parametrize(("zone", "window", "noon", "pieces"), WINDOWS.values(), ids=WINDOWS)
def test_a_window_over_a_change_night_follows_the_wall_clock(
    *,
    build: type[Build],
    made: Callable[..., Schedule],
    zone: str,
    window: str,
    noon: str,
    pieces: list[str],
) -> None:
    schedule = made(build, zone, window)
    found = boundaries(schedule, at(noon), at(noon) + timedelta(hours=24))
    expected = " ".join(pieces).split()
    assert [iso(entry.at)[5:16] for entry in found] == expected
    assert [entry.name for entry in found] == ["charge", "run the house"] * len(pieces)


# The actions of a household (07:15, 07:55, 22:05) on the day before a change and on the day of it,
# as UTC times and the days by which the UTC date differs from the local one.
ACTIONS = {
    "America/Los_Angeles": {
        "2025-03-09 2026-03-08 2027-03-14 2028-03-12": (
            "0 15:15, 0 15:55, +1 06:05",
            "0 14:15, 0 14:55, +1 05:05",
        ),
        "2025-11-02 2026-11-01 2027-11-07 2028-11-05": (
            "0 14:15, 0 14:55, +1 05:05",
            "0 15:15, 0 15:55, +1 06:05",
        ),
    },
    "Europe/London": {
        "2025-03-30 2026-03-29 2027-03-28 2028-03-26": (
            "0 07:15, 0 07:55, 0 22:05",
            "0 06:15, 0 06:55, 0 21:05",
        ),
        "2025-10-26 2026-10-25 2027-10-31 2028-10-29": (
            "0 06:15, 0 06:55, 0 21:05",
            "0 07:15, 0 07:55, 0 22:05",
        ),
    },
    "Australia/Sydney": {
        "2025-04-06 2026-04-05 2027-04-04 2028-04-02": (
            "-1 20:15, -1 20:55, 0 11:05",
            "-1 21:15, -1 21:55, 0 12:05",
        ),
        "2025-10-05 2026-10-04 2027-10-03 2028-10-01": (
            "-1 21:15, -1 21:55, 0 12:05",
            "-1 20:15, -1 20:55, 0 11:05",
        ),
    },
    "America/Phoenix": {
        "2026-03-08 2026-11-01": ("0 14:15, 0 14:55, +1 05:05", "0 14:15, 0 14:55, +1 05:05"),
    },
    "Pacific/Honolulu": {
        "2026-03-08 2026-11-01": ("0 17:15, 0 17:55, +1 08:05", "0 17:15, 0 17:55, +1 08:05"),
    },
    "Australia/Brisbane": {
        "2026-04-05 2026-10-04": ("-1 21:15, -1 21:55, 0 12:05", "-1 21:15, -1 21:55, 0 12:05"),
    },
}
ACTION_DAYS = [
    pytest.param(zone, date.fromisoformat(day), before, of, id=f"{zone} on {day}")
    for zone, groups in ACTIONS.items()
    for days, (before, of) in groups.items()
    for day in days.split()
]


def instants(day: date, text: str) -> list[str]:
    pairs = (part.split() for part in text.split(","))
    return [f"{day + timedelta(days=int(shift))}T{time}:00Z" for shift, time in pairs]


@pytest.mark.parametrize(("zone", "day", "before", "of"), ACTION_DAYS)
def test_daily_actions_keep_their_wall_time_over_a_change(
    build: type[Build], zone: str, day: date, before: str, of: str
) -> None:
    eve = day - timedelta(days=1)
    actions = [build.job(time, time, dates=f"{eve}..{day}") for time in ("07:15", "07:55", "22:05")]
    schedule = build.schedule(build.calendar(zone), *actions)
    noon = at(f"{day}T12:00Z")
    found = jobs(schedule, noon - timedelta(days=4), noon + timedelta(days=4))
    assert [iso(entry.at) for entry in found] == instants(eve, before) + instants(day, of)


ODD_TIMES = {
    "Los Angeles, at the start of the gap":
        ("America/Los_Angeles", "2026-03-08", "02:00", "2026-03-08T10:00:00Z", "03:00"),
    "Los Angeles, inside the gap":
        ("America/Los_Angeles", "2026-03-08", "02:30", "2026-03-08T10:00:00Z", "03:00"),
    "Los Angeles, at the last minute of the gap":
        ("America/Los_Angeles", "2026-03-08", "02:59", "2026-03-08T10:00:00Z", "03:00"),
    "Los Angeles, at the end of the gap":
        ("America/Los_Angeles", "2026-03-08", "03:00", "2026-03-08T10:00:00Z", "03:00"),
    "Los Angeles, inside the gap of 2027":
        ("America/Los_Angeles", "2027-03-14", "02:30", "2027-03-14T10:00:00Z", "03:00"),
    "Los Angeles, inside the gap of 2028":
        ("America/Los_Angeles", "2028-03-12", "02:30", "2028-03-12T10:00:00Z", "03:00"),
    "Los Angeles, midnight of the day after the short day":
        ("America/Los_Angeles", "2026-03-09", "00:00", "2026-03-09T07:00:00Z", "00:00"),
    "Los Angeles, inside the repeated hour":
        ("America/Los_Angeles", "2026-11-01", "01:30", "2026-11-01T08:30:00Z", "01:30"),
    "Los Angeles, at the end of the repeated hour":
        ("America/Los_Angeles", "2026-11-01", "02:00", "2026-11-01T10:00:00Z", "02:00"),
    "London, inside the gap":
        ("Europe/London", "2026-03-29", "01:30", "2026-03-29T01:00:00Z", "02:00"),
    "London, inside the repeated hour":
        ("Europe/London", "2026-10-25", "01:30", "2026-10-25T00:30:00Z", "01:30"),
    "Sydney, inside the gap":
        ("Australia/Sydney", "2026-10-04", "02:30", "2026-10-03T16:00:00Z", "03:00"),
    "Sydney, inside the repeated hour":
        ("Australia/Sydney", "2026-04-05", "02:30", "2026-04-04T15:30:00Z", "02:30"),
    "Lord Howe, inside the gap of half an hour":
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z", "02:30"),
    "Lord Howe, inside the repeated half hour":
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45:00Z", "01:45"),
    "Santiago, a midnight that does not exist":
        ("America/Santiago", "2026-09-06", "00:00", "2026-09-06T04:00:00Z", "01:00"),
    "Havana, half past a midnight that occurs twice":
        ("America/Havana", "2027-11-07", "00:30", "2027-11-07T04:30:00Z", "00:30"),
    "Apia, the evening before the missing date":
        ("Pacific/Apia", "2011-12-29", "22:00", "2011-12-30T08:00:00Z", "22:00"),
    "Apia, the morning after the missing date":
        ("Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00:00Z", "00:00"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "day", "time", "fires", "wall"), ODD_TIMES.values(), ids=ODD_TIMES
)
def test_a_job_fires_once_on_its_date_at_the_first_instant_it_can(
    *, build: type[Build], zone: str, day: str, time: str, fires: str, wall: str
) -> None:
    calendar = build.calendar(zone)
    schedule = build.schedule(calendar, build.job("once", time, dates=day))
    noon = at(f"{day}T12:00Z")
    found = jobs(schedule, noon - timedelta(days=4), noon + timedelta(days=4))
    assert [iso(entry.at) for entry in found] == [fires]
    assert f"{found[0].at.astimezone(calendar.zone):%H:%M}" == wall


def test_two_jobs_in_one_gap_fire_together_in_their_written_order(build: type[Build]) -> None:
    schedule = build.schedule(
        build.calendar("America/Los_Angeles"),
        build.job("later by the clock", "02:40"),
        build.job("earlier by the clock", "02:10"),
    )
    found = jobs(schedule, at("2026-03-08T08:00Z"), at("2026-03-08T16:00Z"))
    assert [(iso(entry.at), entry.name) for entry in found] == [
        ("2026-03-08T10:00:00Z", "later by the clock"),
        ("2026-03-08T10:00:00Z", "earlier by the clock"),
    ]


MISSING_DATES = {
    "Apia 2011-12-30": ("Pacific/Apia", "2011-12-30"),
    "Fakaofo 2011-12-30": ("Pacific/Fakaofo", "2011-12-30"),
    "Kwajalein 1993-08-21": ("Pacific/Kwajalein", "1993-08-21"),
}


@pytest.mark.parametrize(("zone", "day"), MISSING_DATES.values(), ids=MISSING_DATES)
@pytest.mark.parametrize("time", ["00:00", "07:15", "23:59"])
def test_a_date_that_the_zone_skipped_has_no_job(
    build: type[Build], zone: str, day: str, time: str
) -> None:
    around = date.fromisoformat(day) - timedelta(days=1), date.fromisoformat(day)
    dates = f"{around[0]}..{around[1] + timedelta(days=1)}"
    calendar = build.calendar(zone)
    schedule = build.schedule(calendar, build.job("daily", time, dates=dates))
    noon = at(f"{day}T12:00Z")
    found = jobs(schedule, noon - timedelta(days=4), noon + timedelta(days=4))
    local_dates = [entry.at.astimezone(calendar.zone).date() for entry in found]
    assert local_dates == [around[0], around[1] + timedelta(days=1)]


def test_desired_setting_inside_the_repeated_hour_is_what_the_wall_clock_says(
    build: type[Build],
) -> None:
    schedule = as_clock_window(build, "America/Los_Angeles", "01:30-02:30")
    walk = [at("2026-11-01T08:15Z") + timedelta(minutes=30 * step) for step in range(6)]
    names = [desired_at(schedule, instant).rule for instant in walk]
    run = "run the house"
    assert names == [run, "charge", run, "charge", "charge", run]


METERS_ON_UTC = {
    "Good Energy 00-05 in July is 01-06 on the wall": (
        "00:00 low, 05:00 high", "2026-07-06T22:00Z", ["07-07T00:00", "07-07T05:00"],
    ),
    "Economy 7 takes no notice of the London spring night": (
        "00:00 low, 07:00 high", "2026-03-28T22:00Z", ["03-29T00:00", "03-29T07:00"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "start", "edges"), METERS_ON_UTC.values(), ids=METERS_ON_UTC)
def test_a_meter_on_utc_ignores_summer_time(
    build: type[Build], text: str, start: str, edges: list[str]
) -> None:
    schedule = build.schedule(build.calendar("UTC", text), build.rule(during="low"))
    found = boundaries(schedule, at(start), at(start) + timedelta(hours=12))
    assert [iso(entry.at)[5:16] for entry in found] == edges


def test_the_weekend_of_a_meter_on_utc_runs_by_the_meter_s_date(build: type[Build]) -> None:
    calendar = build.calendar(
        "UTC",
        weekday="00:00 low, 08:00 day, 16:00 peak, 19:00 day",
        weekend="00:00 low, 08:00 day, 19:00 low",
    )
    schedule = build.schedule(calendar, build.rule(during="low"))
    # Sunday 20:00 to Monday 09:00 by London's wall clock in July.
    found = boundaries(schedule, at("2026-07-05T12:00Z"), at("2026-07-06T12:00Z"))
    assert [iso(entry.at) for entry in found] == ["2026-07-05T19:00:00Z", "2026-07-06T08:00:00Z"]
