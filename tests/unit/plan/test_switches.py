"""Which rule decides, where a change of the setting is a boundary, and how far one looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.clock import iso
from scheduler.plan import Lease, LeaseKind, began_at, boundaries, desired_at, next_boundary
from scheduler.schedule.values import Schedule
from scheduler.setting import HOLD, Mode, Setting

from .conftest import Build

at = datetime.fromisoformat

HOLDING = Setting(Mode.SELF_CONSUMPTION, HOLD)
ECONOMY = Setting(Mode.AUTONOMOUS, 20.0)
NIGHT = "00:00 cheap, 06:00 dear, 22:00 cheap"


def override(setting: Setting, until: datetime) -> Lease:
    return Lease("1", LeaseKind.OVERRIDE, datetime(1, 1, 1, tzinfo=UTC), until, setting=setting)


def told(schedule: Schedule, start: str, hours: int = 24) -> list[str]:
    found = boundaries(schedule, at(start), at(start) + timedelta(hours=hours))
    return [f"{iso(entry.at)[5:16]} {entry.name}" for entry in found]


INSETS = {
    "no inset": ("0s", "22:00:00 06:00:00"),
    "the same on both sides": ("5m", "22:05:00 05:55:00"),
    "each its own": (("5m", "1h30m"), "22:05:00 04:30:00"),
    "seconds": (("90s", "30s"), "22:01:30 05:59:30"),
    "to the last minute": (("7h", "59m"), "05:00:00 05:01:00"),
    "the whole stretch": (("4h", "4h"), ""),
    "more than the stretch": (("7h", "7h"), ""),
}


@pytest.mark.parametrize(("inset", "times"), INSETS.values(), ids=INSETS)
def test_an_inset_shrinks_the_stretch_from_both_ends(
    build: type[Build], inset: str | tuple[str, str], times: str
) -> None:
    rule = build.rule(during="cheap", inset=inset)
    schedule = build.schedule(build.calendar("UTC", NIGHT), rule)
    found = boundaries(schedule, at("2026-07-06T12:00Z"), at("2026-07-07T12:00Z"))
    assert [f"{entry.at:%H:%M:%S}" for entry in found] == times.split()


def test_an_inset_counts_elapsed_time_over_a_change_of_the_clocks(build: type[Build]) -> None:
    rule = build.rule(clock="22:00-08:00", inset=("6h", "30m"))
    schedule = build.schedule(build.calendar("America/Los_Angeles"), rule)
    # 22:00 is 06:00Z; six hours later the wall clock has already jumped to 05:00.
    assert told(schedule, "2026-03-07T20:00Z") == [
        "03-08T12:00 charge",
        "03-08T14:30 run the house",
    ]


def test_an_inset_does_not_cut_where_a_stretch_runs_on_through_midnight(build: type[Build]) -> None:
    rule = build.rule(during="cheap", inset="5m")
    schedule = build.schedule(build.calendar("UTC", NIGHT), rule)
    assert desired_at(schedule, at("2026-07-07T00:00Z")).rule == "charge"


def test_an_inset_cuts_only_the_ends_of_a_week_of_holidays(build: type[Build]) -> None:
    rule = build.rule(dates="2026-12-24..2027-01-01", inset="2h")
    schedule = build.schedule(build.calendar("UTC"), rule)
    assert told(schedule, "2026-12-01T00:00Z", hours=24 * 60) == [
        "12-24T02:00 charge",
        "01-01T22:00 run the house",
    ]


def test_an_inset_does_not_touch_a_condition_that_never_ends(build: type[Build]) -> None:
    rule = build.rule(during="flat", inset="2h")
    schedule = build.schedule(build.calendar("UTC", "00:00 flat"), rule)
    start = at("2026-07-06T00:00Z")
    rules = {desired_at(schedule, start + timedelta(hours=hour)).rule for hour in range(48)}
    assert rules == {"charge"}
    assert next_boundary(schedule, start) is None


def test_an_inset_of_one_rule_leaves_its_edges_to_the_next_rule(build: type[Build]) -> None:
    schedule = build.schedule(
        build.calendar("UTC", NIGHT),
        build.rule("charge", during="cheap", inset="5m"),
        build.rule("wait", ECONOMY, during="cheap"),
    )
    assert told(schedule, "2026-07-06T12:00Z") == [
        "07-06T22:00 wait",
        "07-06T22:05 charge",
        "07-07T05:55 wait",
        "07-07T06:00 run the house",
    ]


def test_the_first_rule_that_holds_decides(build: type[Build]) -> None:
    schedule = build.schedule(
        build.calendar("UTC"),
        build.rule("storm", ECONOMY, dates="2026-07-07"),
        build.rule("charge", clock="22:00-06:00"),
    )
    assert told(schedule, "2026-07-06T12:00Z", hours=48) == [
        "07-06T22:00 charge",
        "07-07T00:00 storm",
        "07-08T00:00 charge",
        "07-08T06:00 run the house",
    ]


def test_a_change_of_rule_with_an_equal_setting_is_no_boundary(build: type[Build]) -> None:
    schedule = build.schedule(
        build.calendar("UTC"),
        build.rule("evening", clock="20:00-24:00"),
        build.rule("night", clock="00:00-06:00"),
    )
    assert told(schedule, "2026-07-06T12:00Z") == [
        "07-06T20:00 evening",
        "07-07T06:00 run the house",
    ]
    assert desired_at(schedule, at("2026-07-07T00:00Z")).rule == "night"


def test_a_rule_that_holds_reads_the_charge_again_when_it_begins(build: type[Build]) -> None:
    schedule = build.schedule(
        build.calendar("UTC"),
        build.rule("evening", HOLDING, clock="20:00-24:00"),
        build.rule("night", HOLDING, clock="00:00-06:00"),
    )
    assert began_at(schedule, at("2026-07-07T03:00Z")) == at("2026-07-07T00:00Z")


def test_a_break_between_two_holds_begins_a_new_one(build: type[Build]) -> None:
    schedule = build.schedule(
        build.calendar("UTC"), build.rule("hold", HOLDING, clock="20:00-24:00 01:00-06:00")
    )
    assert began_at(schedule, at("2026-07-07T03:00Z")) == at("2026-07-07T01:00Z")


DAYS = {
    # 2026-07-03 is a Friday; Saturday the 4th is a holiday here, the 5th is a plain Sunday.
    "fri": ["07-03T00:00 charge", "07-04T00:00 run the house"],
    "sat": ["07-04T00:00 charge", "07-05T00:00 run the house"],
    "weekday": ["07-04T00:00 run the house", "07-06T00:00 charge"],
    "weekend": ["07-05T00:00 charge", "07-06T00:00 run the house"],
    "holiday": ["07-04T00:00 charge", "07-05T00:00 run the house"],
    "weekend holiday": ["07-04T00:00 charge", "07-06T00:00 run the house"],
    "fri sun": [
        "07-03T00:00 charge",
        "07-04T00:00 run the house",
        "07-05T00:00 charge",
        "07-06T00:00 run the house",
    ],
}


@pytest.mark.parametrize(("days", "expected"), DAYS.items(), ids=DAYS)
def test_days_are_names_of_the_week_or_classes_in_which_a_holiday_wins(
    build: type[Build], days: str, expected: list[str]
) -> None:
    calendar = build.calendar("UTC", holidays=("2026-07-04",))
    schedule = build.schedule(calendar, build.rule(days=days))
    assert told(schedule, "2026-07-02T12:00Z", hours=24 * 4) == expected


def test_a_clock_window_over_midnight_belongs_to_the_day_on_which_it_starts(
    build: type[Build],
) -> None:
    schedule = build.schedule(
        build.calendar("UTC"), build.rule(clock="22:00-08:00", days="fri", dates="2026-07-03")
    )
    assert told(schedule, "2026-07-01T12:00Z", hours=24 * 10) == [
        "07-03T22:00 charge",
        "07-04T08:00 run the house",
    ]


def test_a_period_over_midnight_takes_the_class_of_each_instant_s_own_date(
    build: type[Build],
) -> None:
    schedule = build.schedule(build.calendar("UTC", NIGHT), build.rule(during="cheap", days="fri"))
    assert told(schedule, "2026-07-02T12:00Z", hours=48) == [
        "07-03T00:00 charge",
        "07-03T06:00 run the house",
        "07-03T22:00 charge",
        "07-04T00:00 run the house",
    ]


def test_a_clock_window_whose_ends_are_equal_lasts_a_whole_day(build: type[Build]) -> None:
    schedule = build.schedule(
        build.calendar("UTC"), build.rule(clock="09:00-09:00", dates="2026-07-03")
    )
    assert told(schedule, "2026-07-01T12:00Z", hours=24 * 10) == [
        "07-03T09:00 charge",
        "07-04T09:00 run the house",
    ]


def test_a_desired_setting_tells_where_it_comes_from(build: type[Build]) -> None:
    calendar = build.calendar("UTC", NIGHT, holidays=("2026-07-07",))
    desired = desired_at(build.schedule(calendar), at("2026-07-07T12:00Z"))
    assert (desired.rule, desired.day_class, desired.period) == ("run the house", "holiday", "dear")


def test_an_override_ends_where_its_time_is_up(build: type[Build]) -> None:
    schedule = build.schedule(build.calendar("UTC", NIGHT), build.rule(during="cheap"))
    lease = override(ECONOMY, at("2026-07-06T18:30:00.5Z"))
    seconds = [at("2026-07-06T18:30:00.499999Z"), at("2026-07-06T18:30:00.5Z")]
    rules = [desired_at(schedule, instant, [lease]).rule for instant in seconds]
    assert rules == ["override", "run the house"]


def test_a_boundary_asked_for_at_itself_is_not_its_own_next(build: type[Build]) -> None:
    schedule = build.schedule(build.calendar("UTC", NIGHT), build.rule(during="cheap"))
    following = next_boundary(schedule, at("2026-07-06T22:00Z"))
    assert following is not None
    assert following.at == at("2026-07-07T06:00Z")


FAR_APART = {
    "a day": "2026-07-07",
    "ten days": "2026-07-17",
    "eight months": "2027-03-07",
    "a year": "2027-07-06",
}


@pytest.mark.parametrize("day", FAR_APART.values(), ids=FAR_APART)
def test_the_next_boundary_is_found_however_far_it_is(build: type[Build], day: str) -> None:
    schedule = build.schedule(build.calendar("UTC"), build.rule(dates=day))
    following = next_boundary(schedule, at("2026-07-06T12:00Z"))
    assert following is not None
    assert iso(following.at) == f"{day}T00:00:00Z"


@pytest.mark.parametrize("days", [0, 1, 3, 20, 130, 380])
def test_the_begin_of_the_present_setting_is_found_however_long_ago_it_was(
    build: type[Build], days: int
) -> None:
    schedule = build.schedule(build.calendar("UTC"), build.rule(dates="2026-07-06"))
    instant = at("2026-07-07T00:00Z") + timedelta(days=days, seconds=1)
    assert began_at(schedule, instant) == at("2026-07-07T00:00Z")


def test_no_boundary_is_sought_beyond_four_hundred_days(build: type[Build]) -> None:
    schedule = build.schedule(build.calendar("UTC"), build.rule(dates="2028-07-06"))
    assert next_boundary(schedule, at("2026-07-06T12:00Z")) is None
    assert began_at(schedule, at("2026-07-06T12:00Z")) is None


def test_a_schedule_of_one_rule_never_changes(build: type[Build]) -> None:
    schedule = build.schedule(build.calendar("Europe/London", NIGHT))
    assert desired_at(schedule, at("2026-07-06T12:00Z")).setting == build.RUN
    assert next_boundary(schedule, at("2026-07-06T12:00Z")) is None


def test_an_instant_of_another_zone_is_the_same_instant(build: type[Build]) -> None:
    schedule = build.schedule(build.calendar("UTC", NIGHT), build.rule(during="cheap"))
    found = boundaries(schedule, at("2026-07-06T14:00+02:00"), at("2026-07-07T14:00+02:00"))
    assert [iso(entry.at) for entry in found] == ["2026-07-06T22:00:00Z", "2026-07-07T06:00:00Z"]
