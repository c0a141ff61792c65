"""The shipped tariffs against values that were worked out from the utilities' own words."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scheduler.schedule import library
from scheduler.schedule.values import DayClass

from .conftest import MakeTariff

DATA = Path(__file__).parents[2] / "data" / "tariffs"


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


INSTANTS = table("instants.csv")
NIGHTS = table("nights.csv")


@pytest.mark.parametrize("row", INSTANTS, ids=[row["case"] for row in INSTANTS])
def test_an_instant_has_the_season_day_class_and_period_of_its_source(row: dict[str, str]) -> None:
    instant = datetime.fromisoformat(row["instant"]).astimezone(UTC)

    moment = library.load(row["tariff"]).at(instant)

    assert (moment.season, moment.day_class, moment.period) == (
        row["season"],
        row["day_class"],
        row["period"],
    )


@pytest.mark.parametrize("row", INSTANTS, ids=[row["case"] for row in INSTANTS])
def test_the_local_time_of_an_instant_is_that_of_the_place(row: dict[str, str]) -> None:
    """Where the table writes a wall time, its offset is that of the zone on that day."""
    written = datetime.fromisoformat(row["instant"])

    local = library.load(row["tariff"]).at(written.astimezone(UTC)).local

    assert local == written
    assert row["instant"].endswith("Z") or local.utcoffset() == written.utcoffset()


@pytest.mark.parametrize("row", NIGHTS, ids=[row["case"] for row in NIGHTS])
def test_a_window_over_a_change_night_is_one_stretch_of_this_length(row: dict[str, str]) -> None:
    tariff = library.load(row["tariff"])
    start, end = (datetime.fromisoformat(row[key]) for key in ("start", "end"))
    minute = timedelta(minutes=1)
    inside = [start + minute * n for n in range((end - start) // minute)]

    periods = {tariff.at(instant).period for instant in inside}

    assert periods == {row["period"]}
    assert tariff.at(start - minute).period != row["period"]
    assert tariff.at(end).period != row["period"]
    assert end - start == timedelta(hours=int(row["hours"]))


def test_arizona_has_a_day_of_24_hours_when_others_change_their_clocks() -> None:
    zone = library.load("srp-e-26").zone
    midnights = [datetime(2026, 3, day, tzinfo=zone).astimezone(UTC) for day in (8, 9)]

    assert midnights[1] - midnights[0] == timedelta(hours=24)


def test_a_meter_on_utc_keeps_its_own_days_and_shows_the_local_time() -> None:
    """Monday 00:30 in Belfast is still Sunday by the meter."""
    moment = library.load("ni-powershift").at(datetime(2026, 7, 19, 23, 30, tzinfo=UTC))

    assert moment.day_class is DayClass.WEEKEND
    assert moment.local == datetime(2026, 7, 20, 0, 30, tzinfo=ZoneInfo("Europe/London"))
    assert moment.local.tzinfo is library.load("ni-powershift").display_zone


DIFFERING = {
    "2026-07-03": {"sat_to_fri_sun_to_mon"},
    "2027-07-05": {"sunday_to_monday", "sat_to_fri_sun_to_mon", "ca_gov_6701"},
    "2027-12-24": {"sat_to_fri_sun_to_mon"},
    "2028-11-10": {"sat_to_fri_sun_to_mon", "ca_gov_6701"},
}


@pytest.mark.parametrize("day", DIFFERING)
@pytest.mark.parametrize(
    "rule", ["none", "sunday_to_monday", "sat_to_fri_sun_to_mon", "ca_gov_6701"]
)
def test_a_disputed_day_is_a_holiday_under_these_rules_alone(
    day: str, rule: str, tariff: MakeTariff
) -> None:
    made = tariff(holidays=f"{{list: us-ca-utility-8, observed: {rule}, count_as: weekend}}")

    day_class = made.day(date.fromisoformat(day)).day_class

    assert (day_class is DayClass.HOLIDAY) == (rule in DIFFERING[day])
