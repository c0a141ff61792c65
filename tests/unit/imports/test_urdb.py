"""OpenEI records in the shapes and with the faults that are found in the wild."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from scheduler.errors import NothingToScheduleError, ScheduleError
from scheduler.schedule.tariff_file import parse_tariff

from .conftest import Build, Importing, Windows

WEDNESDAY, SATURDAY = "2026-07-15", "2026-07-18"
PEAK = "off_peak, 16:00 on_peak, 21:00 off_peak"
OFF, ON = [0] * 24, [1 if 16 <= hour < 21 else 0 for hour in range(24)]
MONTHS = range(12)


def refused(
    importing: Importing, given: str | dict[str, Any] | list[dict[str, Any]], **choice: str
) -> tuple[Any, ...]:
    with pytest.raises(ScheduleError) as caught:
        importing(given, **choice)
    return caught.value.problems


@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: one,
        lambda one: [one],
        lambda one: {"items": [one]},
        lambda one: {"urdb_response": one},
        lambda one: json.dumps({"items": [one]}),
        lambda one: json.dumps(json.dumps([one])),
        lambda one: {**one, "energyweekdayschedule": json.dumps(one["energyweekdayschedule"])},
        lambda one: {**one, "energyratestructure": json.dumps(one["energyratestructure"])},
        lambda one: {
            **one,
            "energyweekdayschedule": [[float(c) for c in r] for r in one["energyweekdayschedule"]],
        },
        lambda one: {
            **one,
            "energyweekdayschedule": [[str(c) for c in r] for r in one["energyweekdayschedule"]],
        },
    ],
    ids=[
        "bare",
        "a list of one",
        "items",
        "inside a scenario",
        "json in a string",
        "json in a string in a string",
        "a schedule in a string",
        "rates in a string",
        "cells such as 1.0",
        "cells in quotes",
    ],
)
def test_every_wrapping_gives_the_same_windows(
    wrap: Callable[..., str | dict[str, Any] | list[dict[str, Any]]],
    record: Build,
    importing: Importing,
    windows: Windows,
) -> None:
    found = importing(wrap(record()))

    assert (windows(found, WEDNESDAY), windows(found, SATURDAY)) == (PEAK, "off_peak")


@pytest.mark.parametrize(
    ("start", "written"),
    [
        (1577865600, "2020-01-01.."),
        (1577836800000, "2020-01-01.."),
        ("1577865600", "2020-01-01.."),
        ("2020-01-01 00:00:00", "2020-01-01.."),
        ("2020-01-01T08:00:00.000Z", "2020-01-01.."),
        ("2020-01-01", "2020-01-01.."),
    ],
    ids=["epoch", "milliseconds", "epoch as text", "text", "iso with z", "a date alone"],
)
def test_a_start_date_is_read_however_it_is_written(
    start: int | str, written: str, record: Build, importing: Importing
) -> None:
    found = importing(record(startdate=start))

    assert f"\neffective: {written}\n" in found.tariff_yaml


@pytest.mark.parametrize(
    ("start", "remark"),
    [
        (0, "startdate is 0, which stands for no date"),
        (-61567574400, "startdate has the year 19: two digits are not enough"),
        ("0017-01-01 00:00:00", "startdate has the year 17: two digits are not enough"),
        ("17-01-01", "startdate has the year 17: two digits are not enough"),
        ("1/1/2017", 'startdate is "1/1/2017", which is not read'),
        ("2017-02-30", 'startdate is "2017-02-30", which is no date'),
        (1e300, "which is no date"),
        ([], "startdate is not a date"),
    ],
)
def test_a_date_that_cannot_be_meant_is_left_out_and_said(
    start: float | str | list[Any], remark: str, record: Build, importing: Importing
) -> None:
    found = importing(record(startdate=start))

    assert "\neffective:" not in found.tariff_yaml
    assert any(remark in note for note in found.notes)


def test_a_record_that_ends_before_it_starts_is_refused_at_its_end_date(
    record: Build, importing: Importing
) -> None:
    (problem,) = refused(importing, [record(startdate="2017-03-01", enddate="2017-02-27")])

    assert (problem.path, problem.id) == ("[0].enddate", "end-before-start")
    assert "ends (2017-02-27) before it starts (2017-03-01)" in problem.message


def test_a_record_that_ends_the_day_before_it_starts_is_taken_with_a_warning(
    record: Build, importing: Importing
) -> None:
    """Dates are compared with a day of slack: they are midnights of unknown zones."""
    found = importing(record(startdate="2017-03-01", enddate="2017-02-28"))

    assert any("ends on 2017-02-28, the day before it starts" in note for note in found.notes)


def test_a_cell_that_points_at_no_period_is_named_by_month_and_hour(
    record: Build, importing: Importing
) -> None:
    weekday = [list(ON) for _ in MONTHS]
    weekday[3][17] = 7
    given = json.dumps(record(energyweekdayschedule=weekday), indent=1)

    (problem,) = refused(importing, given)

    assert (problem.path, problem.id) == ("energyweekdayschedule[3][17]", "dangling-period")
    assert "points at period 7" in problem.message
    line = given.splitlines()[problem.place.line - 1]
    assert line[problem.place.column - 1 :] == "7,"


def test_each_missing_period_is_told_once_with_the_number_of_its_cells(
    record: Build, importing: Importing
) -> None:
    weekend = [[2] * 24 for _ in MONTHS]
    weekend[0][0] = -1

    below, above = refused(importing, record(energyweekendschedule=weekend))

    assert "This cell points at period -1" in below.message
    assert above.message.startswith("287 cells, this one first, point at period 2")
    assert above.path == "energyweekendschedule[0][1]"


@pytest.mark.parametrize(
    ("changes", "path", "id_"),
    [
        ({"energyratestructure": [[{"rate": 0.1}], [{"unit": "kWh"}]]}, "[1][0]", "missing-rate"),
        ({"energyratestructure": [[{"rate": 0.1}], []]}, "[1]", "missing-rate"),
        (
            {"energyratestructure": [[{"rate": 0.1}], [{"rate": 0.4}, {"max": 9}]]},
            "[1][1]",
            "missing-rate",
        ),
        ({"energyratestructure": [[{"rate": 0.1}], [{"rate": None}]]}, "[1][0]", "missing-rate"),
        ({"energyratestructure": [[{"rate": 0.1}], [{"rate": "x"}]]}, "[1][0].rate", "rates"),
        ({"energyratestructure": [[{"rate": 0.1}], [{"rate": 1e9}]]}, "[1][0]", "rates"),
        ({"energyratestructure": [[{"rate": 0.1}], [7]]}, "[1][0]", "rates"),
        ({"energyratestructure": {"period0": {}}}, "", "rates"),
    ],
    ids=[
        "a tier with a unit alone",
        "a period without tiers",
        "a second tier",
        "null",
        "text",
        "a price of a house",
        "a number for a tier",
        "no list",
    ],
)
def test_a_rate_that_is_missing_or_no_number_is_named(
    changes: dict[str, Any], path: str, id_: str, record: Build, importing: Importing
) -> None:
    (problem,) = [p for p in refused(importing, record(**changes)) if p.id == id_]

    assert problem.path == f"energyratestructure{path}"


def test_a_missing_rate_in_a_period_that_no_hour_uses_does_no_harm(
    record: Build, importing: Importing, windows: Windows
) -> None:
    rates = [[{"rate": 0.1}], [{"rate": 0.4}], [{"unit": "kWh"}]]

    assert windows(importing(record(energyratestructure=rates)), WEDNESDAY) == PEAK


def test_an_adjustment_without_a_rate_is_the_price_and_is_said(
    record: Build, importing: Importing
) -> None:
    found = importing(record(energyratestructure=[[{"adj": 0.1}], [{"rate": 0.4}]]))

    assert "on_peak: 0.4, off_peak: 0.1}" in found.tariff_yaml
    assert any("has an adjustment and no rate" in note for note in found.notes)


@pytest.mark.parametrize(
    ("rows", "path", "words"),
    [
        ([ON] * 11, "", "this is 11 rows"),
        ([ON] * 11 + [ON[:23]], "[11]", "this is 23 cells"),
        ([ON] * 11 + [None], "[11]", "this is no list"),
        ({"0": ON}, "", "this is no list"),
        ([ON] * 11 + [[*ON[:23], 0.5]], "[11][23]", "number of a period"),
        ([ON] * 11 + [[*ON[:23], None]], "[11][23]", "number of a period"),
        ([ON] * 11 + [[*ON[:23], True]], "[11][23]", "number of a period"),
        ([[0] * 12] * 24, "", "this is 24 rows"),
    ],
)
def test_a_schedule_that_is_not_12_by_24_is_refused(
    rows: dict[str, Any] | list[Any], path: str, words: str, record: Build, importing: Importing
) -> None:
    (problem,) = refused(importing, record(energyweekdayschedule=rows))

    assert (problem.path, problem.id) == (f"energyweekdayschedule{path}", "grid")
    assert words in problem.message


def test_a_weekday_row_that_lost_its_peak_is_refused_and_its_month_named(
    record: Build, importing: Importing
) -> None:
    """Seen in a user-edited copy: July's weekday row flat, its weekend row with the peak."""
    weekday = [ON if month != 6 else OFF for month in MONTHS]

    given = record(energyweekdayschedule=weekday, energyweekendschedule=[ON] * 12)
    (problem,) = refused(importing, given)

    assert (problem.path, problem.id) == ("energyweekdayschedule[6]", "contradictory-rows")
    assert problem.message.startswith("July: ")


def test_a_weekend_with_a_lesser_peak_is_no_contradiction(
    record: Build, importing: Importing, windows: Windows
) -> None:
    mid = [2 if hour == 1 else 0 for hour in ON]
    rates = [[{"rate": 0.1}], [{"rate": 0.4}], [{"rate": 0.2}]]

    found = importing(record(energyweekendschedule=[mid] * 12, energyratestructure=rates))

    assert windows(found, SATURDAY) == "off_peak, 16:00 mid_peak, 21:00 off_peak"


def test_without_a_weekend_schedule_weekends_are_like_weekdays_and_it_is_said(
    record: Build, importing: Importing, windows: Windows
) -> None:
    found = importing(record(energyweekendschedule=...))

    assert windows(found, SATURDAY) == PEAK
    assert "every_day: {on_peak: 16:00-21:00, off_peak: otherwise}" in found.tariff_yaml
    assert any("has no weekend schedule" in note for note in found.notes)


def test_weekends_copied_from_weekdays_are_pointed_out(record: Build, importing: Importing) -> None:
    found = importing(record(energyweekendschedule=[ON] * 12))

    assert any("Weekends are like weekdays in the source" in note for note in found.notes)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"energyweekdayschedule": ...}, ""),
        (
            {"energyweekdayschedule": ..., "energyratestructure": [[{"rate": 0.1}]]},
            "energyweekendschedule",
        ),
    ],
)
def test_a_record_without_a_weekday_schedule_is_refused(
    changes: dict[str, Any], path: str, record: Build, importing: Importing
) -> None:
    (problem,) = refused(importing, record(**changes))

    assert (problem.path, problem.id) == (path, "missing-schedule")


def test_a_schedule_without_any_rates_is_refused(record: Build, importing: Importing) -> None:
    (problem,) = refused(importing, record(energyratestructure=...))

    assert (problem.path, problem.id) == ("energyweekdayschedule", "dangling-period")


DEMAND = [[{"rate": 8.5}]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"energyweekdayschedule": [OFF] * 12}, "It has one price, whatever the hour."),
        (
            {"energyratestructure": [[{"rate": 0.1}], [{"rate": 0.1}]]},
            "It has one price, whatever the hour.",
        ),
        (
            {
                "energyratestructure": [[{"rate": 0.1, "max": 500}, {"rate": 0.2}]],
                "energyweekdayschedule": [OFF] * 12,
            },
            "changes with the amount used only",
        ),
        (
            {
                "energyweekdayschedule": [OFF] * 6 + [[1] * 24] * 6,
                "energyweekendschedule": [OFF] * 6 + [[1] * 24] * 6,
            },
            "changes with the season only",
        ),
        (
            {
                "energyratestructure": ...,
                "energyweekdayschedule": ...,
                "energyweekendschedule": ...,
                "demandratestructure": DEMAND,
            },
            "no energy price by the hour",
        ),
        (
            {
                "energyratestructure": [[{"unit": "kWh"}]],
                "energyweekdayschedule": [OFF] * 12,
                "flatdemandstructure": DEMAND,
            },
            "Its demand charge is not something to schedule.",
        ),
        (
            {
                "energyratestructure": ...,
                "energyweekdayschedule": [OFF] * 12,
                "demandratestructure": DEMAND,
            },
            "no energy price by the hour",
        ),
    ],
    ids=[
        "flat",
        "two periods of one price",
        "tiers",
        "seasons",
        "demand alone",
        "demand with an empty energy tier",
        "demand with a schedule of zeros",
    ],
)
def test_a_rate_without_hours_has_nothing_to_schedule(
    changes: dict[str, Any], words: str, record: Build, importing: Importing
) -> None:
    with pytest.raises(NothingToScheduleError, match="nothing to schedule") as caught:
        importing(record(**changes))

    assert words in str(caught.value)


def test_a_weekend_price_alone_is_something_to_schedule(
    record: Build, importing: Importing, windows: Windows
) -> None:
    found = importing(record(energyweekdayschedule=[[1] * 24] * 12))

    assert (windows(found, WEDNESDAY), windows(found, SATURDAY)) == ("on_peak", "off_peak")


def test_tiers_are_noted_and_the_first_one_is_the_price(
    record: Build, importing: Importing
) -> None:
    rates = [[{"rate": 0.1, "max": 9}, {"rate": 0.2}], [{"rate": 0.4}]]

    found = importing(record(energyratestructure=rates))

    assert "{on_peak: 0.4, off_peak: 0.1}" in found.tariff_yaml
    assert any("those written are of the first tier" in note for note in found.notes)


@pytest.mark.parametrize(
    ("count", "names"),
    [
        (2, "off_peak on_peak"),
        (3, "off_peak mid_peak on_peak"),
        (4, "super_off_peak off_peak mid_peak on_peak"),
        (6, "super_off_peak off_peak mid_peak_1 mid_peak_2 mid_peak_3 on_peak"),
    ],
)
def test_periods_are_named_by_the_rank_of_their_price(
    count: int, names: str, record: Build, importing: Importing
) -> None:
    row = [hour % count for hour in range(24)]
    rates = [[{"rate": 0.1 * (1 + number)}] for number in range(count)]

    found = importing(
        record(
            energyweekdayschedule=[row] * 12,
            energyweekendschedule=[row] * 12,
            energyratestructure=rates,
        )
    )

    tariff = found.tariff
    assert [name for _, name in tariff.day(date(2026, 7, 15)).periods[:count]] == names.split()


def test_periods_of_equal_price_stay_apart(record: Build, importing: Importing) -> None:
    """A plan may price two of its periods alike this year and not the next."""
    row = [2 if hour < 6 else ON[hour] for hour in range(24)]
    rates = [[{"rate": 0.1}], [{"rate": 0.4}], [{"rate": 0.1}]]

    found = importing(record(energyweekdayschedule=[row] * 12, energyratestructure=rates))

    assert "weekday: {on_peak: 16:00-21:00, mid_peak: 00:00-06:00, off_peak: otherwise}" in (
        found.tariff_yaml
    )


def test_summer_periods_with_numbers_of_their_own_are_ranked_apart(
    record: Build, importing: Importing
) -> None:
    summer = [cell + 2 for cell in ON]
    weekday = [summer if 5 <= month <= 8 else ON for month in MONTHS]
    rates = [[{"rate": rate}] for rate in (0.1, 0.2, 0.15, 0.5)]

    found = importing(
        record(
            energyweekdayschedule=weekday,
            energyweekendschedule=weekday,
            energyratestructure=rates,
        )
    )

    assert "summer: {on_peak: 0.5, off_peak: 0.15}" in found.tariff_yaml
    assert "winter: {on_peak: 0.2, off_peak: 0.1}" in found.tariff_yaml


@pytest.mark.parametrize(
    ("peak_months", "seasons"),
    [
        ({5, 6, 7, 8}, "winter: 10-01..05-31\n  summer: 06-01..09-30"),
        (
            {10, 11, 0, 1, 2, 5, 6, 7},
            "jun_to_aug_and_nov_to_mar: [06-01..08-31, 11-01..03-31]\n"
            "  apr_to_may_and_sep_to_oct: [04-01..05-31, 09-01..10-31]",
        ),
        ({1}, "feb: 02-01..02-29\n  mar_to_jan: 03-01..01-31"),
        (set(MONTHS), "all_year: 01-01..12-31"),
    ],
    ids=["one summer", "two peak seasons", "february alone", "the whole year"],
)
def test_equal_months_make_a_season(
    peak_months: set[int], seasons: str, record: Build, importing: Importing
) -> None:
    weekday = [ON if month in peak_months else OFF for month in MONTHS]

    found = importing(record(energyweekdayschedule=weekday))

    written = found.tariff_yaml.partition("seasons:\n  ")[2].partition("\n# holidays")[0]
    assert sorted(written.split("\n  ")) == sorted(seasons.split("\n  "))


def test_southern_seasons_are_named_for_the_south(record: Build, importing: Importing) -> None:
    weekday = [ON if month in {10, 11, 0, 1, 2} else OFF for month in MONTHS]

    found = importing(record(energyweekdayschedule=weekday), timezone="Australia/Sydney")

    assert "summer: 11-01..03-31" in found.tariff_yaml


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("On-peak is 8:30 a.m. to 9:30 p.m. on weekdays.", "8:30 a.m."),
        ("Off-peak on the following holidays: New Year.", "holidays: New Year"),
        ("Rounded to the nearest half hour.", "half hour"),
        ("Monday through Saturday.", "Saturday"),
        ("The summer season is June 15 through September 15.", "June 15"),
    ],
)
def test_comments_that_tell_what_the_grid_cannot_are_quoted(
    text: str, quoted: str, record: Build, importing: Importing
) -> None:
    found = importing(record(energycomments=text))

    assert any(
        note.startswith("The record's energycomments says:") and quoted in note
        for note in found.notes
    )


def test_a_very_long_comment_is_cut_around_its_telling_words(
    record: Build, importing: Importing
) -> None:
    text = "word " * 2000 + "except holidays " + "word " * 2000

    found = importing(record(description=text))

    (note,) = [note for note in found.notes if "description" in note]
    assert "except holidays" in note
    assert len(note) < 400


def test_comments_without_telling_words_are_left_out(record: Build, importing: Importing) -> None:
    found = importing(record(description="Available in all territory served."))

    assert not any("description" in note for note in found.notes)


@pytest.mark.parametrize(
    ("choice", "zone", "words"),
    [
        (({}, "Europe/London"), "Europe/London", None),
        (({"eiaid": 803}, None), "America/Phoenix", "taken from the utility's place"),
        (({"eiaid": 803.0}, None), "America/Phoenix", "taken from the utility's place"),
        (({"eiaid": "17609"}, None), "America/Los_Angeles", "taken from the utility's place"),
        (({"eiaid": 803}, "America/Denver"), "America/Denver", None),
        (({"utility": "Georgia Power Co"}, None), "America/New_York", "the utility's place"),
        (({}, None), "WRITE-THE-ZONE", "cannot be used yet"),
        (({"utility": "Octopus Energy"}, None), "Europe/London", "the utility's place"),
        (({"utility": "Octopus Energy NZ"}, None), "Pacific/Auckland", "the utility's place"),
        (({"utility": "Octopus Energy Germany GmbH"}, None), "Europe/Berlin", "place"),
        (({"utility": "Octopus Energy US"}, None), "WRITE-THE-ZONE", "cannot be used yet"),
        (({"utility": "APS, Australia"}, None), "WRITE-THE-ZONE", "cannot be used yet"),
        (({"utility": "Scottish Power", "name": "UK Tracker"}, None), "Europe/London", "place"),
    ],
)
def test_the_zone_is_given_or_looked_up_or_loudly_unknown(
    choice: tuple[dict[str, Any], str | None],
    zone: str,
    words: str | None,
    record: Build,
    importing: Importing,
) -> None:
    fields, given = choice

    found = importing(record(**fields), timezone=given)

    assert f"\ntimezone: {zone}" in found.tariff_yaml
    assert (words is None) == (not any("zone" in note for note in found.notes))
    assert words is None or words in found.notes[0]


def test_an_unknown_zone_is_marked_on_its_own_line(record: Build, importing: Importing) -> None:
    found = importing(record())

    assert "timezone: WRITE-THE-ZONE  # not known: write the IANA zone" in found.tariff_yaml
    assert not found.zone_known


def test_a_file_of_an_unknown_zone_is_refused_until_its_owner_writes_one(
    record: Build, importing: Importing
) -> None:
    text = importing(record()).tariff_yaml

    with pytest.raises(ScheduleError, match="Write a place such as America/Los_Angeles"):
        parse_tariff(text, "mine.yaml")

    assert parse_tariff(text.replace("WRITE-THE-ZONE", "America/Phoenix"), "mine.yaml")


@pytest.mark.parametrize(
    ("end", "told"),
    [("2024-05-31", True), ("2026-07-14", False), ("2030-01-01", False), (None, False)],
)
def test_a_record_that_is_over_is_told_first(
    end: str | None, told: bool, record: Build, importing: Importing
) -> None:
    found = importing(record(enddate=end), today=date(2026, 7, 15))

    assert found.notes[0].startswith(f"The record was retired: it ended on {end}.") == told


def test_forty_thousand_faults_are_counted_and_the_first_twenty_shown(
    record: Build, importing: Importing
) -> None:
    rates = [[{"rate": "x"}] * 40_000, [{"rate": 0.4}]]

    count, *shown = refused(importing, record(energyratestructure=rates))

    assert (count.id, count.message) == (
        "many",
        "There are 40,000 problems; the first 20 are shown.",
    )
    assert [each.path for each in shown] == [
        f"energyratestructure[0][{number}].rate" for number in range(20)
    ]


@pytest.mark.parametrize("zone", ["PST", "UTC"])
def test_a_zone_that_is_no_place_is_refused(record: Build, importing: Importing, zone: str) -> None:
    (problem,) = refused(importing, record(), timezone=zone)

    assert (problem.path, problem.id) == ("timezone", "timezone")
    assert "made of" not in problem.place.file


def test_prices_of_another_country_are_in_no_named_currency(
    record: Build, importing: Importing
) -> None:
    found = importing(record(country="CAN"))

    assert "  currency: XXX\n" in found.tariff_yaml
    assert any("names no currency" in note for note in found.notes)


def test_odd_names_are_written_as_quoted_printable_lines(
    record: Build, importing: Importing
) -> None:
    name = 'A: "B" # {C}\r\n\t\x00\x1b[31m \ud800 \u2028 é: [x] \\ end'

    found = importing(record(name=name, utility="null", source="- : &a *b !c"))

    tariff = found.tariff
    assert tariff.name == 'A: "B" # {C} [31m é: [x] \\ end'
    assert tariff.utility == "null"
    assert "- : &a *b !c" in tariff.sources
