"""What leases do to a plan: they win, they end by themselves, and their end is a boundary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.plan import (
    Lease,
    LeaseKind,
    began_at,
    boundaries,
    desired_at,
    jobs,
    lease_from_json,
    next_boundary,
    next_job,
    pause_at,
    plan,
    stretch_of,
    time_of,
)
from scheduler.schedule.values import Schedule
from scheduler.setting import HOLD, Export, GridCharging, Mode, Setting

from .conftest import Build

at = datetime.fromisoformat
START = datetime(2026, 7, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
SELL = Setting(Mode.AUTONOMOUS, 20.0, export=Export.BATTERY)


@pytest.fixture
def home(build: type[Build]) -> Schedule:
    """Charged 22:00-06:00 and held 16:00-18:00 and 18:00-21:00, with two jobs."""
    return build.schedule(
        build.calendar("UTC"),
        build.rule(clock="22:00-06:00", inset="5m"),
        build.rule("hold", Setting(Mode.SELF_CONSUMPTION, HOLD), clock="16:00-18:00"),
        build.rule("hold on", Setting(Mode.SELF_CONSUMPTION, HOLD), clock="18:00-21:00"),
        build.job("look", "07:15"),
        build.job("commit", "12:00"),
    )


def lease(kind: str, begun: str, until: str, **more: Any) -> Lease:
    return Lease("1", LeaseKind(kind), at(begun), at(until), **more)


def story(home: Schedule, leases: list[Lease] | tuple[()], start: str, hours: int) -> list[str]:
    """The boundaries from one to the next, as a site walks along them."""
    found, now, end = [], at(start), at(start) + timedelta(hours=hours)
    while (entry := next_boundary(home, now, leases)) and entry.at <= end:
        found.append(f"{entry.at:%dT%H:%M} {entry.name}")
        now = entry.at
    return found


def test_a_hold_that_follows_another_is_a_boundary_of_its_own(home: Schedule) -> None:
    assert story(home, (), "2026-07-06T15:00Z", 6) == [
        "06T16:00 hold",
        "06T18:00 hold on",
        "06T21:00 run the house",
    ]
    assert began_at(home, at("2026-07-06T19:00Z")) == at("2026-07-06T18:00Z")


def test_an_override_hides_the_boundaries_under_it_and_lapses_by_itself(home: Schedule) -> None:
    leases = [lease("override", "2026-07-06T15:30Z", "2026-07-06T18:30Z", setting=SELL)]

    assert story(home, leases, "2026-07-06T15:30Z", 6) == [
        "06T18:30 hold on",
        "06T21:00 run the house",
    ]
    assert desired_at(home, at("2026-07-06T18:29Z"), leases).lease == "1"
    assert began_at(home, at("2026-07-06T18:00Z"), leases) == at("2026-07-06T15:30Z")
    assert began_at(home, at("2026-07-06T19:00Z"), leases) == at("2026-07-06T18:30Z")


def test_an_override_to_what_is_wanted_anyway_began_with_the_rule(
    home: Schedule, build: type[Build]
) -> None:
    leases = [lease("override", "2026-07-06T08:00Z", "2026-07-06T09:00Z", setting=build.RUN)]

    assert began_at(home, at("2026-07-06T10:00Z"), leases) == at("2026-07-06T05:55Z")
    assert story(home, leases, "2026-07-06T08:00Z", 2) == ["06T09:00 run the house"]


def test_of_two_overrides_the_later_one_wins_and_the_earlier_comes_back(
    home: Schedule, build: type[Build]
) -> None:
    leases = [
        lease("override", "2026-07-06T08:00Z", "2026-07-06T12:00Z", setting=SELL),
        lease("override", "2026-07-06T09:00Z", "2026-07-06T10:00Z", setting=build.CHARGE),
    ]

    wanted = [desired_at(home, START + hour * HOUR, leases).setting for hour in range(8, 13)]
    assert wanted == [SELL, build.CHARGE, SELL, SELL, build.RUN]


def test_a_pause_changes_nothing_that_is_wanted_and_its_end_is_a_boundary(home: Schedule) -> None:
    leases = [lease("pause", "2026-07-06T14:00Z", "2026-07-06T17:00Z", who="anna")]

    assert story(home, leases, "2026-07-06T14:00Z", 4) == [
        "06T16:00 hold",
        "06T17:00 hold",
        "06T18:00 hold on",
    ]
    assert pause_at(leases, at("2026-07-06T16:59Z")) == leases[0]
    assert pause_at(leases, at("2026-07-06T17:00Z")) is None
    assert began_at(home, at("2026-07-06T17:30Z"), leases) == at("2026-07-06T16:00Z")


def test_a_skipped_rule_is_left_out_once(home: Schedule) -> None:
    begun = at("2026-07-06T12:00Z")
    stretch = stretch_of(home, "charge", begun)
    assert stretch is not None
    start, end = stretch
    leases = [Lease("1", LeaseKind.SKIP, begun, end, name="charge")]

    assert (start, end) == (at("2026-07-06T22:05Z"), at("2026-07-07T05:55Z"))
    assert [name for name in story(home, leases, "2026-07-06T21:00Z", 48) if "charge" in name] == [
        "07T22:05 charge",
    ]


def test_a_rule_that_holds_now_is_skipped_from_now_on(home: Schedule) -> None:
    begun = at("2026-07-06T02:00Z")
    stretch = stretch_of(home, "charge", begun)
    assert stretch is not None
    start, end = stretch
    leases = [Lease("1", LeaseKind.SKIP, begun, end, name="charge")]

    assert (start, end) == (at("2026-07-05T22:05Z"), at("2026-07-06T05:55Z"))
    assert desired_at(home, begun, leases).rule == "run the house"
    assert desired_at(home, begun - HOUR, leases).rule == "charge"


@pytest.mark.parametrize("name", ["run the house", "no such rule"])
def test_a_rule_without_an_end_cannot_be_skipped(home: Schedule, name: str) -> None:
    assert stretch_of(home, name, START) is None


def test_a_skipped_job_is_left_out_once_and_is_no_boundary(home: Schedule) -> None:
    begun = at("2026-07-06T06:00Z")
    until = time_of(home, "look", begun)
    assert until is not None
    leases = [Lease("1", LeaseKind.SKIP, begun, until, name="look", of="job")]

    found = jobs(home, begun, begun + timedelta(days=2), leases)
    assert [f"{each.at:%dT%H:%M} {each.name}" for each in found] == [
        "06T12:00 commit",
        "07T07:15 look",
        "07T12:00 commit",
    ]
    assert next_job(home, begun, leases).name == "commit"
    assert next_boundary(home, begun, leases) == next_boundary(home, begun)


LEASES = [
    lease("pause", "2026-07-06T14:00Z", "2026-07-06T17:00Z", who="anna", reason="a guest"),
    lease("skip", "2026-07-06T14:00Z", "2026-07-06T17:00Z", name="charge"),
    lease("skip", "2026-07-06T14:00Z", "2026-07-06T17:00Z", name="look", of="job"),
    lease("override", "2026-07-06T14:00Z", "2026-07-06T17:00:00.5Z", setting=SELL),
    lease(
        "override",
        "2026-07-06T14:00Z",
        "2026-07-06T17:00Z",
        setting=Setting(Mode.BACKUP, HOLD, GridCharging.DENY, at_least=20.0),
    ),
]


@pytest.mark.parametrize("each", LEASES, ids=lambda each: f"{each.kind} {each.of}")
def test_a_lease_is_read_back_from_its_json(each: Lease) -> None:
    assert lease_from_json(each.to_json()) == each


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "loan"},
        {"until": "soon"},
        {"until": "2026-07-06T17:00:00"},
        {"begun": 5},
        {"kind": "override"},
        {"kind": "skip"},
    ],
)
def test_data_that_is_no_lease_is_none(change: dict[str, Any]) -> None:
    good = {"id": "1", "kind": "pause", "begun": "2026-07-06T14:00Z", "until": "2026-07-06T15:00Z"}

    assert lease_from_json(good) is not None
    assert lease_from_json({**good, **change}) is None


def quarters(least: int, most: int) -> st.SearchStrategy[datetime]:
    return st.integers(least, most).map(lambda number: START + number * HOUR / 4)


@st.composite
def drawn_leases(draw: st.DrawFn) -> Lease:
    kind = draw(st.sampled_from(list(LeaseKind)))
    begun, until = sorted((draw(quarters(0, 190)), draw(quarters(0, 190))))
    return Lease(
        id=str(draw(st.integers(0, 99))),
        kind=kind,
        begun=begun,
        until=until,
        setting=draw(st.sampled_from([SELL, Setting(Mode.SELF_CONSUMPTION, HOLD)])),
        name=draw(st.sampled_from(["charge", "hold", "hold on"])),
    )


# No two leases of one audit have the same id: it is the number of an entry.
several_leases = st.lists(drawn_leases(), max_size=4, unique_by=lambda lease: lease.id)


@settings(max_examples=60)
@given(leases=several_leases)
def test_boundaries_are_where_a_naive_walk_sees_a_change_or_a_lapse(
    home_of_all: Schedule, leases: list[Lease]
) -> None:
    step = timedelta(minutes=5)
    looks = [START + step * number for number in range(12 * 48 + 1)]
    wanted = [desired_at(home_of_all, look, leases) for look in looks]
    lapses = {edge for each in leases for edge in (each.begun, each.until)}
    seen = [
        look
        for (before, after), look in zip(pairwise(wanted), looks[1:], strict=True)
        if look in lapses
        or before.setting != after.setting
        or (before.rule != after.rule and after.setting.reserve == HOLD)
    ]

    walked, now = [], START
    while (entry := next_boundary(home_of_all, now, leases)) and entry.at <= looks[-1]:
        walked.append(entry.at)
        now = entry.at

    assert walked == seen


@settings(max_examples=60)
@given(leases=several_leases, hour=st.integers(1, 47))
def test_since_when_is_the_last_change_before(
    home_of_all: Schedule, leases: list[Lease], hour: int
) -> None:
    now = START + hour * HOUR
    began = began_at(home_of_all, now, leases)

    assert began is not None
    wanted = desired_at(home_of_all, now, leases)
    step = (now - began) / 7
    for number in range(8):
        assert desired_at(home_of_all, began + number * step, leases).setting == wanted.setting
    before = desired_at(home_of_all, began - timedelta(microseconds=1), leases)
    assert before.setting != wanted.setting or wanted.setting.reserve == HOLD


@pytest.fixture(scope="module")
def home_of_all(build: type[Build]) -> Schedule:
    return build.schedule(
        build.calendar("UTC"),
        build.rule(clock="22:00-06:00", inset="5m"),
        build.rule("hold", Setting(Mode.SELF_CONSUMPTION, HOLD), clock="16:00-18:00"),
        build.rule("hold on", Setting(Mode.SELF_CONSUMPTION, HOLD), clock="18:00-21:00"),
    )


def test_a_plan_shows_leases_until_their_ends(home: Schedule) -> None:
    leases = (
        lease("override", "2026-07-06T12:00:00.5Z", "2026-07-06T17:00:00.25Z", setting=SELL),
        lease("pause", "2026-07-06T18:30Z", "2026-07-06T19:00Z"),
        lease("skip", "2026-07-06T20:00Z", "2026-07-07T05:55Z", name="charge"),
        lease("skip", "2026-07-06T12:00Z", "2026-07-07T07:15Z", name="look", of="job"),
    )

    made = plan(home, at("2026-07-06T13:00Z"), at("2026-07-07T13:00Z"), leases)

    assert [(f"{each.at:%dT%H:%M:%S.%f}", each.name) for each in made.entries] == [
        ("06T13:00:00.000000", "override"),
        ("06T17:00:00.250000", "hold"),
        ("06T18:00:00.000000", "hold on"),
        ("06T21:00:00.000000", "run the house"),
        ("07T12:00:00.000000", "commit"),
    ]


@pytest.mark.parametrize("begun", range(0, 48, 7))
def test_the_boundaries_with_leases_are_the_changes_of_what_is_wanted(
    home: Schedule, begun: int
) -> None:
    held, step = START + begun * HOUR, timedelta(minutes=5)
    leases = (
        Lease("1", LeaseKind.OVERRIDE, held, held + 5 * HOUR, setting=SELL),
        Lease("2", LeaseKind.SKIP, held, held + 30 * HOUR, name="hold"),
        Lease("3", LeaseKind.PAUSE, held, held + 9 * HOUR),
    )
    walk = [desired_at(home, START + number * step, leases) for number in range(72 * 12 + 1)]

    changed = [
        START + number * step
        for number, (before, after) in enumerate(pairwise(walk), start=1)
        if before.rule != after.rule
        and (before.setting != after.setting or after.setting.reserve == HOLD)
    ]

    found = boundaries(home, START, START + 72 * HOUR, leases)
    assert [entry.at for entry in found] == changed
