"""The bars above the table of `tou plan`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from scheduler.schedule import library

from .conftest import Tou


@pytest.fixture(autouse=True)
def night(monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule that charges at night, over the clock changes."""
    monkeypatch.setenv("TOU_SCHEDULE", str(library.shipped() / "sce-tou-d-a.yaml"))


WORDS = ("plan", "--from", "2026-10-31", "--days", "2")


Draw = Callable[..., None]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Draw:
    """As at a terminal of a width, without colours."""

    def at(columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")

    return at


def test_each_day_is_a_bar_of_half_hours_with_period_and_setting(tou: Tou, drawn: Draw) -> None:
    drawn(100)

    lines = tou(*WORDS).out.splitlines()

    # Super off-peak until 08:00 and from 22:00, charged 5 minutes inside of it.
    assert lines[1] == "Sat 10-31   " + "S" * 16 + "o" * 28 + "S" * 4
    assert lines[2] == " " * 12 + "A" * 16 + "B" * 28 + "A" * 4
    assert " A  Backup-only, 100 %" in lines
    assert " S  super_off_peak" in lines


def test_the_long_day_says_its_length(tou: Tou, drawn: Draw) -> None:
    drawn(100)

    assert [line[-5:] for line in tou(*WORDS).out.splitlines()[1:5]][3] == " 25 h"


def test_the_hour_that_the_clock_skips_is_blank(tou: Tou, drawn: Draw) -> None:
    drawn(100)

    lines = tou("plan", "--from", "2026-03-08", "--to", "2026-03-09").out.splitlines()

    assert lines[1] == "Sun 03-08   SSSS  " + "S" * 10 + "o" * 28 + "S" * 4


@pytest.mark.parametrize("columns", [100, 66, 45])
def test_the_bars_fit_the_terminal(tou: Tou, drawn: Draw, columns: int) -> None:
    drawn(columns)

    bars = tou(*WORDS).out.split("\n\n")[0].splitlines()

    assert len(bars) == 5
    assert max(map(len, bars)) <= columns


def test_the_table_and_the_checksum_below_are_those_without_bars(
    tou: Tou, drawn: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn(100)
    monkeypatch.delenv("FORCE_COLOR")
    plain = tou(*WORDS).out
    drawn(100)

    assert tou(*WORDS).out.endswith("\n\n" + plain)


def test_colours_are_left_out_where_they_are_not_wanted(
    tou: Tou, drawn: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn(100)
    assert "\x1b" not in tou(*WORDS).out

    monkeypatch.delenv("NO_COLOR")
    assert "\x1b[" in tou(*WORDS).out


def test_json_has_no_bars(tou: Tou, drawn: Draw) -> None:
    drawn(100)

    assert json.loads(tou(*WORDS, "--format", "json").out)["timezone"] == "America/Los_Angeles"


def test_a_plan_that_begins_within_a_day_draws_the_whole_day(tou: Tou, drawn: Draw) -> None:
    drawn(100)

    lines = tou("plan", "--from", "2026-10-30T18:00", "--to", "2026-10-31").out.splitlines()

    assert lines[1] == "Fri 10-30   SSSSSSSSSSSSSSSSooooooooooooPPPPPPPPPPPPooooSSSS"[:60]


def test_no_row_is_drawn_for_a_day_of_which_the_plan_has_nothing(tou: Tou, drawn: Draw) -> None:
    drawn(100)

    bars = tou("plan", "--from", "2026-10-30T00:10", "--to", "2026-10-31T00:10").out.split("\n\n")[
        0
    ]

    assert len(bars.splitlines()) == 3


def test_the_legend_has_no_period_that_does_not_occur(tou: Tou, drawn: Draw) -> None:
    drawn(100)

    out = tou("plan", "--from", "2026-10-31", "--to", "2026-11-01").out

    assert " o  off_peak" in out
    assert "on_peak" not in out.split("checksum")[0].split("day  ")[0]
