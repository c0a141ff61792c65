"""The plan as a list with a checksum, and the far ends of time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.clock import iso, localise
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
from scheduler.plan.entry import Plan
from scheduler.plan.wall import pieces
from scheduler.schedule.values import Job, Rule, Schedule
from scheduler.setting import HOLD, Export, GridCharging, Setting

from .conftest import Build

at = datetime.fromisoformat

NIGHT = "00:00 cheap, 06:00 dear, 22:00 cheap"
ZONES = sorted(available_timezones())


def override(setting: Setting, until: datetime) -> Lease:
    return Lease("1", LeaseKind.OVERRIDE, datetime(1, 1, 1, tzinfo=UTC), until, setting=setting)


@pytest.fixture
def nights(build: type[Build]) -> Schedule:
    return build.schedule(
        build.calendar("UTC", NIGHT),
        build.rule(during="cheap", inset=("0s", "5m")),
        build.job("firmware", "cheap.end - 45m"),
        build.job("commit", "22:00"),
    )


def told(planned: Plan) -> list[str]:
    return [f"{iso(entry.at)[5:]} {entry.kind} {entry.name}" for entry in planned.entries]


def test_a_plan_begins_with_the_setting_in_force_and_is_sorted(nights: Schedule) -> None:
    planned = plan(nights, at("2026-07-06T12:00:00.25Z"), at("2026-07-07T12:00Z"))
    assert told(planned) == [
        "07-06T12:00:00.250000Z switch run the house",
        "07-06T22:00:00Z switch charge",
        "07-06T22:00:00Z job commit",
        "07-07T05:15:00Z job firmware",
        "07-07T05:55:00Z switch run the house",
    ]


def test_a_boundary_at_the_start_is_the_entry_in_force_and_jobs_there_are_due(
    nights: Schedule,
) -> None:
    planned = plan(nights, at("2026-07-06T22:00Z"), at("2026-07-06T23:00Z"))
    assert told(planned) == ["07-06T22:00:00Z switch charge", "07-06T22:00:00Z job commit"]


def test_what_happens_at_the_end_belongs_to_the_next_plan(nights: Schedule) -> None:
    planned = plan(nights, at("2026-07-06T21:00Z"), at("2026-07-06T22:00Z"))
    assert told(planned) == ["07-06T21:00:00Z switch run the house"]


@pytest.mark.parametrize("end", ["2026-07-06T22:00Z", "2026-07-05T22:00Z"])
def test_a_plan_for_no_time_is_empty(nights: Schedule, end: str) -> None:
    assert plan(nights, at("2026-07-06T22:00Z"), at(end)).entries == ()


def test_a_plan_keeps_its_instants_in_utc(nights: Schedule) -> None:
    planned = plan(nights, at("2026-07-06T14:00+02:00"), at("2026-07-07T14:00+02:00"))
    instants = planned.start, planned.end, *(entry.at for entry in planned.entries)
    assert {instant.tzinfo for instant in instants} == {UTC}


def test_the_checksum_is_that_of_the_entries_canonical_json(nights: Schedule) -> None:
    planned = plan(nights, at("2026-07-06T21:00Z"), at("2026-07-06T23:00Z"))
    common = {"season": None, "day_class": "weekday"}
    run = {"name": "run the house", "mode": "self_consumption", "reserve_percent": 5.0}
    charge = {"name": "charge", "mode": "backup", "reserve_percent": 100.0}
    nothing = {"mode": None, "reserve_percent": None}
    ten, nine = "2026-07-06T22:00:00Z", "2026-07-06T21:00:00Z"
    entries = [
        common | run | {"at": nine, "kind": "switch", "do": None, "period": "dear"},
        common | charge | {"at": ten, "kind": "switch", "do": None, "period": "cheap"},
        common
        | nothing
        | {"name": "commit", "at": ten, "kind": "job", "do": "commit", "period": "cheap"},
    ]
    text = json.dumps(entries, sort_keys=True, separators=(",", ":"))
    assert planned.checksum == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_checksum_changes_with_any_entry(build: type[Build]) -> None:
    def checksum(*parts: Job | Rule) -> str:
        schedule = build.schedule(build.calendar("UTC", NIGHT), *parts)
        return plan(schedule, at("2026-07-06T12:00Z"), at("2026-07-08T12:00Z")).checksum

    sums = [
        checksum(build.rule(during="cheap")),
        checksum(build.rule(during="cheap", inset="1m")),
        checksum(build.rule("renamed", during="cheap")),
        checksum(build.rule(during="cheap"), build.job("job", "07:15")),
        checksum(),
    ]
    assert len(set(sums)) == len(sums)


# Far away.


@settings(max_examples=200)
@given(data=st.data())
def test_pieces_of_one_offset_read_as_the_zone_does(data: st.DataObject) -> None:
    zone = ZoneInfo(data.draw(st.sampled_from(ZONES)))
    begin = datetime(1900, 1, 2, tzinfo=UTC)
    hours = data.draw(st.integers(0, 200 * 365 * 24))
    start = int((begin + timedelta(hours=hours)).timestamp())
    length = data.draw(st.integers(1, 500 * 86_400))
    found = pieces(zone, start, start + length)
    assert [piece.end for piece in found[:-1]] == [piece.start for piece in found[1:]]
    assert (found[0].start, found[-1].end) == (start, start + length)
    for piece in found:
        span = piece.end - piece.start - 1
        for share in (0.0, 0.001, 0.25, 0.5, 0.9, 0.999, 1.0):
            instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
                seconds=piece.start + int(span * share)
            )
            offset = localise(instant, zone).utcoffset()
            assert offset is not None
            assert offset.total_seconds() == piece.offset


def test_an_offset_that_lasted_a_week_is_not_overlooked(build: type[Build]) -> None:
    # Noronha tried summer time from 2000-10-08 to 2000-10-15, and gave it up.
    schedule = build.schedule(build.calendar("America/Noronha"), build.job("noon", "12:00"))
    found = jobs(schedule, at("2000-10-06T00:00Z"), at("2000-10-17T00:00Z"))
    hours = [entry.at.hour for entry in found]
    assert hours == [14, 14, *[13] * 7, 14, 14]


FAR = ["0001-01-05T00:00Z", "0900-06-01T00:00Z", "1900-01-01T00:00Z", "2100-12-31T23:59:59Z",
       "9998-06-01T00:00Z", "9999-12-28T00:00Z"]  # fmt: skip
FAR_ZONES = ["Asia/Manila", "America/Sitka", "Pacific/Kiritimati", "America/Los_Angeles"]


@pytest.mark.parametrize("zone", FAR_ZONES)
@pytest.mark.parametrize("instant", FAR)
def test_every_question_has_an_answer_in_far_years(
    build: type[Build], zone: str, instant: str
) -> None:
    schedule = build.schedule(
        build.calendar(zone, NIGHT),
        build.rule("charge", during="cheap", inset="5m"),
        build.rule("eve", clock="21:00-03:00", days="sat"),
        build.job("firmware", "cheap.end - 45m"),
        build.job("daily", "12:00"),
    )
    now = at(instant)
    begun, following, job = (
        began_at(schedule, now),
        next_boundary(schedule, now),
        next_job(schedule, now),
    )
    assert desired_at(schedule, now).rule in {"charge", "eve", "run the house"}
    assert begun is None or now - timedelta(days=1) < begun <= now
    assert following is None or now < following.at <= now + timedelta(days=1)
    assert job is None or now < job.at <= now + timedelta(days=1)


@pytest.mark.parametrize("instant", ["0001-01-05T00:00Z", "9999-12-28T00:00Z"])
def test_an_inset_may_reach_beyond_the_ends_of_the_calendar(
    build: type[Build], instant: str
) -> None:
    rule = build.rule(during="flat", inset="9000h")
    schedule = build.schedule(build.calendar("UTC", "00:00 flat"), rule)
    assert desired_at(schedule, at(instant)).rule == "charge"


WEEK = timedelta(days=7)
QUESTIONS = {
    "desired_at": desired_at,
    "began_at": began_at,
    "next_boundary": next_boundary,
    "next_job": next_job,
    "boundaries from it": lambda schedule, edge: boundaries(schedule, edge, edge),
    "jobs from it": lambda schedule, edge: jobs(schedule, edge, edge),
    "plan": lambda schedule, edge: (
        plan(schedule, edge, edge + WEEK) if edge.year == 1 else plan(schedule, edge - WEEK, edge)
    ),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize("edge", [datetime.min, datetime.max], ids=["first", "last"])
def test_the_ends_of_the_calendar_are_refused_with_the_way_out(
    nights: Schedule, question: Callable[..., Any], edge: datetime
) -> None:
    with pytest.raises(ValueError, match=r"Give an instant from 0001-01-04T00:00:00Z to 9999"):
        question(nights, edge.replace(tzinfo=UTC))


def test_an_override_without_an_end_in_sight_wins(nights: Schedule, build: type[Build]) -> None:
    lease = override(build.CHARGE, datetime.max.replace(tzinfo=UTC))
    assert desired_at(nights, at("2026-07-06T12:00Z"), [lease]).rule == "override"


def test_what_a_rule_names_is_in_its_entry_and_its_checksum_and_nothing_else_is(
    build: type[Build],
) -> None:
    def made(setting: Setting, **more: Any) -> Plan:
        rule = replace(build.rule(setting=setting, clock="22:00-06:00"), **more)
        schedule = build.schedule(build.calendar("UTC"), rule)
        return plan(schedule, at("2026-07-06T12:00Z"), at("2026-07-07T12:00Z"))

    plain = made(build.CHARGE)
    allowed = made(replace(build.CHARGE, grid_charging=GridCharging.ALLOW, export=Export.SOLAR))
    powered = made(build.CHARGE, charge=3000.0)
    held = made(replace(build.CHARGE, reserve=HOLD, at_least=20.0))

    assert [entry.named() for entry in plain.entries] == [{}, {}, {}]
    assert allowed.entries[1].named() == {"grid_charging": "allow", "export": "solar"}
    assert powered.entries[1].named() == {"charge": 3000.0}
    assert held.entries[1].named() == {"at_least_percent": 20.0}
    assert len({each.checksum for each in (plain, allowed, powered, held)}) == 4
    assert plain.checksum == "d598ac0eea425cee"


def test_a_rule_with_another_power_is_a_boundary_though_its_setting_is_the_same(
    build: type[Build],
) -> None:
    slow = replace(build.rule("slow", clock="00:00-03:00"), charge=1000.0)
    fast = replace(build.rule("fast", clock="03:00-06:00"), charge="full")
    schedule = build.schedule(build.calendar("UTC"), slow, fast)

    boundary = next_boundary(schedule, at("2026-07-06T01:00Z"))

    assert (boundary.name, boundary.charge) == ("fast", "full")
    assert desired_at(schedule, at("2026-07-06T01:00Z")).charge == 1000.0
