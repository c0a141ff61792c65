"""Small tariffs to bend."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_file import parse_tariff

PARTS = {
    "tariff": "Example",
    "timezone": "America/Los_Angeles",
    "seasons": "{all_year: 01-01..12-31}",
    "windows": "{all_year: {every_day: {peak: 16:00-21:00, off_peak: otherwise}}}",
}


MakeTariff = Callable[..., Tariff]


@pytest.fixture
def tariff() -> MakeTariff:
    """Makes a tariff from the parts of its text that matter to a test."""

    def make(**parts: str) -> Tariff:
        text = "".join(f"{key}: {value}\n" for key, value in {**PARTS, **parts}.items())
        return parse_tariff(text, "example.yaml")

    return make
