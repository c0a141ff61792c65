"""What `check` should tell of a tariff whose form is right."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from scheduler.schedule import library
from scheduler.schedule.tariff_doubts import TARIFF_DOUBTS, doubts

from .conftest import MakeTariff

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("parts", "today", "expected"),
    [
        ({}, "2026-11-22", []),
        ({"checked": "2025-11-22"}, "2026-11-22", []),
        ({"checked": "2025-11-21"}, "2026-11-22", ["tariff-stale"]),
        ({"checked": "2026"}, "2026-11-22", []),
        ({"checked": "2025"}, "2026-11-22", ["tariff-stale"]),
        ({"checked": "2025-12"}, "2026-11-22", []),
        ({"checked": "unknown"}, "2026-11-22", ["tariff-stale"]),
        ({"effective": "2026-11-22..2026-11-22"}, "2026-11-22", []),
        ({"effective": "2026-11-23.."}, "2026-11-22", ["tariff-not-in-force"]),
        ({"effective": "..2026-11-21"}, "2026-11-22", ["tariff-not-in-force"]),
        ({"status": "open"}, "2026-11-22", []),
        ({"status": "closed"}, "2026-11-22", ["tariff-status"]),
        ({"status": "superseded"}, "2026-11-22", ["tariff-status"]),
        ({"status": "ended"}, "2026-11-22", ["tariff-status"]),
        ({"confidence": "{windows: high, holidays: medium, rates: none}"}, "2026-11-22", []),
        ({"confidence": "{windows: medium}"}, "2026-11-22", ["tariff-unsure"]),
        ({"confidence": "{windows: high, holidays: low}"}, "2026-11-22", ["tariff-unsure"]),
        ({"holidays": "{dates: [2026-12-25], count_as: weekend}"}, "2026-09-30", []),
        ({"holidays": "{dates: [2026-12-25], count_as: weekend}"}, "2026-10-01", ["holidays-end"]),
        ({"holidays": "{days: {Day: 12-25}, observed: none, count_as: weekend}"}, "2050-01-01", []),
    ],
)
def test_a_tariff_is_doubted_for_these_reasons(
    tariff: MakeTariff, parts: dict[str, str], today: str, expected: list[str]
) -> None:
    found = doubts(tariff(**parts), date.fromisoformat(today))

    assert [each.id for each in found] == expected


@pytest.mark.parametrize("id_", library.ids())
def test_windows_known_with_less_than_high_confidence_are_to_be_compared(id_: str) -> None:
    tariff = library.load(id_)

    told = [each.message for each in doubts(tariff, TODAY) if each.id == "tariff-unsure"]

    unsure = tariff.confidence["windows"] != "high"
    assert any("windows" in message for message in told) is unsure
    assert all("Compare with your utility's sheet." in message for message in told)


def test_every_doubt_has_a_case() -> None:
    text = Path(__file__).read_text(encoding="utf-8")

    assert [id_ for id_ in TARIFF_DOUBTS if f'"{id_}"' not in text] == []


def test_a_tariff_that_has_ended_says_when() -> None:
    found = doubts(library.load("sdge-tou-dr1-2017"), date(2026, 5, 1))

    (doubt,) = [each for each in found if each.loc[0] == "effective"]
    assert doubt.id == "tariff-not-in-force"
    assert "2026-04-30" in doubt.message
