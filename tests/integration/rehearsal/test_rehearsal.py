"""Weeks on the fast clock: without faults no minute is wrong, with any fault none is untold."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.audit import review
from scheduler.audit.database import open_database
from scheduler.errors import ScheduleError
from scheduler.outlets.hindsight import Life, Outline, Then, outline
from scheduler.outlets.months import months
from scheduler.rehearsal import KINDS, LEASES, Report, Strike, drawn, read_strikes, rehearse
from scheduler.schedule.load import Loaded, load_schedule, parse_schedule
from scheduler.setting import Mode, Setting

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


BOUNDARY = datetime(2026, 3, 2, 16, 5, tzinfo=UTC)
"""At which the shipped schedule begins to charge."""
HAND = Setting(Mode.SELF_CONSUMPTION, 30)
NAMES = ("charge in the cheap winter day", "run the house")


def struck(*strikes: Strike, days: int = 2) -> Report:
    return played(load_schedule(SHIPPED), days=days, strikes=strikes)


def strike(
    fault: str, minutes: int = 40, *, at: datetime = BOUNDARY - timedelta(minutes=2), **words: Any
) -> Strike:
    return Strike(at, fault, timedelta(minutes=minutes), **words)


def played(
    loaded: Loaded, *, start: datetime = SPRING, days: int, strikes: tuple[Strike, ...] = ()
) -> Report:
    return rehearse(loaded, start, start + timedelta(days=days), strikes=strikes)


@pytest.mark.parametrize("start", [SPRING, datetime(2026, 10, 15, 7, tzinfo=UTC)])
def test_a_month_across_a_clock_change_has_no_wrong_minute_and_one_write_a_boundary(
    start: datetime,
) -> None:
    report = played(load_schedule(SHIPPED), start=start, days=30)

    assert report.well
    assert report.wrong_minutes == 0
    assert report.writes in (report.boundaries, report.boundaries + 1)
    assert report.worst_lateness.length < timedelta(seconds=2)
    assert report.outcomes["completed"] == 30
    assert not report.incidents


def test_what_an_app_sets_while_the_password_is_refused_is_told_within_two_pulses() -> None:
    noon = BOUNDARY + timedelta(hours=2, seconds=10)
    app = Setting(Mode.SELF_CONSUMPTION, 30)

    report = struck(
        strike("refused", 60, at=noon),
        strike("app", at=noon + timedelta(seconds=7), setting=app),
    )

    assert report.wrong_minutes > 50
    assert report.well
    assert {each.id for each in report.incidents} >= {"unread", "other_writer"}


def test_a_hold_keeps_what_it_found_each_evening(tmp_path: Path) -> None:
    loaded = parse_schedule(HOLDING, "hold.yaml", folder=tmp_path)

    report = played(loaded, days=10)

    assert report.well
    assert report.wrong_minutes == 0
    assert report.outcomes["confirmed"] == report.boundaries + 1  # the start


@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10_000))
def test_of_every_wrong_minute_with_random_faults_a_person_is_told(seed: int) -> None:
    strikes = drawn(seed, SPRING, 4, a_day=3.0, names=NAMES)

    report = played(load_schedule(SHIPPED), days=4, strikes=strikes)

    assert report.unexplained == ()
    assert report.false_confirmations == ()
    assert all(each.told for each in report.wrong)


@pytest.mark.parametrize("fault", [*KINDS, *LEASES])
def test_a_fault_over_a_boundary_is_overcome_and_told(fault: str) -> None:
    report = struck(strike(fault, setting=Setting(Mode.SELF_CONSUMPTION, 30), name=NAMES[0]))

    assert report.well
    assert report.wrong_minutes < 40 + 16
    assert all(each.ended is not None for each in report.stretches)
    assert "open" not in report.outcomes


def test_an_override_is_in_force_until_it_ends_and_no_minute_is_wrong() -> None:
    wanted = Setting(Mode.SELF_CONSUMPTION, 30)

    report = struck(strike("override", 60, setting=wanted))

    assert report.wrong_minutes == 0
    assert report.writes == report.boundaries + 1


def test_minutes_that_are_wrong_by_a_pause_are_told_as_its() -> None:
    report = struck(strike("pause", 60))

    (wrong,) = report.wrong
    assert round(wrong.length.total_seconds() / 60) == 58
    assert wrong.told == {"lease"}
    assert report.incidents == ()


def test_a_rule_that_is_left_out_once_is_not_wrong() -> None:
    report = struck(strike("skip", name=NAMES[0]))

    assert report.wrong_minutes == 0
    assert report.writes == report.boundaries - 2


@pytest.mark.parametrize(("fault", "guard"), [("grid_down", "grid_down"), ("storm", "storm_watch")])
def test_a_guard_defers_the_switch_until_it_is_over(fault: str, guard: str) -> None:
    report = struck(strike(fault, 180))

    (wrong,) = report.wrong
    assert guard in wrong.told
    assert wrong.ended - BOUNDARY < timedelta(minutes=179)
    assert report.outcomes["deferred"] >= 1


def test_a_gateway_that_is_away_for_hours_is_an_incident_and_the_setting_right_soon_after() -> None:
    report = struck(strike("unreachable", 300))

    (wrong,) = report.wrong
    assert wrong.ended - BOUNDARY < timedelta(minutes=298 + 6)
    assert "gateway_lost" in {each.id for each in report.incidents}


def test_an_update_of_the_gateway_is_overcome_and_the_other_version_on_the_record(
    tmp_path: Path,
) -> None:
    database = open_database(tmp_path / "tou.db", create=True)

    report = rehearse(
        load_schedule(SHIPPED),
        SPRING,
        SPRING + timedelta(days=2),
        strikes=[strike("update")],
        database=database,
    )

    told = [each.detail for each in review.events(database) if each.name == "firmware"]
    database.close()
    assert [each["firmware"] for each in told] == ["1.49.0", "1.50.0"]
    assert report.well
    assert "firmware_update" in report.wrong[0].told


def test_a_machine_that_slept_over_a_boundary_is_right_at_once_when_it_wakes() -> None:
    report = struck(strike("suspend", 90))

    (wrong,) = report.wrong
    assert timedelta(minutes=88) <= wrong.length < timedelta(minutes=88, seconds=5)
    assert wrong.told == {"not_running"}


def test_a_clock_that_is_ahead_is_told_against_the_gateways_and_no_switch_is_made_twice() -> None:
    report = struck(strike("clock_ahead", 10, at=BOUNDARY - timedelta(minutes=30)))

    (wrong,) = report.wrong
    assert "gateway_clock" in wrong.told
    assert wrong.ended - wrong.began < timedelta(minutes=11)


def test_a_gateway_whose_clock_is_ahead_is_told_once_and_not_obeyed() -> None:
    report = struck(strike("gateway_clock", 600))

    assert report.wrong_minutes == 0
    assert [each.id for each in report.incidents] == ["gateway_clock"]


def test_a_boot_in_the_past_does_nothing_until_the_clock_is_right() -> None:
    """The battery was set by a hand meanwhile; no rule of yesterday is put in force."""
    down = strike("service_down", 20, at=BOUNDARY + timedelta(minutes=30))
    past = strike("clock_behind", 60, at=down.at + timedelta(minutes=1), by=timedelta(days=2))
    hand = strike("app", at=down.at + timedelta(minutes=5))

    report = struck(down, past, hand)

    (wrong,) = report.wrong
    assert wrong.told == {"not_running", "clock"}
    assert wrong.ended - past.end < timedelta(minutes=1)
    assert report.outcomes["deferred"] == 1


@pytest.mark.parametrize(("fault", "id"), [("deaf", "overdue"), ("garbage", "unread")])
def test_a_clock_that_is_set_back_makes_nothing_known_hours_later(fault: str, id: str) -> None:
    began = BOUNDARY + timedelta(hours=3)
    asked = strike("override", 300, at=began + timedelta(seconds=10), setting=HAND)
    back = strike("clock_behind", 200, at=began + timedelta(seconds=50), by=timedelta(hours=2))

    report = struck(strike(fault, 180, at=began), asked, back)

    told = [each.opened for each in report.incidents if each.id == id]
    assert told[0] - back.at < timedelta(minutes=5)


def test_an_override_asked_for_by_a_clock_that_is_ahead_holds_on_when_it_is_put_right() -> None:
    ahead = strike("clock_ahead", 20, at=BOUNDARY - timedelta(hours=3), by=timedelta(hours=1))
    asked = strike("override", 120, at=ahead.at + timedelta(minutes=5), setting=HAND)

    report = struck(ahead, asked)

    assert report.wrong_minutes == 0


def test_what_is_drawn_is_drawn_again() -> None:
    assert drawn(7, SPRING, 30) == drawn(7, SPRING, 30)


def test_the_record_of_a_rehearsal_can_be_kept(tmp_path: Path) -> None:
    database = open_database(tmp_path / "tou.db", create=True)

    report = rehearse(load_schedule(SHIPPED), SPRING, SPRING + timedelta(days=1), database=database)

    assert len(review.runs(database)) == sum(report.outcomes.values())
    database.close()


def test_the_record_of_a_rehearsal_tells_what_was_due_and_when_nobody_was_there(
    tmp_path: Path,
) -> None:
    down = strike("service_down", 300, at=BOUNDARY - timedelta(hours=1))
    end = SPRING + timedelta(days=2)
    with closing(open_database(tmp_path / "tou.db", create=True)) as database:
        loaded = load_schedule(SHIPPED)
        rehearse(loaded, SPRING, end, strikes=[down], database=database)
        life = Life(running=False, seen=end)
        known = outline(database, "home", SPRING, end, now=end, life=life)
        (month,) = months(known, review.ends(database, "home", SPRING, end), ZoneInfo("UTC"))

    assert month.due == 4
    assert month.wrong is not None
    assert timedelta(hours=4) < month.wrong < timedelta(hours=4, minutes=1)
    assert month.unwatched == timedelta(hours=5)


def test_a_month_of_which_the_audit_has_no_schedule_is_not_called_kept() -> None:
    silent = Outline(SPRING, SPRING + timedelta(days=3), (Then(problem="lost"),), (), ())

    (month,) = months(silent, (), ZoneInfo("UTC"))

    assert (month.due, month.wrong) == (None, None)
    assert month.to_json()["wrong_minutes"] is None


def test_strikes_are_read_with_wall_clock_times(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("- {at: 2026-07-03T16:00, fault: unreachable, for: 90m}\n")
    schedule = load_schedule(SHIPPED).schedule

    (found,) = read_strikes(path, schedule)

    assert found.at == datetime(2026, 7, 3, 23, tzinfo=UTC)
    assert found.end - found.at == timedelta(minutes=90)


READ = {
    "a lease": (
        "{at: 2026-07-03T16:00, lease: override, mode: backup, reserve: 100%, for: 2h}",
        ("override", Setting(Mode.BACKUP, 100), None),
    ),
    "a skip": (
        "{at: 2026-07-03T16:00, lease: skip, name: run the house}",
        ("skip", None, NAMES[1]),
    ),
    "a clock": ("{at: 2026-07-03T16:00, fault: clock_ahead, by: 3h}", ("clock_ahead", None, None)),
}


@pytest.mark.parametrize(("text", "meant"), READ.values(), ids=READ.keys())
def test_an_entry_is_read(
    tmp_path: Path, text: str, meant: tuple[str, Setting | None, str | None]
) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(f"- {text}\n")

    (found,) = read_strikes(path, load_schedule(SHIPPED).schedule)

    assert (found.fault, found.setting, found.name) == meant


def test_the_example_of_the_page_is_read(tmp_path: Path) -> None:
    page = Path("docs", "faults.md").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "faults.yaml"
    path.write_text("\n".join(line.strip() for line in page if line.startswith("    - {")))

    found = read_strikes(path, load_schedule(SHIPPED).schedule)

    assert [each.fault for each in found] == ["unreachable", "clock_behind", "override", "skip"]


WRONG = {
    "no time": ("{at: soon, fault: busy}", "is not a time"),
    "a time beyond all times": ('{at: "0001-01-01T00:00+14:00", fault: busy}', "is not a time"),
    "no fault": ("{at: 2026-07-03}", "is no fault of a rehearsal"),
    "a list for a fault": ("{at: 2026-07-03, fault: [busy]}", "a list is no fault"),
    "a lease for a fault": ("{at: 2026-07-03, fault: pause}", "Write lease: pause."),
    "a length without an end": ("{at: 2026-07-03, fault: busy, for: 999999999h}", "two years"),
    "no length": ("{at: 2026-07-03, fault: busy, for: 0s}", "two years"),
    "a length of words": ("{at: 2026-07-03, fault: busy, for: long}", "not a duration"),
    "an unknown key": ("{at: 2026-07-03, fault: busy, by: 1h}", "at, fault and for"),
    "both": ("{at: 2026-07-03, fault: busy, lease: pause}", '"fault" is not known here'),
    "half an override": ("{at: 2026-07-03, lease: override, mode: backup}", "is not a reserve"),
    "no such rule": ("{at: 2026-07-03, lease: skip, name: run the hous}", "Did you mean"),
    "no entry": ("3", "not a fault"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_entry_is_one_error_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(f"- {{at: 2026-07-03T16:00, fault: busy}}\n- {text}\n")

    with pytest.raises(ScheduleError) as raised:
        read_strikes(path, load_schedule(SHIPPED).schedule)

    (problem,) = raised.value.problems
    assert problem.place.line == 2
    assert told in problem.message
