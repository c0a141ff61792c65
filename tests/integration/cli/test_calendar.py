"""`tou calendar`: a year day by day."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from .conftest import Tou

SHIPPED = Path(__file__).parents[3] / "schedules"

# Sundays, and the shift of the clock: the zone database's rules for Los Angeles and Lord Howe.
CHANGES = {
    "an hour, Los Angeles": (
        ("--tariff", "sce-tou-d-4-9pm"),
        {
            "2026-03-08": (23, "02:00 -> 03:00, 1 h forward"),
            "2026-11-01": (25, "02:00 -> 01:00, 1 h back"),
        },
    ),
    "half an hour, Lord Howe": (
        ("--schedule", "howe.yaml"),
        {
            "2026-04-05": (24.5, "02:00 -> 01:30, 0.5 h back"),
            "2026-10-04": (23.5, "02:00 -> 02:30, 0.5 h forward"),
        },
    ),
    "none, Phoenix": (("--tariff", "srp-e-26"), {}),
}
HOWE = """\
schedule: howe
timezone: Australia/Lord_Howe
rules:
  - {name: feast, dates: 2026-12-24, mode: backup, reserve: 100%}
  - {name: run, mode: self_consumption, reserve: 5%}
"""


@pytest.fixture(autouse=True)
def howe(home: Path) -> None:
    (home / "howe.yaml").write_text(HOWE)


def year(tou: Tou, *words: str) -> dict[str, Any]:
    answer = tou("calendar", "--year", "2026", "--format", "json", *words)
    assert answer.code == 0, answer.err
    return {each["date"]: each for each in json.loads(answer.out)}


@pytest.mark.parametrize(("words", "changes"), CHANGES.values(), ids=CHANGES.keys())
def test_both_clock_changes_have_their_date_and_size(
    tou: Tou, words: tuple[str, str], changes: dict[str, Any]
) -> None:
    days = year(tou, *words)

    assert len(days) == 365
    assert {
        on: (each["hours"], each["clock_change"])
        for on, each in days.items()
        if each["clock_change"] or each["hours"] != 24
    } == changes


def test_a_day_has_its_season_class_holiday_and_periods(tou: Tou) -> None:
    days = year(tou, "--tariff", "sce-tou-d-4-9pm")

    assert days["2026-09-07"] == {
        "date": "2026-09-07",
        "weekday": "mon",
        "season": "summer",
        "day_class": "holiday",
        "holiday": "Labor Day",
        "observed": False,
        "hours": 24,
        "clock_change": None,
        "periods": [
            {"start": "00:00", "end": "16:00", "period": "off_peak"},
            {"start": "16:00", "end": "21:00", "period": "mid_peak"},
            {"start": "21:00", "end": "24:00", "period": "off_peak"},
        ],
        "differs": True,
    }


def test_a_holiday_that_changes_no_window_does_not_differ(tou: Tou) -> None:
    days = year(tou, "--tariff", "sce-tou-d-4-9pm")

    differing = [on for on, each in days.items() if each["differs"]]

    # In winter every day has the same windows; July 4 2026 is a Saturday.
    assert differing == ["2026-09-07"]


def test_an_observed_holiday_is_told_from_the_day_itself(tou: Tou) -> None:
    answer = tou("calendar", "--year", "2022", "--tariff", "sce-tou-d-4-9pm")

    assert "Sun 2022-12-25  Christmas Day\n" in answer.out
    assert "Mon 2022-12-26  Christmas Day (observed)\n" in answer.out


def test_a_date_with_a_rule_of_its_own_differs(tou: Tou) -> None:
    days = year(tou, "--schedule", "howe.yaml")

    assert [on for on, each in days.items() if each["differs"]] == ["2026-12-24"]
    assert days["2026-12-24"]["season"] is None
    assert days["2026-12-24"]["periods"] == []


def test_the_drawing_says_how_a_day_differs(tou: Tou) -> None:
    answer = tou("calendar", "--year", "2026", "--schedule", "howe.yaml")

    assert "Thu 12-24\n      00:00 Backup-only, 100 %" in answer.out
    assert "No holidays" in answer.out


@pytest.mark.parametrize("tariff", ["sce-tou-d-4-9pm", "pge-e-6", "es-2-0td", "srp-e-28"])
def test_the_drawing_has_twelve_months_in_a_hundred_columns(tou: Tou, tariff: str) -> None:
    lines = tou("calendar", "--year", "2028", "--tariff", tariff).out.splitlines()

    assert max(map(len, lines)) <= 100
    assert [line[:3] for line in lines[3:15]] == (
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    )
    assert not any("\x1b" in line for line in lines)


def test_the_date_that_apia_left_out_has_no_hours(tou: Tou, home: Path) -> None:
    (home / "apia.yaml").write_text(HOWE.replace("Australia/Lord_Howe", "Pacific/Apia"))

    days = tou("calendar", "--year", "2011", "--schedule", "apia.yaml", "--format", "json")
    drawing = tou("calendar", "--year", "2011", "--schedule", "apia.yaml")

    hours = {each["date"]: each["hours"] for each in json.loads(days.out)}
    assert (hours["2011-12-29"], hours["2011-12-30"], hours["2011-12-31"]) == (24, 0, 24)
    assert "Fri 12-30\n      The zone leaves this date out." in drawing.out


def test_csv_has_a_row_per_day(tou: Tou) -> None:
    answer = tou("calendar", "--year", "2028", "--tariff", "pge-e-6", "--format", "csv")

    assert len(list(csv.DictReader(io.StringIO(answer.out)))) == 366


def test_the_schedule_in_force_is_drawn_without_options(tou: Tou) -> None:
    assert tou("calendar").code == 0


def test_a_tariff_and_a_schedule_together_are_refused(tou: Tou) -> None:
    assert tou("calendar", "--tariff", "pge-e-6", "--schedule", "howe.yaml").code == 2


@pytest.mark.parametrize("words", [("pge-e-6",), ("--tariff", "pge-e-6")], ids=["file", "option"])
def test_a_tariff_is_taken_where_a_file_is(tou: Tou, words: tuple[str, ...]) -> None:
    assert "PG&E E-6" in tou("calendar", *words).out


def test_a_file_is_a_schedule_or_a_tariff(tou: Tou, home: Path) -> None:
    shutil.copy(SHIPPED / "tariffs" / "pge-e-6.yaml", home / "mine.yaml")

    assert "PG&E E-6" in tou("calendar", "mine.yaml").out
    assert "howe" in tou("calendar", "howe.yaml").out


@pytest.mark.parametrize("columns", [20, 30, 60, 80, 110, 200])
def test_the_drawing_fits_the_terminal(
    tou: Tou, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    out = tou("calendar", "--year", "2026", "pge-e-6").out

    assert max(map(len, out.splitlines())) <= max(columns, 30)
    assert sum(line.startswith("Feb  ") for line in out.splitlines()) >= 1
    assert sum(out.count(sign) for sign in ("H", "*")) > 8


def test_the_legend_tells_only_signs_that_occur(tou: Tou) -> None:
    out = tou("calendar", "--year", "2026", "srp-e-26").out

    assert "% clock change" not in out
    assert "% clock change" in tou("calendar", "--year", "2026", "howe.yaml").out


def test_names_with_escapes_are_shown_safely(tou: Tou, home: Path) -> None:
    (home / "evil.yaml").write_text(
        HOWE.replace("howe", '"evil\\e[2J"').replace("feast", '"\\e[1m"')
    )

    out = tou("calendar", "evil.yaml").out

    assert not [each for each in out if not each.isprintable() and each != "\n"]
