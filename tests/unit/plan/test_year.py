"""A year day by day, of a shipped tariff with and without a schedule."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

from scheduler.plan.year import clock_changes, year_days
from scheduler.schedule import library
from scheduler.schedule.values import DayClass

from .conftest import Build

SCE = "sce-tou-d-4-9pm"
DAY = 86_400


def test_every_date_of_a_year_stands_once_and_is_as_long_as_its_clock_says() -> None:
    days = year_days(library.load(SCE), 2026, None)

    assert [day.date for day in days] == [date.fromordinal(n) for n in ordinals(2026)]
    lengths = {day.date: day.seconds for day in days if day.seconds != DAY}
    assert lengths == {date(2026, 3, 8): 23 * 3600, date(2026, 11, 1): 25 * 3600}


def test_a_clock_change_is_told_on_its_day_with_its_size() -> None:
    changed = {
        day.date: day.clock_change
        for day in year_days(library.load(SCE), 2026, None)
        if day.clock_change
    }

    assert changed == {
        date(2026, 3, 8): "02:00 -> 03:00, 1 h forward",
        date(2026, 11, 1): "02:00 -> 01:00, 1 h back",
    }


def test_a_holiday_on_a_weekday_is_unlike_the_other_days_of_its_season() -> None:
    """Independence Day of 2025 was a Friday: in summer its peak is a weekend's."""
    days = {day.date: day for day in year_days(library.load(SCE), 2025, None)}
    fourth = days[date(2025, 7, 4)]

    assert fourth.day.day_class is DayClass.HOLIDAY
    assert fourth.holiday is not None
    assert fourth.differs
    assert not days[date(2025, 7, 5)].differs
    assert not days[date(2025, 7, 11)].differs


def test_with_a_schedule_the_pattern_is_of_settings_that_follow_one_another(
    build: type[Build],
) -> None:
    calendar = library.load(SCE)
    schedule = build.schedule(calendar, build.rule("charge", build.CHARGE, during="off_peak"))
    days = year_days(calendar, 2026, schedule)

    summer = next(day for day in days if day.date == date(2026, 7, 8))
    assert [second for second, _ in summer.pattern] == [0, 16 * 3600, 21 * 3600]
    for day in days:
        assert all(before != after for (_, before), (_, after) in pairwise(day.pattern))


def test_a_date_that_its_zone_left_out_has_no_length() -> None:
    """Apia went from 29 to 31 December 2011."""
    zone = ZoneInfo("Pacific/Apia")
    start = (date(2011, 12, 25).toordinal() - date(1970, 1, 1).toordinal()) * DAY

    found = clock_changes(zone, start, start + 14 * DAY)

    assert [text for texts in found.values() for text in texts] == ["00:00 -> 00:00, 24 h forward"]


def ordinals(year: int) -> range:
    return range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)
