"""Holiday rules: dates by list and observed rule, and the forms in which a rule is written."""

from __future__ import annotations

import warnings
from datetime import date
from pathlib import Path
from typing import Any

import holidays as independent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.schedule import shipped, source
from scheduler.schedule.holidays import HolidayList, Observed, easter, in_year, parse_rule

EXPECTED: Any = source.read(Path(__file__).parents[2] / "data" / "tariffs" / "holidays.yaml").data
LISTS = shipped.holiday_lists()
CASES = [
    (name, rule, int(year), days)
    for name, rules in EXPECTED.items()
    for rule, years in rules.items()
    for year, days in years.items()
]


@pytest.mark.parametrize(
    ("name", "rule", "year", "days"), CASES, ids=[f"{n}-{r}-{y}" for n, r, y, _ in CASES]
)
def test_a_list_has_these_dates_under_this_rule(
    name: str, rule: str, year: int, days: list[str]
) -> None:
    found = in_year(LISTS[name], Observed(rule), year)

    assert [f"{each.date:%m-%d}" for each in found] == days


def test_every_shipped_list_has_expected_dates() -> None:
    assert set(EXPECTED) == set(LISTS)


def actual(name: str, year: int) -> set[date]:
    return {each.date for each in in_year(LISTS[name], Observed.NONE, year)}


@pytest.mark.parametrize("year", range(2025, 2035))
def test_federal_holidays_agree_with_an_independent_calendar(year: int) -> None:
    assert actual("us-federal-11", year) == set(independent.US(years=year, observed=False))


@pytest.mark.parametrize("year", range(2025, 2035))
def test_moved_federal_holidays_agree_with_an_independent_calendar(year: int) -> None:
    ours = in_year(LISTS["us-federal-11"], Observed.SAT_TO_FRI_SUN_TO_MON, year)

    assert {each.date for each in ours} == set(independent.US(years=year))


@pytest.mark.parametrize("year", range(2025, 2035))
def test_spanish_holidays_agree_with_an_independent_calendar(year: int) -> None:
    """All national ones but Good Friday, which the tariff treats as a working day."""
    theirs = set(independent.ES(years=year, observed=False))

    assert actual("es-national-fixed-9", year) <= theirs
    assert {each for each in theirs if each not in actual("es-national-fixed-9", year)} == {
        parse_rule("friday before easter")(year)
    }


@pytest.mark.parametrize("year", range(2025, 2035))
def test_ontario_holidays_agree_with_an_independent_calendar(year: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kinds = ("public", "optional", "government")
        theirs = set(independent.CA(subdiv="ON", years=year, observed=False, categories=kinds))

    assert actual("ca-on-oeb-10", year) <= theirs


@pytest.mark.parametrize("year", range(2022, 2035))
def test_gazetted_holidays_agree_with_an_independent_calendar(year: int) -> None:
    ours = in_year(LISTS["au-nsw-public"], Observed.AS_GAZETTED, year)

    assert {each.date for each in ours} == set(independent.AU(subdiv="NSW", years=year))


# Easter Sundays as printed in almanacs, with the earliest (1818) and the latest (1943) there are.
@pytest.mark.parametrize(
    "day",
    ["1818-03-22", "1943-04-25", "2000-04-23", "2008-03-23", "2026-04-05", "2038-04-25"],
)
def test_easter_is_on_this_sunday(day: str) -> None:
    expected = date.fromisoformat(day)

    assert easter(expected.year) == expected


@pytest.mark.parametrize(
    ("rule", "day"),
    [
        ("07-04", "2026-07-04"),
        ("3rd monday of february", "2026-02-16"),
        ("3rd Monday of February", "2026-02-16"),
        ("last monday of may", "2026-05-25"),
        ("1st monday in september", "2026-09-07"),
        ("5th friday of may", "2026-05-29"),
        ("last friday of december", "2026-12-25"),
        ("monday before 05-25", "2026-05-18"),
        ("tuesday after 1st monday of november", "2026-11-03"),
        ("day after the 4th thursday of november", "2026-11-27"),
        ("friday before easter", "2026-04-03"),
        ("day after easter", "2026-04-06"),
        ("easter sunday", "2026-04-05"),
        ("Easter Monday", "2026-04-06"),
        ("Good Friday", "2026-04-03"),
        ("39 days after Easter", "2026-05-14"),
        ("2 days before easter", "2026-04-03"),
        ("first Monday of September", "2026-09-07"),
        ("fourth Thursday in November", "2026-11-26"),
        ("July 4", "2026-07-04"),
        ("25 December", "2026-12-25"),
    ],
)
def test_a_rule_means_this_date(rule: str, day: str) -> None:
    assert parse_rule(rule)(2026) == date.fromisoformat(day)


def test_a_rule_may_have_no_date_in_a_year() -> None:
    assert parse_rule("02-29")(2027) is None
    assert parse_rule("5th friday of june")(2026) is None
    assert parse_rule("day after 5th friday of june")(2026) is None


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "christmas",
        "13-01",
        "02-30",
        "6th monday of may",
        "monday of may",
        "day after",
        "7-4",
        "june 31",
    ],
)
def test_a_rule_that_is_not_understood_is_answered_with_a_way_out(rule: str) -> None:
    with pytest.raises(ValueError, match="Write"):
        parse_rule(rule)


def test_a_rule_is_not_nested_without_end() -> None:
    with pytest.raises(ValueError, match="not a holiday rule"):
        parse_rule("day after " * 5000 + "07-04")


def test_a_substitute_day_may_fall_in_the_year_before() -> None:
    """2028-01-01 is a Saturday."""
    found = in_year(LISTS["us-nerc-6"], Observed.SAT_TO_FRI_SUN_TO_MON, 2027)

    last = found[-1]
    assert (last.date, last.name, last.observed) == (date(2027, 12, 31), "New Year's Day", True)


def test_a_date_with_two_reasons_stands_once_and_is_no_substitute() -> None:
    """Christmas 2033 is a Sunday, and its Monday is Boxing Day."""
    found = in_year(LISTS["ca-on-oeb-10"], Observed.SUNDAY_TO_MONDAY, 2033)

    boxing = [each for each in found if each.date == date(2033, 12, 26)]
    assert [(each.name, each.observed) for each in boxing] == [("Boxing Day", False)]


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("rule", Observed)
def test_the_first_and_the_last_year_have_holidays_too(year: int, rule: Observed) -> None:
    edges = HolidayList({"first": parse_rule("day before 01-01"), "last": parse_rule("12-31")})

    found = in_year(edges, rule, year)

    assert all(each.date.year == year for each in found)


@settings(max_examples=100)
@given(day=st.dates(date(1970, 1, 1), date(2100, 12, 31)), rule=st.sampled_from(Observed))
def test_a_single_holiday_moves_by_at_most_two_days_and_only_from_a_weekend(
    day: date, rule: Observed
) -> None:
    only = HolidayList(dates=((day, "Day"),))
    around = [each for y in (-1, 0, 1) for each in in_year(only, rule, day.year + y)]

    moved = [each.date for each in around if each.observed]

    assert [each.date for each in around if not each.observed] == [day]
    assert len(moved) <= (1 if day.weekday() >= 5 else 0)
    assert all(each.weekday() < 5 and abs((each - day).days) <= 2 for each in moved)
