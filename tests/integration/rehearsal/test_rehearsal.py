"""Weeks on the fast clock: without faults no minute is wrong, with any fault none is untold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.audit import review
from scheduler.audit.database import open_database
from scheduler.rehearsal import KINDS, Strike, read_strikes, rehearse
from scheduler.rehearsal.strikes import drawn
from scheduler.schedule.load import load_schedule, parse_schedule

SHIPPED = Path("schedules/sce-tou-d-4-9pm.yaml")
SPRING = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOLDING = """\
schedule: hold in the evening
timezone: Europe/Berlin
rules:
  - {name: keep, during: 17:00-21:00, mode: self_consumption, reserve: hold}
  - {name: fill, during: 01:00-05:00, mode: backup, reserve: 100%}
  - {name: run, mode: self_consumption, reserve: 10%}
jobs:
  - {name: look, do: firmware_check, at: 06:00}
"""


def played(loaded, *, start=SPRING, days, strikes=()):
    return rehearse(loaded, start, start + timedelta(days=days), strikes=strikes)


@pytest.mark.parametrize("start", [SPRING, datetime(2026, 10, 15, 7, tzinfo=UTC)])
def test_a_month_across_a_clock_change_has_no_wrong_minute_and_one_write_a_boundary(start):
    report = played(load_schedule(SHIPPED), start=start, days=30)

    assert report.well
    assert report.wrong_minutes == 0
    assert report.writes in (report.boundaries, report.boundaries + 1)
    assert report.worst_lateness.length < timedelta(seconds=2)
    assert report.outcomes["completed"] == 30
    assert not report.incidents


def test_a_hold_keeps_what_it_found_each_evening(tmp_path):
    loaded = parse_schedule(HOLDING, "hold.yaml", folder=tmp_path)

    report = played(loaded, days=10)

    assert report.well
    assert report.wrong_minutes == 0
    assert report.outcomes["confirmed"] == report.boundaries + 1  # the start


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10_000))
def test_of_every_wrong_minute_with_random_faults_a_person_is_told(seed):
    strikes = drawn(seed, SPRING, 8)

    report = played(load_schedule(SHIPPED), days=8, strikes=strikes)

    assert report.unexplained == ()
    assert report.false_confirmations == ()


@pytest.mark.parametrize("fault", KINDS)
def test_a_fault_over_a_boundary_is_overcome_and_told(fault):
    boundary = datetime(2026, 3, 2, 16, 5, tzinfo=UTC)
    strike = Strike(boundary - timedelta(minutes=2), fault, timedelta(minutes=40))

    report = played(load_schedule(SHIPPED), days=2, strikes=[strike])

    assert report.well
    assert report.wrong_minutes < 40 + 16
    assert all(each.ended is not None for each in report.stretches)
    assert "open" not in report.outcomes


def test_what_is_drawn_is_drawn_again():
    assert drawn(7, SPRING, 30) == drawn(7, SPRING, 30)


def test_the_record_of_a_rehearsal_can_be_kept(tmp_path):
    database = open_database(tmp_path / "tou.db", create=True)

    report = rehearse(load_schedule(SHIPPED), SPRING, SPRING + timedelta(days=1), database=database)

    assert len(review.runs(database)) == sum(report.outcomes.values())
    database.close()


def test_strikes_are_read_with_wall_clock_times(tmp_path):
    path = tmp_path / "faults.yaml"
    path.write_text("- {at: 2026-07-03T16:00, fault: unreachable, for: 90m}\n")
    zone = load_schedule(SHIPPED).schedule.calendar.display_zone

    (strike,) = read_strikes(path, zone)

    assert strike.at == datetime(2026, 7, 3, 23, tzinfo=UTC)
    assert strike.end - strike.at == timedelta(minutes=90)
