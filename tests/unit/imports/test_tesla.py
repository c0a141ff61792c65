"""Tesla tariffs of both generations, with the habits and faults of the programs that write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import EllipsisType
from typing import Any

import pytest

from scheduler.errors import NothingToScheduleError, ScheduleError

from .conftest import Build, Importing, Windows

MONDAY, WEDNESDAY, FRIDAY = "2026-07-13", "2026-07-15", "2026-07-17"
SATURDAY, SUNDAY = "2026-07-18", "2026-07-19"
PEAK = "off_peak, 16:00 on_peak, 21:00 off_peak"
EVERY_DAY, MIDNIGHT = (0, 6), (0, 0)


def refused(importing: Importing, given: str | dict[str, Any], **choice: Any) -> tuple[Any, ...]:
    with pytest.raises(ScheduleError) as caught:
        importing(given, **choice)
    return caught.value.problems


TARGET = {"target": "peak", "week_days": [1, 0], "start_seconds": 0, "end_seconds": 3600}


def second_generation(fields: dict[str, Any]) -> dict[str, Any]:
    """The same tariff in the second generation's form."""
    seasons = {
        name: {
            **season,
            "tou_periods": {k: {"periods": v} for k, v in season["tou_periods"].items()},
        }
        for name, season in fields["seasons"].items()
    }
    charges = {name: {"rates": rates} for name, rates in fields["energy_charges"].items()}
    return {**fields, "version": 1, "seasons": seasons, "energy_charges": charges}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda body: body,
        lambda body: {"response": body},
        lambda body: {"tariff_content": body},
        lambda body: {"tou_settings": {"tariff_content": body}},
        lambda body: {"response": {"id": "1", "site_name": "Home", "tariff_content": body}},
        lambda body: {"response": {"tariff_content": body, "tariff_content_v2": {}}},
        lambda body: {"response": {"tariff_content": {}, "tariff_content_v2": body}},
        second_generation,
        lambda body: {"tou_settings": {"tariff_content_v2": second_generation(body)}},
        lambda body: json.dumps({"response": body}),
        lambda body: [{"response": body}],
        lambda body: {"response": {"components": {"battery": True}, "site": {"rates": [body]}}},
        lambda body: {"response": {"tou_settings": {"schedule": [TARGET]}, "tariff_content": body}},
        lambda body: {
            "response": {
                "tariff_content": {"seasons": {"Summer": {}}, "energy_charges": {}},
                "tariff_content_v2": second_generation(body),
            }
        },
        lambda body: {"response": {"tariff_content": json.dumps(body)}},
        lambda body: [{"tariff_content": body}, {"tariff_content": body}],
        lambda body: {**body, "sell_tariff": {**body, "seasons": {"Summer": {}}}},
    ],
    ids=[
        "the body alone",
        "an answer",
        "tariff_content",
        "a request",
        "site_info",
        "site_info with an empty v2",
        "site_info with an empty v1",
        "second generation",
        "a request of the second generation",
        "json in a string",
        "a list of one",
        "somewhere in an answer",
        "beside the older targets",
        "beside a placeholder of the first generation",
        "json in a string inside",
        "twice the same",
        "with what is paid for export",
    ],
)
def test_every_wrapping_gives_the_same_windows(
    wrap: Callable[..., Any], tesla: Build, importing: Importing, windows: Windows
) -> None:
    assert windows(importing(wrap(tesla())), WEDNESDAY) == PEAK


def test_day_0_is_monday_and_a_wrap_covers_both_ends_of_each_listed_day(
    tesla: Build, span: Build, importing: Importing, windows: Windows
) -> None:
    """Mon-Fri 20-15 covers Monday 0-15 and not Saturday 0-15: a real plan only tiles that way."""
    given = tesla(
        {
            "ON_PEAK": [span((0, 4), (15, 0), (20, 0)), span((5, 5), (0, 0), (24, 0))],
            "OFF_PEAK": [span((0, 4), (20, 0), (15, 0)), span((6, 6), MIDNIGHT, MIDNIGHT)],
        }
    )

    found = importing(given)

    assert [windows(found, day) for day in (MONDAY, FRIDAY, SATURDAY, SUNDAY)] == [
        "off_peak, 15:00 on_peak, 20:00 off_peak",
        "off_peak, 15:00 on_peak, 20:00 off_peak",
        "on_peak",
        "off_peak",
    ]


def test_days_may_wrap_the_week(
    tesla: Build, span: Build, importing: Importing, windows: Windows
) -> None:
    given = tesla(
        {
            "OFF_PEAK": [span((5, 0), MIDNIGHT, MIDNIGHT), span((1, 4), (21, 0), (16, 0))],
            "ON_PEAK": [span((1, 4), (16, 0), (21, 0))],
        }
    )

    found = importing(given)

    assert [windows(found, day) for day in (SUNDAY, MONDAY, WEDNESDAY)] == [
        "off_peak",
        "off_peak",
        PEAK,
    ]
    assert "mon: {off_peak: 00:00-24:00}" in found.tariff_yaml


@pytest.mark.parametrize("end", [(0, 0), (24, 0)], ids=["0:00", "24:00"])
def test_an_end_at_midnight_is_the_end_of_the_day(
    end: tuple[int, int], tesla: Build, span: Build, importing: Importing, windows: Windows
) -> None:
    given = tesla(
        {
            "OFF_PEAK": [span(EVERY_DAY, (0, 0), (16, 30))],
            "ON_PEAK": [span(EVERY_DAY, (16, 30), end)],
        }
    )

    assert windows(importing(given), WEDNESDAY) == "off_peak, 16:30 on_peak"


def test_left_out_numbers_are_zero(tesla: Build, importing: Importing, windows: Windows) -> None:
    given = tesla(
        {
            "OFF_PEAK": [{"toDayOfWeek": 6, "toHour": 16}, {"toDayOfWeek": 6, "fromHour": 21}],
            "ON_PEAK": [{"toDayOfWeek": 6, "fromHour": 16, "toHour": 21}],
        }
    )

    assert windows(importing(given), WEDNESDAY) == PEAK


def test_a_left_out_last_day_is_monday_where_that_covers_the_week(
    tesla: Build, importing: Importing, windows: Windows
) -> None:
    given = tesla(
        {
            "ON_PEAK": [{"fromHour": 0, "toHour": 0}],
            "OFF_PEAK": [{"fromDayOfWeek": 1, "toDayOfWeek": 6}],
        }
    )

    found = importing(given)

    assert (windows(found, MONDAY), windows(found, WEDNESDAY)) == ("on_peak", "off_peak")


def test_a_left_out_last_day_is_sunday_where_only_that_covers_the_week(
    tesla: Build, importing: Importing, windows: Windows
) -> None:
    given = tesla(
        {
            "OFF_PEAK": [{"fromHour": 21, "toHour": 16}],
            "ON_PEAK": [{"fromHour": 16, "toHour": 21}],
        }
    )

    found = importing(given)

    assert (windows(found, MONDAY), windows(found, SUNDAY)) == (PEAK, PEAK)
    assert any("names no last day" in note for note in found.notes)


def sunday_first(tesla: Build, span: Build) -> dict[str, Any]:
    """A Monday-to-Friday peak as a program writes it that counts Sunday as day 0."""
    return tesla(
        {
            "ON_PEAK": [span((1, 5), (16, 0), (21, 0))],
            "OFF_PEAK": [
                span((1, 5), (21, 0), (16, 0)),
                span((0, 0), MIDNIGHT, MIDNIGHT),
                span((6, 6), MIDNIGHT, MIDNIGHT),
            ],
        }
    )


def test_a_week_that_seems_to_start_on_sunday_is_told_with_the_way_out(
    tesla: Build, span: Build, importing: Importing
) -> None:
    found = importing(sunday_first(tesla, span))

    assert found.notes[0].startswith("Tuesday to Saturday are alike and Monday is not")
    assert "--sunday-first" in found.notes[0]


def test_a_week_that_starts_on_sunday_is_read_so_when_asked_for(
    tesla: Build, span: Build, importing: Importing, windows: Windows
) -> None:
    found = importing(sunday_first(tesla, span), sunday_first=True)

    assert [windows(found, day) for day in (MONDAY, FRIDAY, SATURDAY, SUNDAY)] == [
        PEAK,
        PEAK,
        "off_peak",
        "off_peak",
    ]
    assert found.notes[0].startswith("Day 0 is read as Sunday, as asked")


def test_an_ordinary_week_read_from_sunday_on_is_doubted_too(
    tesla: Build, span: Build, importing: Importing
) -> None:
    given = tesla(
        {
            "ON_PEAK": [span((0, 4), (16, 0), (21, 0))],
            "OFF_PEAK": [span((0, 4), (21, 0), (16, 0)), span((5, 6), MIDNIGHT, MIDNIGHT)],
        }
    )

    found = importing(given, sunday_first=True)

    assert any("without --sunday-first" in note for note in found.notes)
    assert not any("sunday" in note.lower() for note in importing(given).notes)


def test_thousands_of_overlapping_periods_are_counted(
    tesla: Build, span: Build, importing: Importing
) -> None:
    given = tesla({"ON_PEAK": [span(EVERY_DAY, MIDNIGHT, MIDNIGHT)] * 5_000})

    count, *shown = refused(importing, given)

    assert count.message == "There are 4,999 problems; the first 20 are shown."
    assert len(shown) == 20


def test_a_gap_is_named_with_its_days_and_hours(
    tesla: Build, span: Build, importing: Importing
) -> None:
    given = tesla(
        {
            "OFF_PEAK": [span(EVERY_DAY, (21, 0), (16, 0))],
            "ON_PEAK": [span((0, 4), (16, 0), (21, 0))],
        }
    )

    (problem,) = refused(importing, json.dumps(given, indent=1))

    assert (problem.path, problem.id) == ("seasons.Year.tou_periods", "day-gap")
    assert problem.message == "sat, sun: 16:00-21:00 is covered by no period."
    assert problem.place.line > 10


def test_an_overlap_is_named_at_the_second_period(
    tesla: Build, span: Build, importing: Importing
) -> None:
    given = tesla(
        {
            "OFF_PEAK": [span(EVERY_DAY, (20, 30), (16, 0))],
            "ON_PEAK": [span(EVERY_DAY, (16, 0), (21, 0))],
        }
    )

    (problem,) = refused(importing, given)

    assert (problem.path, problem.id) == ("seasons.Year.tou_periods.OFF_PEAK[0]", "day-overlap")
    assert "20:30-21:00 is covered twice, by ON_PEAK and by OFF_PEAK" in problem.message


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"fromHour": 25}, "fromHour"),
        ({"toHour": -1}, "toHour"),
        ({"toMinute": 60}, "toHour"),
        ({"toHour": 24, "toMinute": 30}, "toHour"),
        ({"fromDayOfWeek": 7}, "fromDayOfWeek"),
        ({"toDayOfWeek": -1}, "toDayOfWeek"),
        ({"toHour": 16.5}, "toHour"),
        ({"toHour": "four"}, "toHour"),
        ({"toHour": True}, "toHour"),
        ({"toHour": 1e300}, "toHour"),
    ],
)
def test_a_time_that_is_none_is_refused_at_its_number(
    change: dict[str, Any], key: str, tesla: Build, span: Build, importing: Importing
) -> None:
    given = tesla({"ON_PEAK": [{**span(EVERY_DAY, MIDNIGHT, MIDNIGHT), **change}]})

    (problem,) = refused(importing, given)

    assert (problem.path, problem.id) == (
        f"seasons.Year.tou_periods.ON_PEAK[0].{key}",
        "period-time",
    )


def season(tesla: Build, first: tuple[int, int], last: tuple[int, int]) -> dict[str, Any]:
    dates = {"fromMonth": first[0], "fromDay": first[1], "toMonth": last[0], "toDay": last[1]}
    return {**tesla()["seasons"]["Year"], **dates}


@pytest.mark.parametrize(
    ("ranges", "written"),
    [
        ([((5, 25), (9, 25)), ((9, 26), (5, 24))], "winter: 09-26..05-24\n  summer: 05-25..09-25"),
        ([((3, 1), (2, 28))], "all_year: 03-01..02-29"),
        ([((3, 1), (2, 29))], "all_year: 03-01..02-29"),
        ([((6, 1), (9, 31)), ((10, 1), (5, 31))], "summer: 06-01..09-30\n  winter: 10-01..05-31"),
        ([((6, 0), (9, 0)), ((10, 0), (5, 0))], "summer: 06-01..09-30\n  winter: 10-01..05-31"),
        (
            [((1, 1), (1, 14)), ((1, 15), (1, 31)), ((2, 1), (12, 31))],
            "season_1: 01-01..01-14\n  season_2: 01-15..01-31\n  season_3: 02-01..12-31",
        ),
    ],
    ids=[
        "mid-month",
        "to february 28",
        "to february 29",
        "september 31",
        "no days",
        "without telling names",
    ],
)
def test_season_dates_are_kept_or_mended_aloud(
    ranges: list[tuple[tuple[int, int], tuple[int, int]]],
    written: str,
    tesla: Build,
    importing: Importing,
) -> None:
    seasons = {f"S{n}": season(tesla, *each) for n, each in enumerate(ranges)}

    found = importing(tesla(seasons=seasons, energy_charges={}))

    body = found.tariff_yaml.partition("seasons:\n  ")[2].partition("\n# holidays")[0]
    assert sorted(body.split("\n  ")) == sorted(written.split("\n  "))


@pytest.mark.parametrize(
    ("ranges", "fault"),
    [
        (
            [((6, 1), (9, 30)), ((11, 1), (5, 31))],
            ("season-gap", "seasons", "10-01..10-31 belongs to no season"),
        ),
        (
            [((6, 1), (9, 30)), ((9, 1), (5, 31))],
            ("season-overlap", "seasons.S1", "09-01..09-30 belongs to S0 and S1"),
        ),
        (
            [((1, 1), (6, 29)), ((7, 1), (12, 31))],
            ("season-gap", "seasons", "06-30..06-30 belongs to no season"),
        ),
    ],
)
def test_seasons_that_do_not_tile_the_year_are_refused(
    ranges: list[tuple[tuple[int, int], tuple[int, int]]],
    fault: tuple[str, str, str],
    tesla: Build,
    importing: Importing,
) -> None:
    id_, path, words = fault
    seasons = {f"S{n}": season(tesla, *each) for n, each in enumerate(ranges)}

    (problem,) = refused(importing, tesla(seasons=seasons))

    assert (problem.id, problem.path) == (id_, path)
    assert words in problem.message


@pytest.mark.parametrize(
    "change", [{"fromMonth": 13}, {"toMonth": 0}, {"toDay": 32}, {"fromDay": -1}]
)
def test_a_date_that_is_none_is_refused(
    change: dict[str, int], tesla: Build, importing: Importing
) -> None:
    given = tesla(seasons={"Year": {**season(tesla, (1, 1), (12, 31)), **change}})

    (problem,) = refused(importing, given)

    assert (problem.path, problem.id) == (f"seasons.Year.{next(iter(change))}", "season-dates")


@pytest.mark.parametrize(
    "placeholder",
    [
        {},
        {"fromMonth": 0, "fromDay": 0, "toMonth": 0, "toDay": 0, "tou_periods": {}},
        {"fromMonth": 1, "fromDay": 1, "toMonth": 12, "toDay": 31, "tou_periods": {}},
        {"fromMonth": 1, "toMonth": 2, "tou_periods": {"ON_PEAK": {"periods": []}}},
        {"fromMonth": 1, "toMonth": 2, "tou_periods": None},
        None,
    ],
)
def test_an_empty_season_is_a_placeholder(
    placeholder: dict[str, Any] | None, tesla: Build, importing: Importing, windows: Windows
) -> None:
    given = tesla()
    given["seasons"] = {"Winter": placeholder, **given["seasons"]}

    assert windows(importing(given), WEDNESDAY) == PEAK


def test_periods_without_any_dates_are_refused(tesla: Build, importing: Importing) -> None:
    (problem,) = refused(importing, tesla(seasons={"Year": season(tesla, (0, 0), (0, 0))}))

    assert (problem.path, problem.id) == ("seasons.Year", "season-dates")


def test_labels_are_renamed_and_it_is_said(
    tesla: Build, span: Build, importing: Importing, windows: Windows
) -> None:
    given = tesla(
        {
            "SUPER_OFF_PEAK": [span(EVERY_DAY, (0, 0), (6, 0))],
            "PARTIAL_PEAK": [span(EVERY_DAY, (6, 0), (12, 0))],
            "PERIOD_14_00": [span(EVERY_DAY, (12, 0), (14, 0))],
            "[0.1, 0.15)": [span(EVERY_DAY, (14, 0), (15, 0))],
            "Ünïté": [span(EVERY_DAY, (15, 0), (16, 0))],
            "電": [span(EVERY_DAY, (16, 0), (17, 0))],
            "Otherwise": [span(EVERY_DAY, (17, 0), (0, 0))],
        }
    )

    found = importing(given)

    assert windows(found, WEDNESDAY) == (
        "super_off_peak, 06:00 mid_peak, 12:00 period_14_00, 14:00 period_0_1_0_15, 15:00 unite, "
        "16:00 period_6, 17:00 otherwise_period"
    )
    assert any("PARTIAL_PEAK is mid_peak" in note for note in found.notes)


def test_labels_that_come_out_alike_stay_apart(
    tesla: Build, span: Build, importing: Importing, windows: Windows
) -> None:
    given = tesla(
        {
            "peak": [span(EVERY_DAY, (0, 0), (12, 0))],
            "Peak!": [span(EVERY_DAY, (12, 0), (0, 0))],
        }
    )

    assert windows(importing(given), WEDNESDAY) == "peak, 12:00 peak_2"


def test_many_labels_are_told_to_be_one_day_of_market_prices(
    tesla: Build, span: Build, importing: Importing
) -> None:
    labels = {
        f"PERIOD_{n // 2:02}_{n % 2 * 30:02}": [
            span(EVERY_DAY, (n // 2, n % 2 * 30), ((n + 1) // 2, (n + 1) % 2 * 30))
        ]
        for n in range(48)
    }

    found = importing(tesla(labels))

    assert found.notes[0].startswith("The file has 48 labels.")
    assert "one day and no plan" in found.notes[0]


def test_a_price_left_out_is_zero_in_the_second_generation(
    tesla: Build, importing: Importing
) -> None:
    given = second_generation(tesla(energy_charges={"Year": {"ON_PEAK": 0.3}}))

    found = importing(given)

    assert "all_year: {on_peak: 0.3, off_peak: 0}" in found.tariff_yaml
    assert any("no price for OFF_PEAK; taken as 0" in note for note in found.notes)


def test_a_price_left_out_is_unknown_in_the_first_generation(
    tesla: Build, importing: Importing
) -> None:
    found = importing(tesla(energy_charges={"Year": {"ON_PEAK": 0.3}}))

    assert "all_year: {on_peak: 0.3}" in found.tariff_yaml
    assert any("no price for OFF_PEAK; left out" in note for note in found.notes)


def test_a_price_without_hours_is_noted(tesla: Build, importing: Importing) -> None:
    charges = {"Year": {"ON_PEAK": 0.3, "OFF_PEAK": 0.1, "PARTIAL_PEAK": 0.2}}

    found = importing(tesla(energy_charges=charges))

    assert any("a price but no hours for PARTIAL_PEAK" in note for note in found.notes)


@pytest.mark.parametrize("price", ["cheap", True, [1], 1e9])
def test_a_price_that_is_no_number_is_refused(
    price: Any, tesla: Build, importing: Importing
) -> None:
    (problem,) = refused(importing, tesla(energy_charges={"Year": {"ON_PEAK": price}}))

    assert (problem.path, problem.id) == ("energy_charges.Year.ON_PEAK", "rates")


@pytest.mark.parametrize("currency", [..., "", "Dollars", 7])
def test_without_a_currency_prices_stay_and_it_is_said(
    currency: EllipsisType | int | str, tesla: Build, importing: Importing
) -> None:
    found = importing(tesla(currency=currency))

    assert "  currency: XXX\n" in found.tariff_yaml
    assert any("prices are written in XXX" in note for note in found.notes)


@pytest.mark.parametrize(
    "fields",
    [
        {"energy_charges": {"ALL": {"ALL": 0.2}}, "seasons": {}},
        {"energy_charges": {"ALL": {"rates": {"ALL": 0.2}}}, "seasons": ...},
        {
            "energy_charges": {"ALL": {"ALL": 0}, "Summer": {}, "Winter": {}},
            "seasons": {"Summer": {}},
        },
    ],
    ids=["no season", "no seasons key", "empty seasons"],
)
def test_a_flat_tariff_has_nothing_to_schedule(
    fields: dict[str, Any], tesla: Build, importing: Importing
) -> None:
    with pytest.raises(NothingToScheduleError, match="nothing to schedule"):
        importing(tesla(**fields))


def test_one_label_at_all_hours_has_nothing_to_schedule(
    tesla: Build, span: Build, importing: Importing
) -> None:
    with pytest.raises(NothingToScheduleError):
        importing(tesla({"ON_PEAK": [span(EVERY_DAY, MIDNIGHT, MIDNIGHT)]}))


def test_prices_of_labels_without_a_season_are_refused(tesla: Build, importing: Importing) -> None:
    charges = {"Summer": {"ON_PEAK": 0.4, "OFF_PEAK": 0.1}}

    (problem,) = refused(importing, tesla(energy_charges=charges, seasons={}))

    assert (problem.path, problem.id) == ("energy_charges.Summer", "periods")


@pytest.mark.parametrize(
    ("periods", "path"),
    [
        ([], ""),
        ({"ON_PEAK": 7}, ".ON_PEAK"),
        ({"ON_PEAK": [7]}, ".ON_PEAK[0]"),
        ({"ON_PEAK": {"periods": {"a": 1}}}, ".ON_PEAK.periods"),
    ],
)
def test_periods_in_no_known_form_are_refused(
    periods: dict[str, Any] | list[Any], path: str, tesla: Build, importing: Importing
) -> None:
    given = tesla()
    given["seasons"]["Year"]["tou_periods"] = periods

    (problem,) = refused(importing, given)

    assert (problem.path, problem.id) == (f"seasons.Year.tou_periods{path}", "periods")


def test_the_zone_of_the_site_is_used(tesla: Build, importing: Importing) -> None:
    site = {"installation_time_zone": "Australia/Brisbane", "tariff_content": tesla()}

    found = importing({"response": site})

    assert "timezone: Australia/Brisbane  # the site's zone" in found.tariff_yaml
    assert not any("zone" in note for note in found.notes)


def test_another_zone_than_the_sites_is_used_when_asked_for_and_said(
    tesla: Build, importing: Importing
) -> None:
    site = {"installation_time_zone": "Australia/Brisbane", "tariff_content": tesla()}

    found = importing({"response": site}, timezone="Australia/Sydney")

    assert "\ntimezone: Australia/Sydney\n" in found.tariff_yaml
    assert found.notes[0].startswith("The imported file names the zone Australia/Brisbane")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Etc/UTC", "GMT"])
def test_a_site_zone_that_is_no_place_is_ignored_aloud(
    tesla: Build, importing: Importing, zone: str
) -> None:
    site = {"installation_time_zone": zone, "tariff_content": tesla()}

    found = importing({"response": site})

    assert "timezone: WRITE-THE-ZONE" in found.tariff_yaml
    assert any(f'"{zone}"' in note for note in found.notes)


def test_a_choice_of_record_is_answered_where_there_is_none(
    tesla: Build, importing: Importing
) -> None:
    assert "--at and --label" in importing(tesla(), label="x").notes[-1]


def test_the_older_schedule_of_targets_is_recognised_and_refused(importing: Importing) -> None:
    (problem,) = refused(importing, {"response": {"tou_settings": {"schedule": [TARGET]}}})

    assert problem.id == "legacy-form"


def test_an_answer_without_a_rate_plan_says_where_to_set_one(importing: Importing) -> None:
    answer: object = {
        "site_name": "Home",
        "tariff_content": {},
        "tariff_content_v2": None,
    }

    (problem,) = refused(importing, {"response": answer})

    assert problem.id == "periods"
    assert "Set your rate plan in the Tesla app" in problem.message


def test_two_tariffs_in_one_file_are_refused_at_the_second(
    tesla: Build, importing: Importing
) -> None:
    sites = [{"tariff_content": tesla()}, {"tariff_content": tesla(name="Other Plan")}]

    (problem,) = refused(importing, {"response": sites})

    assert (problem.id, problem.path) == ("several-tariffs", "response[1].tariff_content")


def test_numbers_in_quotes_are_numbers(
    tesla: Build, span: Build, importing: Importing, windows: Windows
) -> None:
    def quoted(fields: dict[str, Any]) -> dict[str, Any]:
        return {key: f"{value}.0" for key, value in fields.items()}

    given = tesla(
        {
            "OFF_PEAK": [quoted(span(EVERY_DAY, (21, 0), (16, 0)))],
            "ON_PEAK": [quoted(span(EVERY_DAY, (16, 0), (21, 0)))],
        }
    )

    assert windows(importing(given), WEDNESDAY) == PEAK


def test_single_days_that_differ_are_written_by_name(
    tesla: Build, span: Build, importing: Importing
) -> None:
    given = tesla(
        {
            "ON_PEAK": [span((0, 3), (16, 0), (21, 0)), span((4, 4), (17, 0), (21, 0))],
            "OFF_PEAK": [
                span((0, 3), (21, 0), (16, 0)),
                span((4, 4), (21, 0), (17, 0)),
                span((5, 5), (0, 0), (0, 0)),
            ],
            "SUPER_OFF_PEAK": [span((6, 6), (0, 0), (0, 0))],
        }
    )

    found = importing(given)

    days = found.tariff
    assert "all_year" in days.season_names
    for line in (
        "weekday: {on_peak: 16:00-21:00, off_peak: otherwise}",
        "fri: {on_peak: 17:00-21:00, off_peak: otherwise}",
        "sat: {off_peak: 00:00-24:00}",
        "sun: {super_off_peak: 00:00-24:00}",
    ):
        assert f"    {line}\n" in found.tariff_yaml
