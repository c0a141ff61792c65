"""Two calendars of prices held against each other."""

from __future__ import annotations

from datetime import date

from scheduler.advice.rate_plan import first_difference
from scheduler.schedule import library


def test_a_tariff_says_the_same_as_itself() -> None:
    ours = library.load("sce-tou-d-4-9pm")

    assert first_difference(ours, ours, date(2026, 1, 1)) is None


def test_another_peak_is_found_on_the_first_day_that_has_it() -> None:
    ours, plan = library.load("sce-tou-d-4-9pm"), library.load("sce-tou-d-5-8pm")

    assert first_difference(ours, plan, date(2026, 11, 25)) == date(2026, 11, 25)


def test_the_same_hours_at_other_prices_are_no_difference() -> None:
    """TOU-D-PRIME has the seasons and hours of TOU-D-4-9PM."""
    ours, plan = library.load("sce-tou-d-4-9pm"), library.load("sce-tou-d-prime")

    assert first_difference(ours, plan, date(2026, 1, 2)) is None
