"""Samples by name, small rates to bend, and the import as a table of windows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scheduler import imports
from scheduler.schedule.clocktime import format_time
from scheduler.schedule.tariff import Tariff

SAMPLES = Path(__file__).parents[2] / "data" / "imports"

Fields = dict[str, Any]


@pytest.fixture(scope="session")
def sample() -> Callable[[str], str]:
    """The text of a sample file, by folder and name."""

    def text(name: str) -> str:
        return (SAMPLES / f"{name}.json").read_text(encoding="utf-8")

    return text


Build = Callable[..., Fields]


@pytest.fixture(scope="session")
def record() -> Build:
    """An OpenEI record with a weekday peak from 16 to 21; a field given as ... is left out."""

    def build(**changes: object) -> Fields:
        peak = [1 if 16 <= hour < 21 else 0 for hour in range(24)]
        fields: Fields = {
            "label": "a" * 24,
            "utility": "Somewhere Electric",
            "name": "TOU Test",
            "startdate": 1577865600,
            "energyratestructure": [[{"rate": 0.1, "adj": 0.02}], [{"rate": 0.4}]],
            "energyweekdayschedule": [list(peak) for _ in range(12)],
            "energyweekendschedule": [[0] * 24 for _ in range(12)],
        }
        return {key: value for key, value in {**fields, **changes}.items() if value is not ...}

    return build


@pytest.fixture(scope="session")
def span() -> Build:
    """A Tesla period: first and last day, start and end as (hour, minute)."""

    def build(days: tuple[int, int], start: tuple[int, int], end: tuple[int, int]) -> Fields:
        return {
            "fromDayOfWeek": days[0],
            "toDayOfWeek": days[1],
            "fromHour": start[0],
            "fromMinute": start[1],
            "toHour": end[0],
            "toMinute": end[1],
        }

    return build


@pytest.fixture(scope="session")
def tesla(span: Build) -> Build:
    """A first-generation Tesla tariff with a peak from 16 to 21; ... leaves a field out."""

    def build(periods: Fields | None = None, /, **changes: object) -> Fields:
        every_day = (0, 6)
        periods = periods or {
            "ON_PEAK": [span(every_day, (16, 0), (21, 0))],
            "OFF_PEAK": [span(every_day, (21, 0), (16, 0))],
        }
        year = {"fromMonth": 1, "fromDay": 1, "toMonth": 12, "toDay": 31, "tou_periods": periods}
        fields: Fields = {
            "name": "Test Plan",
            "utility": "Somewhere Electric",
            "currency": "USD",
            "energy_charges": {"Year": dict.fromkeys(periods, 0.2)},
            "seasons": {"Year": year},
        }
        return {key: value for key, value in {**fields, **changes}.items() if value is not ...}

    return build


Importing = Callable[..., imports.Imported]


@pytest.fixture(scope="session")
def importing() -> Importing:
    """The import of a text, or of data written as JSON."""

    def run(given: object, **choice: object) -> imports.Imported:
        text = given if isinstance(given, str) else json.dumps(given)
        return imports.read(text, "rate.json", **choice)  # type: ignore[arg-type]

    return run


Windows = Callable[[imports.Imported, str], str]


@pytest.fixture(scope="session")
def windows() -> Windows:
    """The periods of a date in a written tariff: `off_peak, 16:00 on_peak, 21:00 off_peak`."""

    def of(found: imports.Imported, day: str) -> str:
        tariff: Tariff = found.tariff
        periods = tariff.day(date.fromisoformat(day)).periods
        return ", ".join(
            f"{format_time(second)} {name}" if second else str(name) for second, name in periods
        )

    return of
