"""What changes between two schedules, from ones whose difference is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from scheduler import clock, plan
from scheduler.plan.effect import effect
from scheduler.schedule.values import Job, Rule, Schedule
from scheduler.setting import Mode, Setting

from .conftest import Build

ZONE = "America/Los_Angeles"
MONDAY = datetime(2026, 10, 5, 7, tzinfo=UTC)
"""Midnight of Mon 2026-10-05 in Los Angeles."""
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
LOW = Setting(Mode.SELF_CONSUMPTION, 20.0)


MakeHome = Callable[..., Schedule]


@pytest.fixture
def home(build: type[Build]) -> MakeHome:
    tariff = build.calendar(ZONE, "00:00 cheap, 16:00 dear, 21:00 cheap", weekend="00:00 cheap")

    def make(*parts: Job | Rule) -> Schedule:
        return build.schedule(tariff, *parts)

    return make


def test_a_schedule_differs_in_nothing_from_itself(home: MakeHome, build: type[Build]) -> None:
    same = home(build.rule(clock="22:00-08:00"), build.job("look", "07:15"))

    found = effect(same, same, MONDAY, MONDAY + timedelta(days=366))

    assert (found.days_changed, found.first, found.groups, found.jobs) == (0, None, (), ())
    assert found.summary() == "No change in behaviour"


def test_the_summary_counts_days_and_names_the_first_change(
    home: MakeHome, build: type[Build]
) -> None:
    old = home(build.rule(setting=LOW, during="dear"))

    found = effect(old, home(), MONDAY, MONDAY + WEEK)

    assert found.summary() == ("5 days change; first: Mon 2026-10-05 16:00, reserve 20 % -> 5 %")
    assert [(each.from_time, each.to_time) for each in found.groups] == [("16:00", "21:00")]
    assert found.groups[0].dates == tuple(date(2026, 10, day) for day in range(5, 10))


def test_a_change_of_mode_is_said_with_the_apps_names(home: MakeHome, build: type[Build]) -> None:
    old = home(build.rule(during="dear"))

    found = effect(old, home(), MONDAY, MONDAY + timedelta(days=1))

    assert found.summary() == (
        "1 day changes; first: Mon 2026-10-05 16:00, "
        "mode Backup-only -> Self-Powered, reserve 100 % -> 5 %"
    )


def test_another_power_to_charge_with_is_a_change(home: MakeHome, build: type[Build]) -> None:
    old, new = (home(build.rule(during="dear", charge=power)) for power in (None, 3000.0))

    found = effect(old, new, MONDAY, MONDAY + WEEK)

    assert found.summary() == (
        "5 days change; first: Mon 2026-10-05 16:00, charge as it is -> 3000 W"
    )
    assert found.groups[0].new.to_json()["charge"] == 3000.0


def test_a_window_over_midnight_is_one_group_even_where_the_stretch_cuts_it(
    home: MakeHome, build: type[Build]
) -> None:
    found = effect(home(), home(build.rule(clock="22:00-08:00")), MONDAY, MONDAY + WEEK)

    assert [(each.from_time, each.to_time, len(each.dates)) for each in found.groups] == [
        ("22:00", "08:00", 7)
    ]
    assert found.first is not None
    assert found.first.at == MONDAY
    assert found.days_changed == 7


def test_a_difference_that_never_ends_is_told_in_whole_days(
    home: MakeHome, build: type[Build]
) -> None:
    always = build.rule(setting=LOW, clock="00:00-24:00")

    found = effect(home(), home(always), MONDAY, MONDAY + WEEK)

    assert [(each.from_time, each.to_time, len(each.dates)) for each in found.groups] == [
        ("00:00", "24:00", 7)
    ]


def test_a_window_in_the_missing_hour_changes_nothing_that_night(
    home: MakeHome, build: type[Build]
) -> None:
    night = datetime(2026, 3, 8, 8, tzinfo=UTC)
    new = home(build.rule(clock="02:00-03:00"))

    found = effect(home(), new, night - timedelta(days=1), night + timedelta(days=2) - HOUR)

    assert [each.dates for each in found.groups] == [(date(2026, 3, 7), date(2026, 3, 9))]
    assert found.days_changed == 2


def test_a_window_in_the_repeated_hour_counts_its_night_once(
    home: MakeHome, build: type[Build]
) -> None:
    night = datetime(2026, 11, 1, 7, tzinfo=UTC)
    new = home(build.rule(clock="01:00-01:30"))

    found = effect(home(), new, night, night + timedelta(hours=25))

    assert found.days_changed == 1
    assert [each.dates for each in found.groups] == [(date(2026, 11, 1),)]


def test_another_name_of_a_rule_is_no_change(home: MakeHome, build: type[Build]) -> None:
    old, new = (home(build.rule(name, during="dear")) for name in ("one", "two"))

    assert effect(old, new, MONDAY, MONDAY + WEEK).summary() == "No change in behaviour"


def test_jobs_are_added_removed_and_moved(home: MakeHome, build: type[Build]) -> None:
    old = home(build.job("gone", "07:00"), build.job("late", "08:00"), build.job("same", "09:00"))
    new = home(build.job("late", "08:05"), build.job("same", "09:00"), build.job("fresh", "10:00"))

    found = effect(old, new, MONDAY, MONDAY + WEEK)

    assert [(each.name, each.how, each.times) for each in found.jobs] == [
        ("gone", "removed", 7),
        ("late", "moved", 7),
        ("fresh", "added", 7),
    ]
    assert found.summary() == "jobs: 1 removed, 1 moved, 1 added"


NAIVE = {
    "a charge over midnight": {"clock": "22:00-08:00"},
    "the dear hours with an inset": {"during": "dear", "inset": "5m"},
    "weekends": {"days": "weekend"},
    "some dates": {"dates": "2026-03-05..2026-03-09"},
    "an hour of the change night": {"clock": "01:30-03:30", "days": "sun"},
}


@pytest.mark.parametrize(
    "start",
    [datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 10, 20, 15, 35, tzinfo=UTC)],
    ids=["over the short night", "over the long night"],
)
@pytest.mark.parametrize("parts", NAIVE.values(), ids=NAIVE.keys())
def test_days_changed_equals_a_five_minute_walk(
    home: MakeHome, build: type[Build], parts: dict[str, Any], start: datetime
) -> None:
    old, new = home(build.rule(setting=LOW, clock="23:00-07:00")), home(build.rule(**parts))
    end = start + timedelta(days=21)

    counted = effect(old, new, start, end).days_changed

    zone = new.calendar.display_zone
    looks = [
        start + timedelta(minutes=5) * step for step in range((end - start) // timedelta(minutes=5))
    ]
    old_is, new_is = walked(old, start, end), walked(new, start, end)
    walk = {clock.localise(at, zone).date() for at in looks if old_is(at) != new_is(at)}
    assert counted == len(walk)


def walked(schedule: Schedule, start: datetime, end: datetime) -> Callable[..., Setting | None]:
    """The setting at an instant, by the plan's own list."""
    entries = plan.plan(schedule, start, end).entries

    def at(instant: datetime) -> Setting | None:
        return [each for each in entries if each.at <= instant][-1].setting

    return at
