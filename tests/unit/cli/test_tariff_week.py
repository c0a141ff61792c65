"""The week that `tou tariff show` draws: letters, colours, rows and cells."""

from __future__ import annotations

from itertools import pairwise

import click
import pytest

from scheduler.cli import tariff_text, tariff_week
from scheduler.cli.chosen import Found
from scheduler.schedule import weeks
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_file import parse_tariff


def _tariff(windows: str, *, more: str = "", seasons: str = "{all_year: 01-01..12-31}") -> Tariff:
    text = f"tariff: Test\ntimezone: America/Los_Angeles\nseasons: {seasons}\n{more}"
    return parse_tariff(f"{text}windows: {windows}\n", "test.yaml")


def _drawn(tariff: Tariff) -> list[str]:
    return click.unstyle(tariff_week.draw(tariff)).splitlines()


HALF = "{all_year: {every_day: {peak: 16:30-21:00, off_peak: otherwise}}}"


@pytest.mark.parametrize(
    "periods",
    [
        pytest.param(("on_peak", "mid_peak", "off_peak", "super_off_peak"), id="usual"),
        pytest.param(("peak", "on_peak", "part_peak", "super_peak"), id="all begin alike"),
        pytest.param(("P1", "P2", "P3", "p4"), id="one letter each and a digit"),
        pytest.param(tuple("abcdefghijklmnopqrstuvwxyz"), id="as many as there are letters"),
    ],
)
def test_letters_differ_whatever_their_case(periods: tuple[str, ...]) -> None:
    given = tariff_week.letters(periods)

    assert set(given) == set(periods)
    assert len({letter.casefold() for letter in given.values()}) == len(periods)
    assert all(len(letter) == 1 and letter.isalpha() for letter in given.values())


def test_peaks_are_red_and_others_are_not() -> None:
    given = tariff_week.colours(("peak", "off_peak", "day", "shoulder"))

    assert given["peak"] == "red"
    assert len({given[each] for each in ("off_peak", "day", "shoulder")} - {"red"}) == 3


def test_a_bar_shows_half_hours_under_its_ruler() -> None:
    lines = _drawn(_tariff(HALF))

    ruler, weekday = lines[1], lines[2]
    assert weekday[10:] == "o" * 33 + "P" * 9 + "o" * 6
    assert ruler.index("16") == 10 + 32


def test_every_colour_change_is_a_letter_change() -> None:
    styled = tariff_week.draw(_tariff(HALF)).splitlines()[2]

    parts = [part for part in styled[10:].split("\x1b[0m") if part]
    assert [click.unstyle(part)[0] for part in parts] == ["o", "P", "o"]
    backgrounds = [part[: part.rindex("m")] for part in parts]
    assert all(first != second for first, second in pairwise(backgrounds))


def test_windows_off_the_half_hour_are_told_exactly() -> None:
    windows = "{all_year: {every_day: {night: 00:10-07:40, day: otherwise}}}"

    lines = _drawn(_tariff(windows))

    exact = "weekday exactly: day 00:00-00:10, night 00:10-07:40, day 07:40-24:00"
    assert exact in "\n".join(lines)


def test_single_days_get_rows_of_their_own() -> None:
    windows = "{all_year: {weekday: {a: 08:00-20:00, b: otherwise}, weekend: {b: otherwise}, "
    windows += "fri: {b: otherwise}, sun: {a: otherwise}}}"

    lines = _drawn(_tariff(windows))

    assert [line[:10].strip() for line in lines[2:6]] == ["Mon-Thu", "Fri", "Sat", "Sun"]


def test_holidays_have_a_row_only_where_there_are_holidays() -> None:
    holidays = "holidays: {dates: [2026-07-03], observed: none, count_as: weekend}\n"
    windows = "{all_year: {weekday: {a: 08:00-20:00, b: otherwise}, weekend: {b: otherwise}}}"

    with_holidays = _drawn(_tariff(windows, more=holidays))
    without = _drawn(_tariff(windows))

    assert with_holidays[4] == f"{'holiday':<10}{'B' * 48}"
    assert not any(line.startswith("holiday") for line in without)


def test_a_season_across_the_new_year_is_one_range() -> None:
    tariff = _tariff(
        "{winter: {every_day: {a: otherwise}}, summer: {every_day: {a: otherwise}}}",
        seasons="{winter: 10-01..05-31, summer: 06-01..09-30}",
    )

    assert weeks.season_dates(tariff, "winter") == ("10-01..05-31",)
    assert weeks.season_dates(tariff, "summer") == ("06-01..09-30",)


def test_a_season_in_two_parts_keeps_both() -> None:
    tariff = _tariff(
        "{high: {every_day: {a: otherwise}}, low: {every_day: {a: otherwise}}}",
        seasons="{high: [06-01..08-31, 12-01..02-29], low: [03-01..05-31, 09-01..11-30]}",
    )

    assert weeks.season_dates(tariff, "high") == ("06-01..08-31", "12-01..02-29")


def test_the_legend_has_prices_and_zero_is_one() -> None:
    prices = "prices: {currency: USD, per_kwh: {all_year: {peak: 0.5, off_peak: 0}}}\n"

    lines = _drawn(_tariff(HALF, more=prices))

    assert " P  peak      all_year 0.5 USD/kWh" in lines
    assert " o  off_peak  all_year 0 USD/kWh" in lines


def test_a_meter_on_utc_is_said_to_be_one() -> None:
    page = tariff_text.page(Found(_tariff(HALF, more="clock: utc\n")), 2026)

    assert "UTC all year" in page


def test_a_year_beyond_the_listed_dates_is_said_to_be_unknown() -> None:
    holidays = "holidays: {dates: {Day off: 2026-07-03}, observed: none, count_as: weekend}\n"
    windows = "{all_year: {weekday: {a: 08:00-20:00, b: otherwise}, weekend: {b: otherwise}}}"

    page = tariff_text.page(Found(_tariff(windows, more=holidays)), 2027)

    assert "This tariff lists dates for 2026 to 2026; others are not known." in page
