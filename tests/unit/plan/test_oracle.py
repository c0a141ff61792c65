"""Against a naive walk: every minute of the days around a change of the clocks is read off the
wall clock, and the schedule's conditions are evaluated there as the words say."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.clock import localise
from scheduler.plan import (
    Lease,
    LeaseKind,
    began_at,
    boundaries,
    desired_at,
    jobs,
    next_boundary,
    next_job,
    plan,
)
from scheduler.schedule.values import (
    WEEKDAY_NAMES,
    ClockTime,
    ClockWindow,
    Condition,
    DateRange,
    DayClass,
    Inset,
    Job,
    JobKind,
    PeriodEdge,
    Rule,
    Schedule,
)
from scheduler.setting import HOLD, Mode, Setting

from .conftest import Build, Look, Naive

# Zone, and local dates on which its clocks changed; all of them are settled history.
CHANGES = {
    "America/Los_Angeles": ("2026-03-08", "2025-11-02"),
    "America/New_York": ("2026-03-08", "2025-11-02"),
    "Europe/London": ("2026-03-29", "2025-10-26"),
    "Europe/Berlin": ("2026-03-29", "2025-10-26"),
    "Australia/Sydney": ("2025-10-05", "2026-04-05"),
    "Australia/Lord_Howe": ("2025-10-05", "2026-04-05"),  # by half an hour
    "America/Santiago": ("2025-09-07", "2025-04-06"),  # midnight is missing; 23:00 occurs twice
    "America/Havana": ("2025-03-09", "2025-11-02"),  # midnight is missing; it occurs twice
    "Africa/Casablanca": ("2025-02-23", "2025-04-06"),
    "Pacific/Apia": ("2011-09-24", "2011-12-30", "2012-04-01"),  # the second is missing
    "Pacific/Kwajalein": ("1993-08-21",),  # missing
    "Antarctica/Troll": ("2026-03-29", "2025-10-26"),  # by two hours
    "Africa/Monrovia": ("1972-01-07",),  # by 44 minutes and 30 seconds
}
NO_CHANGE = {"America/Phoenix": ("2026-03-08",), "Asia/Kolkata": ("2026-03-29",)}
PLACES = [(zone, day) for zone, days in (CHANGES | NO_CHANGE).items() for day in days]

# Minutes between looks of the walk that hypothesis drives; its edges lie on the same grid, and
# so do all changes of the clocks but Monrovia's.
GRID = 5
RUN = Setting(Mode.SELF_CONSUMPTION, 5.0)
POOL = (
    Setting(Mode.BACKUP, 100.0),
    Setting(Mode.AUTONOMOUS, 20.0),
    Setting(Mode.SELF_CONSUMPTION, HOLD),
    RUN,
)


# Strategies: whatever a person can write, dense around the small hours.

minutes_of_day = st.one_of(st.integers(0, 48), st.integers(0, 287), st.integers(270, 287))
second_of_day = minutes_of_day.map(lambda number: number * GRID * 60)
durations = st.one_of(
    st.just(timedelta(0)),
    st.integers(0, 36).map(lambda number: timedelta(minutes=number * GRID)),
)


def override(setting: Setting, until: datetime) -> Lease:
    return Lease("1", LeaseKind.OVERRIDE, datetime(1, 1, 1, tzinfo=UTC), until, setting=setting)


@st.composite
def day_shapes(draw: st.DrawFn) -> tuple[tuple[int, str | None], ...]:
    starts = sorted(draw(st.sets(second_of_day.filter(bool), max_size=4)) | {0})
    names = [draw(st.sampled_from("abc"))]
    for _ in starts[1:]:
        names.append(draw(st.sampled_from("abc".replace(names[-1], ""))))
    return tuple(zip(starts, names, strict=True))


@st.composite
def date_ranges(draw: st.DrawFn, around: date) -> DateRange:
    first = around + timedelta(days=draw(st.integers(-3, 3)))
    return DateRange(first, first + timedelta(days=draw(st.integers(0, 3))))


@st.composite
def conditions(draw: st.DrawFn, around: date, *, timed: bool = True) -> Condition:
    windows = st.builds(ClockWindow, second_of_day, second_of_day | st.just(86_400))
    names = [*WEEKDAY_NAMES, "weekday", "weekend", "holiday"]
    seldom = st.integers(0, 3).map(lambda number: number == 0)
    return Condition(
        periods=draw(st.frozensets(st.sampled_from("abc"), max_size=2)) if timed else frozenset(),
        windows=tuple(draw(st.lists(windows, max_size=2))) if timed else (),
        days=draw(st.frozensets(st.sampled_from(names), max_size=4)),
        seasons=frozenset(draw(st.sampled_from("pq"))) if draw(seldom) else frozenset(),
        dates=tuple(draw(st.lists(date_ranges(around), max_size=2))) if draw(seldom) else (),
    )


@st.composite
def cases(
    draw: st.DrawFn,
    build: type[Build],
    naive: type[Naive],
    *,
    most_rules: int = 3,
    most_jobs: int = 0,
) -> tuple[Schedule, tuple[Look, ...]]:
    zone, day = draw(st.sampled_from([place for place in PLACES if "Monrovia" not in place[0]]))
    around = date.fromisoformat(day)
    pivot = around + timedelta(days=draw(st.integers(-2, 2)))
    calendar = build.SmallCalendar(
        ZoneInfo(zone),
        {(season, kind): draw(day_shapes()) for season in "pq" for kind in DayClass},
        ((date.min, "p"), (pivot, "q")),
        frozenset(
            draw(st.sets(st.integers(-3, 3).map(lambda n: around + timedelta(n)), max_size=2))
        ),
    )
    rules = [
        Rule(
            f"rule {index}",
            draw(conditions(around)),
            Inset(draw(durations), draw(durations)),
            draw(st.sampled_from(POOL)),
            build.NOWHERE,
        )
        for index in range(draw(st.integers(min(1, most_rules), most_rules)))
    ]
    tasks = [
        Job(
            f"job {index}",
            JobKind.COMMIT,
            draw(st.builds(ClockTime, second_of_day) | edges_of_periods()),
            draw(conditions(around, timed=False)),
            build.NOWHERE,
        )
        for index in range(draw(st.integers(min(1, most_jobs), most_jobs)))
    ]
    return build.schedule(calendar, *rules, *tasks), naive.walk(zone, day, GRID)


def edges_of_periods() -> st.SearchStrategy[PeriodEdge]:
    offsets = st.integers(-36, 36).map(lambda number: timedelta(minutes=number * GRID))
    return st.builds(PeriodEdge, st.sampled_from("abc"), st.sampled_from(["start", "end"]), offsets)


modest = settings(
    max_examples=120,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_the_days_walked_hold_a_change_of_the_clocks_or_are_known_to_hold_none(
    naive: type[Naive], place: tuple[str, str]
) -> None:
    zone, day = place
    offsets = {
        localise(look.at, ZoneInfo(zone)).utcoffset() for look in naive.walk(zone, day, GRID)
    }
    assert len(offsets) == (1 if zone in NO_CHANGE else 2)


@modest
@given(data=st.data())
def test_boundaries_are_those_of_a_naive_walk(
    build: type[Build], naive: type[Naive], data: st.DataObject
) -> None:
    schedule, looks = data.draw(cases(build, naive))
    found = boundaries(schedule, *naive.inner(looks))
    assert [(e.at, e.name, e.setting, e.period) for e in found] == naive.switches(
        schedule, looks, GRID
    )


@modest
@given(data=st.data())
def test_the_desired_setting_is_that_of_a_naive_walk(
    build: type[Build], naive: type[Naive], data: st.DataObject
) -> None:
    schedule, looks = data.draw(cases(build, naive))
    after, until = naive.inner(looks)
    rules = naive.rules(schedule, looks, GRID)
    picks = data.draw(st.lists(st.integers(0, len(looks) - 1), min_size=20, max_size=20))
    for index in picks:
        if not after < looks[index].at <= until:
            continue
        desired = desired_at(schedule, looks[index].at)
        assert (desired.rule, desired.setting, desired.period) == (
            rules[index].name,
            rules[index].setting,
            naive.period_of(schedule, looks[index]),
        )


@modest
@given(data=st.data())
def test_jobs_are_those_of_a_naive_walk(
    build: type[Build], naive: type[Naive], data: st.DataObject
) -> None:
    schedule, looks = data.draw(cases(build, naive, most_rules=0, most_jobs=3))
    found = jobs(schedule, *naive.inner(looks))
    assert [(entry.at, entry.name) for entry in found] == naive.jobs(schedule, looks)


@settings(modest, max_examples=60)
@given(data=st.data())
def test_plan_and_its_parts_tell_the_same_story(
    build: type[Build], naive: type[Naive], data: st.DataObject
) -> None:
    schedule, looks = data.draw(cases(build, naive, most_jobs=2))
    start, end = naive.inner(looks)
    middle = start + data.draw(
        st.integers(0, 5 * 86_400 * 1_000_000).map(lambda n: timedelta(microseconds=n))
    )
    whole = plan(schedule, start, end)
    switches = [entry for entry in whole.entries if entry.kind == "switch"]
    just_before = end - timedelta(microseconds=1)
    parts = *boundaries(schedule, start, middle), *boundaries(schedule, middle, just_before)
    assert tuple(switches[1:]) == parts
    assert switches[0].at == start
    before_start = start - timedelta(microseconds=1)
    job_parts = *jobs(schedule, before_start, middle), *jobs(schedule, middle, just_before)
    assert tuple(entry for entry in whole.entries if entry.kind == "job") == job_parts
    for previous, entry in itertools.pairwise(switches):
        assert began_at(schedule, entry.at) == entry.at
        assert next_boundary(schedule, previous.at) == entry
        assert next_boundary(schedule, entry.at - timedelta(microseconds=1)) == entry
        assert desired_at(schedule, entry.at).rule == entry.name
        assert (
            desired_at(schedule, entry.at - timedelta(microseconds=1)).setting == previous.setting
        )
    for entry in job_parts:
        following = next_job(schedule, entry.at - timedelta(seconds=1))
        assert following is not None
        assert following.at == entry.at


@settings(modest, max_examples=40)
@given(data=st.data())
def test_an_override_wins_until_its_end_and_never_after(
    build: type[Build], naive: type[Naive], data: st.DataObject
) -> None:
    schedule, looks = data.draw(cases(build, naive))
    start, end = naive.inner(looks)
    span = int((end - start) / timedelta(seconds=1))
    until = start + timedelta(seconds=data.draw(st.integers(0, span)))
    lease = override(Setting(Mode.BACKUP, 55.0), until)
    shift = timedelta(microseconds=data.draw(st.sampled_from([-3_600_000_000, -1, 0, 1, 10**9])))
    wanted = desired_at(schedule, until + shift, [lease])
    plain = desired_at(schedule, until + shift)
    if shift < timedelta(0):
        assert (wanted.rule, wanted.setting) == ("override", lease.setting)
    else:
        assert wanted == plain
    assert (wanted.season, wanted.day_class, wanted.period) == (
        plain.season,
        plain.day_class,
        plain.period,
    )


# By the minute, with one schedule that holds every sort of part.


def rich_schedule(build: type[Build], zone: str) -> Schedule:
    calendar = build.calendar(
        zone,
        weekday="00:00 low, 00:30 mid, 01:17 low, 02:23 high, 03:01 low, 16:00 high, 23:41 mid",
        weekend="00:00 low, 02:02 mid, 23:00 low",
    )
    return build.schedule(
        calendar,
        build.rule("high", POOL[1], during="high", inset=("3m", "7m")),
        build.rule("nights", POOL[0], clock="23:59-00:01 01:01-02:59", inset=("0s", "1m")),
        build.rule("saturday night", POOL[2], clock="22:11-02:31", days="sat fri"),
        build.rule("low", POOL[0], during="low", inset=("13m", "0s")),
        build.job("in the small hours", "02:29"),
        build.job("at midnight", "00:00"),
        build.job("after low", "low.end + 11m", days="weekend"),
        build.job("before high", "high.start - 45m"),
    )


MINUTE_PLACES = [place for place in PLACES if place[0] != "Africa/Monrovia"]


@pytest.mark.parametrize("place", MINUTE_PLACES, ids=" ".join)
def test_a_schedule_of_every_sort_agrees_with_a_walk_by_the_minute(
    build: type[Build], naive: type[Naive], place: tuple[str, str]
) -> None:
    schedule = rich_schedule(build, place[0])
    looks = naive.walk(*place, 1)
    found = boundaries(schedule, *naive.inner(looks))
    assert [(e.at, e.name, e.setting, e.period) for e in found] == naive.switches(
        schedule, looks, 1
    )


@pytest.mark.parametrize("place", MINUTE_PLACES, ids=" ".join)
def test_jobs_of_every_sort_agree_with_a_walk_by_the_minute(
    build: type[Build], naive: type[Naive], place: tuple[str, str]
) -> None:
    schedule = rich_schedule(build, place[0])
    looks = naive.walk(*place, 1)
    found = jobs(schedule, *naive.inner(looks))
    assert [(entry.at, entry.name) for entry in found] == naive.jobs(schedule, looks)


def test_a_shift_by_odd_seconds_moves_the_edges_by_them(build: type[Build]) -> None:
    # Monrovia went from UTC-0:44:30 to UTC at midnight of 1972-01-07.
    schedule = build.schedule(build.calendar("Africa/Monrovia"), build.rule(clock="22:00-03:00"))
    found = boundaries(
        schedule, datetime(1972, 1, 6, 12, tzinfo=UTC), datetime(1972, 1, 7, 12, tzinfo=UTC)
    )
    assert [entry.at.isoformat()[8:19] for entry in found] == ["06T22:44:30", "07T03:00:00"]
