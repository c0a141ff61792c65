"""Real files: what the data say by hand, and what the written tariff says of a date."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scheduler.errors import NothingToScheduleError, ScheduleError

from .conftest import Importing, Windows

URDB, TESLA = "urdb/", "tesla_tariff/"
PLAIN = "off_peak"

# 2026-01-14, 2026-05-13 and 2026-07-15 are Wednesdays, 2026-01-17 and 2026-07-18 Saturdays.
EXPECTED = [
    # Period 2 of 2 and 3 in hours 12 to 18 from November to April, 0 of 0 and 1 in the rest.
    (URDB + "aps_et2_residential_tou_7pm_noon", "2026-01-14", "{}, 12:00 on_peak, 19:00 off_peak"),
    (URDB + "aps_et2_residential_tou_7pm_noon", "2026-07-15", "{}, 12:00 on_peak, 19:00 off_peak"),
    (URDB + "aps_et2_residential_tou_7pm_noon", "2026-07-18", PLAIN),
    (URDB + "aps_et2_residential_tou_7pm_noon", "2026-01-17", PLAIN),
    # Two humps from November to March, 12 to 20 in the other months, weekends always period 0.
    (
        URDB + "fpl_gsldt1_tou",
        "2026-03-31",
        "{}, 06:00 on_peak, 10:00 off_peak, 18:00 on_peak, 22:00 off_peak",
    ),
    (URDB + "fpl_gsldt1_tou", "2026-04-01", "{}, 12:00 on_peak, 21:00 off_peak"),
    (URDB + "fpl_gsldt1_tou", "2026-07-18", PLAIN),
    # Period 0 in hours 15 to 19 of weekdays from May to October.
    (URDB + "pysam_urdbv7_minimal", "2026-07-15", "{}, 15:00 on_peak, 20:00 off_peak"),
    (URDB + "pysam_urdbv7_minimal", "2026-07-18", PLAIN),
    (URDB + "pysam_urdbv7_minimal", "2026-01-14", PLAIN),
    # Winter 1, 0 from 8, 2 from 16, 1 from 21 with 0 the cheapest; summer 3 and 5, weekends 4.
    (
        URDB + "sce_tou8_option_d",
        "2026-01-14",
        "mid_peak, 08:00 off_peak, 16:00 on_peak, 21:00 mid_peak",
    ),
    (
        URDB + "sce_tou8_option_d",
        "2026-01-17",
        "mid_peak, 08:00 off_peak, 16:00 on_peak, 21:00 mid_peak",
    ),
    (URDB + "sce_tou8_option_d", "2026-06-01", "{}, 16:00 on_peak, 21:00 off_peak"),
    (URDB + "sce_tou8_option_d", "2026-07-18", "{}, 16:00 mid_peak, 21:00 off_peak"),
    # June to September and May: Mon-Fri 15-20; October to April: Mon-Fri 8-10 and 15-20.
    (
        TESLA + "custom_three_seasons_v1_tariff_rate",
        "2026-07-15",
        "{}, 15:00 on_peak, 20:00 off_peak",
    ),
    (
        TESLA + "custom_three_seasons_v1_tariff_rate",
        "2026-05-13",
        "{}, 15:00 on_peak, 20:00 off_peak",
    ),
    (
        TESLA + "custom_three_seasons_v1_tariff_rate",
        "2026-01-14",
        "{}, 08:00 on_peak, 10:00 off_peak, 15:00 on_peak, 20:00 off_peak",
    ),
    (TESLA + "custom_three_seasons_v1_tariff_rate", "2026-01-17", PLAIN),
    # Every day of the year 15-16 and 21-24 partial, 16-21 on.
    (
        TESLA + "fleet_api_doc_pge_ev2a_v2",
        "2026-01-17",
        "{}, 15:00 mid_peak, 16:00 on_peak, 21:00 mid_peak",
    ),
    (
        TESLA + "fleet_api_doc_pge_ev2a_v2",
        "2026-07-15",
        "{}, 15:00 mid_peak, 16:00 on_peak, 21:00 mid_peak",
    ),
    # 23:30-05:30 every night, three neighbouring ON_PEAK stretches between.
    (
        TESLA + "octopus_iog_v2",
        "2026-07-15",
        "super_off_peak, 05:30 on_peak, 23:30 super_off_peak",
    ),
    # Days 0-4 ON_PEAK and 5-6 PARTIAL_PEAK from 16 to 21 in summer; Monday is day 0.
    (TESLA + "sce_tou_d_prime_v1", "2026-07-13", "{}, 16:00 on_peak, 21:00 off_peak"),
    (TESLA + "sce_tou_d_prime_v1", "2026-07-17", "{}, 16:00 on_peak, 21:00 off_peak"),
    (TESLA + "sce_tou_d_prime_v1", "2026-07-18", "{}, 16:00 mid_peak, 21:00 off_peak"),
    (TESLA + "sce_tou_d_prime_v1", "2026-07-19", "{}, 16:00 mid_peak, 21:00 off_peak"),
    (
        TESLA + "sce_tou_d_prime_v1",
        "2026-01-17",
        "mid_peak, 08:00 off_peak, 16:00 on_peak, 21:00 mid_peak",
    ),
]


@pytest.mark.parametrize("row", EXPECTED, ids=[f"{name} on {day}" for name, day, _ in EXPECTED])
def test_a_sample_has_the_windows_of_its_data(
    row: tuple[str, str, str], sample: Callable[[str], str], importing: Importing, windows: Windows
) -> None:
    name, day, expected = row

    found = importing(sample(name))

    assert windows(found, day) == expected.format("off_peak")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("jackson_emc_string_dates", "changes with the season and with the amount used only"),
        ("nppd_south_central_lp1_string_encoded", "demand charge is not something to schedule"),
        ("pge_e1_region_t_tiered", "changes with the amount used only"),
    ],
)
def test_a_sample_without_hours_has_nothing_to_schedule(
    name: str, reason: str, sample: Callable[[str], str], importing: Importing
) -> None:
    with pytest.raises(NothingToScheduleError, match="nothing to schedule") as caught:
        importing(sample(URDB + name))

    assert reason in str(caught.value)
    assert caught.value.exit_code == 1


def test_the_sample_with_a_tier_without_rate_names_the_tier(
    sample: Callable[[str], str], importing: Importing
) -> None:
    with pytest.raises(ScheduleError) as caught:
        importing(sample(URDB + "dixie_escalante_missing_rate"))

    (problem,) = caught.value.problems
    assert (problem.path, problem.id) == ("energyratestructure[0][0]", "missing-rate")
    line = sample(URDB + "dixie_escalante_missing_rate").splitlines()[problem.place.line - 1]
    assert line[problem.place.column - 1 :].startswith('{"unit": "kWh"}')


def test_the_prices_of_a_sample_are_rate_plus_adjustment(
    sample: Callable[[str], str], importing: Importing
) -> None:
    found = importing(sample(URDB + "fpl_gsldt1_tou"))

    prices = found.tariff.prices
    assert prices is not None
    assert prices.per_kwh["summer"] == {"on_peak": 0.07159, "off_peak": 0.04802}
    assert (prices.currency, str(prices.as_of)) == ("USD", "2025-01-01")


def test_seasons_of_a_tesla_sample_are_named_by_their_dates(
    sample: Callable[[str], str], importing: Importing
) -> None:
    found = importing(sample(TESLA + "fleet_api_doc_pge_ev2a_v2"))

    assert "  summer: 06-01..09-30\n  winter: 10-01..05-31\n" in found.tariff_yaml
    assert any("Winter is summer, Summer is winter" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        (URDB + "sce_tou8_option_d", "time-of-use-general-service-large-tou-8-option-d-under-2-kv"),
        (URDB + "pysam_urdbv7_minimal", "imported-tariff"),
        (TESLA + "sce_tou_d_prime_v1", "sce-tou-d-prime"),
    ],
)
def test_a_sample_suggests_an_id_for_its_file(
    name: str, id_: str, sample: Callable[[str], str], importing: Importing
) -> None:
    assert importing(sample(name)).suggested_id == id_


def test_a_written_file_names_its_schema_its_source_and_what_is_not_known(
    sample: Callable[[str], str], importing: Importing
) -> None:
    found = importing(sample(URDB + "sce_tou8_option_d"))

    first, *_ = found.tariff_yaml.splitlines()
    assert first == "# yaml-language-server: $schema=../tariff.schema.json"
    tariff = found.tariff
    assert tariff.sources[:2] == (
        "OpenEI Utility Rate Database, record 674e0b87201c6bd096007a5a",
        "https://apps.openei.org/IURDB/rate/view/674e0b87201c6bd096007a5a",
    )
    assert tariff.notes == found.notes
    assert any(note.startswith("Holidays are not known") for note in found.notes)
    assert tariff.holiday_calendar is None
