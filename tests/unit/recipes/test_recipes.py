"""Every shipped tariff with every purpose: a schedule beyond doubt, or one clear sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scheduler import plan
from scheduler.advice import advise
from scheduler.errors import NothingToScheduleError
from scheduler.recipes import Offered, Purpose, schedule_text
from scheduler.recipes.bands import bands
from scheduler.recipes.hours import hours
from scheduler.schedule import library, zones
from scheduler.schedule.load import Loaded, parse_schedule
from scheduler.schedule.tariff_file import parse_tariff
from scheduler.setting import Mode

PLAIN = Offered()
NOWHERE = Path("/nowhere")
NOW = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)
WITHOUT_A_PEAK = {
    "economy-7-gmt-midnight",
    "ni-economy-7",
    "octopus-go",
    "octopus-intelligent-go",
}
ABOUT_THE_TARIFF = {"tariff-unsure", "tariff-stale", "tariff-status", "tariff-not-in-force"}
"""What is doubtful about a shipped tariff, whatever schedule names it."""


def made(id_: str, purpose: Purpose, reserve: int = 20, means: Offered = PLAIN) -> Loaded:
    text = schedule_text(library.load(id_), f"tariffs/{id_}.yaml", purpose, reserve, means)
    return parse_schedule(text, "home.yaml", folder=NOWHERE, now=NOW)


@pytest.mark.parametrize("id_", library.ids())
@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("means", [Offered(), Offered(grid_charging=True, export=True)])
def test_every_tariff_has_a_schedule_for_every_purpose_that_makes_sense(
    id_: str, purpose: Purpose, means: Offered
) -> None:
    if id_ in WITHOUT_A_PEAK and purpose in (Purpose.KEEP, Purpose.SELL):
        with pytest.raises(NothingToScheduleError, match="Choose the purpose fill or car"):
            made(id_, purpose)
        return

    loaded = made(id_, purpose, means=means)

    doubts = (*loaded.warnings, *advise(loaded.schedule, zones.zone_data(), now=NOW))
    assert {each.id for each in doubts} <= ABOUT_THE_TARIFF
    assert len({str(rule.setting) for rule in loaded.schedule.rules}) >= 2


@pytest.mark.parametrize("id_", library.ids())
def test_the_battery_is_never_filled_in_a_peak_and_is_filled_every_week_it_can_be(id_: str) -> None:
    """Oracle: the tariff's own word for each instant at which the setting changes."""
    schedule = made(id_, Purpose.FILL).schedule
    found = {each.season: each for each in bands(library.load(id_))}

    for start in (NOW, NOW + timedelta(days=180)):
        entries = plan.plan(schedule, start, start + timedelta(days=8)).entries
        filled = [each for each in entries if each.setting and each.setting.mode is Mode.BACKUP]
        assert all(each.period in found[str(each.season)].cheap for each in filled)
        possible = any(found[str(each.season)].cheap for each in entries)
        assert bool(filled) == possible


# Cheap; dearest where it is a peak; every peak.
BANDS = [
    ("sce-tou-d-4-9pm", "summer", "off_peak; mid_peak on_peak; mid_peak on_peak"),
    ("sce-tou-d-4-9pm", "winter", "super_off_peak; mid_peak; mid_peak"),
    ("sce-tou-d-a", "summer", "super_off_peak; on_peak; on_peak"),
    # Off-peak and super-off-peak cost the same in the winter of 2026.
    ("sce-tou-d-prime", "winter", "super_off_peak; mid_peak; mid_peak"),
    ("coned-sc1-rate-iii", "summer", "off_peak; super_peak; peak super_peak"),
    ("ontario-rpp-ulo", "all_year", "ultra_low_overnight; on_peak; on_peak"),
    ("ausgrid-ea025", "autumn", "; ; "),
    ("octopus-go", "all_year", "off_peak; ; "),
    ("pge-e-6", "winter", "off_peak; part_peak; part_peak"),
    ("es-2-0td", "all_year", "P3; P1; P1"),
    ("heco-tou-ri", "all_year", "mid_day; on_peak; on_peak"),
]


@pytest.mark.parametrize(("id_", "season", "expected"), BANDS)
def test_the_cheap_and_the_dear_periods_of_a_season(id_: str, season: str, expected: str) -> None:
    (found,) = [each for each in bands(library.load(id_)) if each.season == season]

    told = (" ".join(sorted(part)) for part in (found.cheap, found.dearest, found.peak))
    assert "; ".join(told) == expected


def test_periods_that_mean_other_things_by_season_have_a_rule_for_each() -> None:
    schedule = made("sce-tou-d-4-9pm", Purpose.FILL).schedule

    assert [rule.name for rule in schedule.rules] == [
        "fill in the cheap hours in summer",
        "fill in the cheap hours in winter",
        "run the house",
    ]


def test_the_reserve_is_the_one_asked_for() -> None:
    *_, house = made("octopus-go", Purpose.FILL, reserve=35).schedule.rules

    assert house.setting.reserve == 35


@pytest.mark.parametrize(
    ("purpose", "words"),
    [
        (Purpose.FILL, "Backup-only, 100 %, charging from the grid"),
        (Purpose.KEEP, "Backup-only, 100 %, no charging from the grid"),
        (
            Purpose.SELL,
            "Time-Based Control, 20 %, no charging from the grid, selling battery and sun",
        ),
    ],
)
def test_a_gateway_that_can_do_more_is_told_more(purpose: Purpose, words: str) -> None:
    able = made("sce-tou-d-a", purpose, means=Offered(grid_charging=True, export=True)).schedule
    plain = made("sce-tou-d-a", purpose).schedule

    assert words in [rule.setting.words() for rule in able.rules]
    assert all(
        rule.setting.grid_charging is None and rule.setting.export is None for rule in plain.rules
    )


def test_the_hours_are_told_in_words() -> None:
    tariff = library.load("sce-tou-d-a")

    assert hours(tariff, "summer", frozenset({"super_off_peak"})) == "every day 22:00-08:00"
    assert hours(tariff, "summer", frozenset({"on_peak"})) == "weekdays 14:00-20:00"


ODD = """\
tariff: "Plan: #1 \\"best\\" é"
timezone: America/Phoenix
seasons: {all_year: 01-01..12-31}
windows: {all_year: {every_day: %s}}
"""


def test_an_odd_name_is_written_so_that_it_is_read() -> None:
    tariff = parse_tariff(ODD % "{peak: 16:00-19:00, off_peak: otherwise}", "tariffs/a b.yaml")

    text = schedule_text(tariff, "tariffs/a b.yaml", Purpose.FILL, 20)

    assert 'schedule: "Plan: #1 \\"best\\" é, fill"\n' in text
    assert "tariff: tariffs/a b.yaml\n" in text


@pytest.mark.parametrize("windows", ["{all: otherwise}", "{one: 00:00-12:00, two: otherwise}"])
def test_a_tariff_whose_hours_cannot_be_told_apart_has_nothing_to_schedule(windows: str) -> None:
    tariff = parse_tariff(ODD % windows, "mine.yaml")

    with pytest.raises(NothingToScheduleError, match="no hours that are cheaper than others"):
        schedule_text(tariff, "tariffs/mine.yaml", Purpose.FILL, 20)
