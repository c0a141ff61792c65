"""Every check that needs the coming year, by a file of its own with its expected text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from scheduler.advice import CHECKS, advise
from scheduler.schedule.load import load_schedule
from scheduler.schedule.zones import ZoneData

FOLDER = Path(__file__).parents[2] / "data" / "coming-year"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RELEASED = {"zone-data-old": date(2025, 3, 22)}
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_file_is_advised_upon_in_the_expected_words(path: Path) -> None:
    schedule = load_schedule(path, shown_as=path.name).schedule
    zone_data = ZoneData("package", "2026c", RELEASED.get(path.stem, date(2026, 7, 8)))

    found = advise(schedule, zone_data, now=NOW)

    assert [problem.id for problem in found] == [path.stem]
    assert "".join(f"{problem}\n" for problem in found) == path.with_suffix(".txt").read_text()


def test_every_check_of_the_coming_year_has_its_file() -> None:
    tariff_checks = {key for key in CHECKS if key.startswith("tariff-") or key == "holidays-end"}

    assert {path.stem for path in FILES} == set(CHECKS) - tariff_checks
