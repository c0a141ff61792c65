"""What every shipped tariff must tell of itself, and how one is found."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import pytest

from scheduler.errors import ConfigurationError
from scheduler.schedule import library, source
from scheduler.schedule.holidays import Observed

IDS = library.ids()


def text(id_: str) -> str:
    return (library.shipped() / "tariffs" / f"{id_}.yaml").read_text(encoding="utf-8")


def test_fifty_four_tariffs_are_shipped() -> None:
    assert len(IDS) == 54


@pytest.mark.parametrize("id_", IDS)
def test_a_shipped_tariff_tells_its_sources_its_dates_and_how_sure_it_is(id_: str) -> None:
    tariff = library.load(id_)
    keys: Any = source.parse(text(id_), id_).data

    assert tariff.id == id_
    assert {"utility", "country", "region", "status", "effective", "checked"} <= set(keys)
    assert tariff.sources
    assert tariff.confidence.keys() >= {"windows", "seasons", "holidays"}
    assert tariff.text_digest == hashlib.sha256(text(id_).encode()).hexdigest()


@pytest.mark.parametrize("id_", IDS)
def test_a_shipped_tariff_names_its_schema_in_its_first_line(id_: str) -> None:
    first, _, _ = text(id_).partition("\n")

    assert first == "# yaml-language-server: $schema=../tariff.schema.json"


@pytest.mark.parametrize("id_", IDS)
def test_a_shipped_tariff_is_readable_without_scrolling_sideways(id_: str) -> None:
    assert [line for line in text(id_).splitlines() if len(line) > 100] == []


def test_an_unknown_id_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError, match=r"Did you mean sce-tou-d-4-9pm\?"):
        library.load("sce-tou-d-4-9")


@pytest.mark.parametrize("id_", ["", "../holidays", "tariffs/sce-tou-d-a", "x\0y", "SCE"])
def test_an_id_is_never_taken_for_a_path(id_: str) -> None:
    with pytest.raises(ConfigurationError, match="There is no shipped tariff"):
        library.load(id_)


def test_two_files_of_one_plan_meet_without_a_gap_or_an_overlap() -> None:
    """SDG&E changed its windows on 2026-05-01, Ausgrid on 2024-07-01."""
    pairs = (("sdge-tou-dr1-2017", "sdge-tou-dr1"), ("ausgrid-ea025-2018", "ausgrid-ea025"))
    ends = [(library.load(old).effective[1], library.load(new).effective[0]) for old, new in pairs]

    assert ends == [
        (date(2026, 4, 30), date(2026, 5, 1)),
        (date(2024, 6, 30), date(2024, 7, 1)),
    ]


@pytest.mark.parametrize(
    ("id_", "peaks"),
    [
        ("sce-tou-d-4-9pm", {"on_peak"}),
        ("pge-ev2-a", {"peak"}),
        ("coned-sc1-rate-iii", {"peak", "super_peak"}),
        ("ladwp-r1b", {"high_peak"}),
        ("heco-shift-and-save", {"evening_peak"}),
        ("es-2-0td", {"P1"}),
        ("octopus-go", set()),
        ("economy-7-gmt-midnight", set()),
    ],
)
def test_the_peak_periods_of_a_plan(id_: str, peaks: set[str]) -> None:
    assert library.load(id_).peak_periods == peaks


def test_an_unstated_rule_is_read_as_the_smallest_set_of_days() -> None:
    calendar = library.load("srp-e-28").holiday_calendar

    assert calendar is not None
    assert calendar.observed is Observed.SUNDAY_TO_MONDAY


def test_a_price_of_zero_is_a_price() -> None:
    prices = library.load("globird-zerohero-ausgrid").prices

    assert prices is not None
    assert prices.per_kwh["all_year"]["free"] == 0.0


def test_equal_prices_do_not_merge_two_periods() -> None:
    """SCE PRIME asks the same for off-peak and super off-peak in winter."""
    tariff = library.load("sce-tou-d-prime")
    prices = tariff.prices

    assert prices is not None
    assert prices.per_kwh["winter"]["off_peak"] == prices.per_kwh["winter"]["super_off_peak"]
    assert {name for _, name in tariff.day(date(2026, 1, 15)).periods} == {
        "off_peak",
        "super_off_peak",
        "mid_peak",
    }


def test_a_tariff_read_twice_is_the_same_tariff() -> None:
    first, second = library.load("sce-tou-d-a"), library.load("sce-tou-d-a")

    assert first.seasons == second.seasons
    assert hash(first) == hash(second)
    assert library.load("sce-tou-d-b").text_digest != first.text_digest
