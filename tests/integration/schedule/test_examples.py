"""The example schedules: beyond doubt but for their tariffs, and what each does on one day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler import clock, plan
from scheduler.advice import advise
from scheduler.schedule import library, zones
from scheduler.schedule.load import load_schedule

ABOUT_THE_TARIFF = {"tariff-unsure", "tariff-stale", "tariff-status"}
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

# Clock changes, holidays, summer on a meter that knows none, the first day of an absence.
DAYS = [
    (
        "aps",
        "2026-07-15",
        [
            "00:00 Self-Powered, 20 %",
            "09:00 Backup-only, 100 %",
            "15:45 Self-Powered, 20 %",
        ],
    ),
    (
        "ausgrid",
        "2026-01-14",
        [
            "00:00 Self-Powered, 20 %",
            "12:00 Backup-only, 100 %",
            "14:55 Self-Powered, 20 %",
        ],
    ),
    (
        "charge-from-grid",
        "2026-03-29",
        [
            "00:00 Self-Powered, 10 %, no charging from the grid",
            "00:35 Backup-only, 100 %, charging from the grid",
            "05:25 Self-Powered, 10 %, no charging from the grid",
        ],
    ),
    (
        "coned",
        "2026-07-15",
        [
            "00:00 Self-Powered, 20 %",
            "00:05 Backup-only, 100 %",
            "07:55 Self-Powered, 20 %",
            "08:00 Self-Powered, 75 %",
            "14:00 Self-Powered, 20 %",
        ],
    ),
    (
        "economy-7",
        "2026-07-15",
        [
            "00:00 Self-Powered, 10 %",
            "01:05 Backup-only, 100 %",
            "07:55 Self-Powered, 10 %",
        ],
    ),
    (
        "hold-the-charge",
        "2026-07-18",
        [
            "00:00 Self-Powered, 20 %, no charging from the grid",
            "09:00 Backup-only, 100 %, no charging from the grid",
            "16:00 Self-Powered, 20 %, no charging from the grid",
        ],
    ),
    (
        "holiday-week",
        "2026-12-21",
        [
            "00:00 Self-Powered, 100 %",
        ],
    ),
    (
        "octopus-cosy",
        "2026-03-29",
        [
            "00:00 Self-Powered, 10 %",
            "04:05 Backup-only, 100 %",
            "06:55 Self-Powered, 10 %",
            "13:05 Backup-only, 100 %",
            "15:55 Self-Powered, 10 %",
            "22:05 Backup-only, 100 %",
            "23:55 Self-Powered, 10 %",
        ],
    ),
    (
        "octopus-flux",
        "2026-07-15",
        [
            "00:00 Self-Powered, 10 %",
            "02:05 Backup-only, 100 %",
            "04:55 Self-Powered, 10 %",
            "16:05 Time-Based Control, 40 %",
            "18:55 Self-Powered, 10 %",
        ],
    ),
    (
        "octopus-go",
        "2026-10-25",
        [
            "00:00 Self-Powered, 10 %",
            "00:31 Backup-only, 100 %",
            "05:25 Self-Powered, 10 %",
        ],
    ),
    (
        "ontario-ulo",
        "2026-07-01",
        [
            "00:00 Backup-only, 100 %",
            "06:55 Self-Powered, 20 %",
            "23:05 Backup-only, 100 %",
        ],
    ),
    (
        "sce-4-9pm-with-a-car",
        "2026-12-02",
        [
            "00:00 Self-Powered, hold the charge",
            "05:00 Self-Powered, 20 %",
            "08:05 Backup-only, 100 %",
            "15:55 Self-Powered, 20 %",
        ],
    ),
    (
        "sell-in-the-peak",
        "2026-12-01",
        [
            "00:00 Self-Powered, 10 %, no charging from the grid, selling sun only",
            "02:05 Backup-only, 100 %, charging from the grid, selling sun only",
            "04:55 Self-Powered, 10 %, no charging from the grid, selling sun only",
            "16:05 Time-Based Control, 30 %, no charging from the grid, selling battery and sun",
            "18:55 Self-Powered, 10 %, no charging from the grid, selling sun only",
        ],
    ),
    (
        "use-at-home",
        "2026-07-15",
        [
            "00:00 Self-Powered, 30 %, no charging from the grid, selling sun only",
            "16:00 Self-Powered, 10 %, no charging from the grid, selling sun only",
            "21:00 Self-Powered, 30 %, no charging from the grid, selling sun only",
        ],
    ),
]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(("name", "day", "expected"), DAYS, ids=[name for name, _, _ in DAYS])
def test_an_example_does_on_its_day_what_it_says(name: str, day: str, expected: list[str]) -> None:
    schedule = load_schedule(library.example(name)).schedule
    zone, first = schedule.calendar.display_zone, date.fromisoformat(day)
    start, end = (midnight(first + timedelta(days=step), zone) for step in (0, 1))

    entries = plan.plan(schedule, start, end).entries

    assert [
        f"{clock.localise(each.at, zone):%H:%M} {each.setting.words()}"
        for each in entries
        if each.setting
    ] == expected


@pytest.mark.parametrize("name", library.examples())
def test_an_example_is_beyond_doubt_but_for_its_tariff(name: str) -> None:
    loaded = load_schedule(library.example(name), now=NOW)

    doubts = (*loaded.warnings, *advise(loaded.schedule, zones.zone_data(), now=NOW))

    assert {each.id for each in doubts} <= ABOUT_THE_TARIFF


@pytest.mark.parametrize("name", library.examples())
def test_an_example_tells_what_it_is_for(name: str) -> None:
    schema, about, *_ = library.example(name).read_text(encoding="utf-8").splitlines()

    assert schema == "# yaml-language-server: $schema=../schedule.schema.json"
    assert about.startswith("# ")
    assert max(map(len, library.example(name).read_text(encoding="utf-8").splitlines())) <= 100


def test_every_example_has_its_day() -> None:
    assert [name for name, _, _ in DAYS] == list(library.examples())
