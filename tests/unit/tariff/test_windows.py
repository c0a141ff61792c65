"""How windows, day classes, seasons and holidays of a file become days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from scheduler.errors import ScheduleError
from scheduler.schedule.tariff import bare, is_peak
from scheduler.schedule.values import Day, DayClass

from .conftest import MakeTariff

HOUR = 3600
THURSDAY, SATURDAY, SUNDAY = date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 4)


def periods(day: Day) -> list[tuple[float, str | None]]:
    return [(second / HOUR, period) for second, period in day.periods]


def test_a_window_across_midnight_means_both_ends_of_the_day(tariff: MakeTariff) -> None:
    day = tariff(windows="{all_year: {every_day: {night: 22:00-08:00, day: otherwise}}}").day(
        THURSDAY
    )

    assert periods(day) == [(0, "night"), (8, "day"), (22, "night")]


def test_the_ends_of_a_night_follow_the_class_of_their_own_day(tariff: MakeTariff) -> None:
    made = tariff(
        windows="{all_year: {weekday: {night: 22:00-08:00, day: otherwise}, "
        "weekend: {free: 00:00-24:00}}}"
    )

    assert periods(made.day(date(2026, 1, 2)))[-1] == (22, "night")
    assert periods(made.day(SATURDAY)) == [(0, "free")]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("16:00-21:00", [(0, "rest"), (16, "it"), (21, "rest")]),
        ("9:30-10:00", [(0, "rest"), (9.5, "it"), (10, "rest")]),
        ("22:00-24:00", [(0, "rest"), (22, "it")]),
        ("22:00-00:00", [(0, "rest"), (22, "it")]),
        ("00:00-06:00", [(0, "it"), (6, "rest")]),
        ("00:00-24:00", [(0, "it")]),
        ("16:00 - 21:00", [(0, "rest"), (16, "it"), (21, "rest")]),
        ("12:00:36-13:00", [(0, "rest"), (12.01, "it"), (13, "rest")]),
        ("[00:00-01:00, 01:00-02:00]", [(0, "it"), (2, "rest")]),
        (
            '["22:00-02:00", "05:00-06:00"]',
            [(0, "it"), (2, "rest"), (5, "it"), (6, "rest"), (22, "it")],
        ),
    ],
)
def test_a_window_as_written_becomes_these_changes(
    tariff: MakeTariff, window: str, expected: list[Any]
) -> None:
    day = tariff(windows=f"{{all_year: {{every_day: {{it: {window}, rest: otherwise}}}}}}").day(
        THURSDAY
    )

    assert periods(day) == expected


def test_the_narrower_day_wins(tariff: MakeTariff) -> None:
    made = tariff(
        holidays="{dates: [2026-01-01], count_as: weekend}",
        windows="{all_year: {every_day: {a: otherwise}, weekend: {b: otherwise}, "
        "sat: {c: otherwise}, holiday: {d: otherwise}}}",
    )
    days = [THURSDAY, date(2026, 1, 2), SATURDAY, SUNDAY]

    assert [made.day(day).periods[0][1] for day in days] == ["d", "a", "c", "b"]


@pytest.mark.parametrize(("count_as", "expected"), [("weekend", "sunday"), ("weekday", "working")])
def test_a_holiday_counts_as_the_class_it_is_told_to(
    tariff: MakeTariff, count_as: str, expected: str
) -> None:
    made = tariff(
        holidays=f"{{dates: [2026-01-01, 2026-01-03], count_as: {count_as}}}",
        windows="{all_year: {weekday: {working: otherwise}, sat: {saturday: otherwise}, "
        "sun: {sunday: otherwise}}}",
    )

    for day in (THURSDAY, SATURDAY):
        assert made.day(day).periods == ((0, expected),)
        assert made.day(day).day_class is DayClass.HOLIDAY


@pytest.mark.parametrize(("count_as", "expected"), [("weekend", "free"), ("weekday", "working")])
def test_a_holiday_has_the_windows_of_its_class_and_not_those_of_a_day_of_it(
    tariff: MakeTariff, count_as: str, expected: str
) -> None:
    made = tariff(
        holidays=f"{{dates: [2026-01-01, 2026-01-04], count_as: {count_as}}}",
        windows="{all_year: {weekday: {working: otherwise}, weekend: {free: otherwise}, "
        "mon: {monday: otherwise}, sun: {sunday: otherwise}}}",
    )

    assert [made.day(day).periods[0][1] for day in (THURSDAY, SUNDAY)] == [expected] * 2


def test_a_holiday_keeps_the_windows_that_every_day_has(tariff: MakeTariff) -> None:
    """Holiday windows in summer alone need nothing more in a winter whose days are all alike."""
    made = tariff(
        seasons="{summer: 06-01..09-30, winter: 10-01..05-31}",
        holidays="{dates: [2026-01-01, 2026-07-04]}",
        windows="{summer: {every_day: {a: otherwise}, holiday: {b: otherwise}}, "
        "winter: {every_day: {c: otherwise}}}",
    )

    assert made.day(date(2026, 1, 1)) == Day("winter", DayClass.HOLIDAY, ((0, "c"),))
    assert made.day(date(2026, 7, 4)) == Day("summer", DayClass.HOLIDAY, ((0, "b"),))


def test_an_unstated_rule_moves_sundays_and_says_so(tariff: MakeTariff) -> None:
    made = tariff(holidays="{list: us-nerc-6, observed: unstated, count_as: weekend}")

    moved = [each.date for each in made.holidays_in(2027) if each.observed]
    assert moved == [date(2027, 7, 5)]
    assert any("does not say" in note for note in made.notes)


def test_dates_of_ones_own_have_names_and_join_a_list(tariff: MakeTariff) -> None:
    made = tariff(
        holidays="{list: us-ga-2, dates: {Picnic: 2026-06-01}, days: {May Day: 05-01}, "
        "observed: none, count_as: weekend}"
    )

    assert [(f"{each.date:%m-%d}", each.name) for each in made.holidays_in(2026)] == [
        ("05-01", "May Day"),
        ("06-01", "Picnic"),
        ("07-04", "Independence Day"),
        ("09-07", "Labor Day"),
    ]
    assert made.holiday_years == range(2026, 2027)


def test_dates_without_names_move_nothing_unless_told(tariff: MakeTariff) -> None:
    made = tariff(holidays="{dates: [2027-07-04], count_as: weekend}")

    assert [tuple(each) for each in made.holidays_in(2027)] == [
        (date(2027, 7, 4), "Holiday", False)
    ]


def test_a_season_may_have_two_parts(tariff: MakeTariff) -> None:
    made = tariff(
        seasons="{mild: [03-01..05-31, 09-01..11-30], hard: [06-01..08-31, 12-01..02-29]}",
        windows="{mild: {every_day: {a: otherwise}}, hard: {every_day: {b: otherwise}}}",
    )
    days = [
        date(2026, 3, 1),
        date(2026, 7, 1),
        date(2026, 11, 30),
        date(2027, 2, 28),
        date(2028, 2, 29),
    ]

    assert [made.day(day).season for day in days] == ["mild", "hard", "mild", "hard", "hard"]


def test_a_season_ending_on_february_28_leaves_a_hole(tariff: MakeTariff) -> None:
    with pytest.raises(ScheduleError, match="End the season on 02-29"):
        tariff(
            seasons="{a: 03-01..08-31, b: 09-01..02-28}",
            windows="{a: {every_day: {x: otherwise}}, b: {every_day: {x: otherwise}}}",
        )


def test_periods_keep_the_order_of_the_file_and_leave_out_what_never_occurs(
    tariff: MakeTariff,
) -> None:
    made = tariff(
        windows="{all_year: {every_day: {z: 00:00-12:00, a: 12:00-24:00, never: otherwise}}}"
    )

    assert made.periods == ("z", "a")
    assert made.period_names == {"a", "z"}


def test_seconds_count_in_a_look_up(tariff: MakeTariff) -> None:
    made = tariff(
        timezone="UTC",
        clock="utc",
        windows="{all_year: {every_day: {it: 16:00:05-21:00, rest: otherwise}}}",
    )

    def period_at(second: int) -> str:
        at = datetime(2026, 1, 1, 16, 0, second, 999_999, tzinfo=UTC)
        return str(made.at(at).period)

    assert [period_at(4), period_at(5)] == ["rest", "it"]


def test_a_day_is_cheap_when_asked_again(tariff: MakeTariff) -> None:
    made = tariff(holidays="{list: us-nerc-6, observed: none, count_as: weekend}")

    assert made.day(THURSDAY) is made.day(THURSDAY)


def test_ten_thousand_years_do_not_fill_the_memory(tariff: MakeTariff) -> None:
    made = tariff()

    for ordinal in range(1, date.max.toordinal() + 1, 40):
        made.day(date.fromordinal(ordinal))

    assert len(made._days) <= 20_000


@pytest.mark.parametrize("day", [date.min, date.max, date(2026, 12, 31)])
def test_the_first_and_the_last_day_there_are_have_a_shape(tariff: MakeTariff, day: date) -> None:
    made = tariff(
        holidays="{list: ca-on-oeb-10, observed: weekend_to_next_weekday, count_as: weekend}"
    )

    assert made.day(day).season == "all_year"


def test_a_zone_alone_knows_weekdays_and_weekends() -> None:
    calendar = bare("Europe/London")

    assert calendar.zone.key == calendar.display_zone.key == "Europe/London"
    assert calendar.day(THURSDAY) == Day(None, DayClass.WEEKDAY, ((0, None),))
    assert calendar.day(SATURDAY) == Day(None, DayClass.WEEKEND, ((0, None),))


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("ON_PEAK", True),
        ("OnPeak", True),
        ("summer_peak", True),
        ("critical_peak", True),
        ("PARTIAL_PEAK", False),
        ("SuperOffPeak", False),
        ("mid_peak", False),
        ("offpeak", False),
        ("P2", False),
        ("day", False),
    ],
)
def test_a_peak_is_told_by_its_name(name: str, peak: bool) -> None:
    assert is_peak(name) is peak


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Monday", "Did you mean mon?"), ("holidays", "holiday?"), ("daily", "Write every_day.")],
)
def test_a_day_in_other_words_is_answered_with_the_word_of_the_file(
    tariff: MakeTariff, written: str, meant: str
) -> None:
    with pytest.raises(ScheduleError) as raised:
        tariff(
            windows=f"{{all_year: {{{written}: {{a: otherwise}}, every_day: {{a: otherwise}}}}}}"
        )

    assert meant in str(raised.value)
