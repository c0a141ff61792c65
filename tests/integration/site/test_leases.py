"""A site with leases: they decide, hold back, lapse and outlive the process, on a clock of the
test's own."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Literal

import pytest

from scheduler.errors import LeaseError
from scheduler.plan import LeaseKind
from scheduler.plan.leases import Lease
from scheduler.schedule.values import ClockTime, Condition, Job, JobKind
from scheduler.setting import HOLD, Mode, Setting
from scheduler.site.asked import Asked, LeaseEnding
from scheduler.words import Wake

from .conftest import HOUR, PLACE, Home, schedule

GUESTS = Setting(Mode.AUTONOMOUS, 40.0)


def override(house: Home, setting: Setting = GUESTS, **ahead: int) -> Asked:
    until: datetime | Literal["next"]
    until = house.clock.instant + timedelta(**ahead) if ahead else "next"
    return Asked(LeaseKind.OVERRIDE, until, setting, who="anna", reason="guests")


def pause(house: Home, **ahead: int) -> Asked:
    return Asked(LeaseKind.PAUSE, house.clock.instant + timedelta(**ahead), who="anna")


async def ask(house: Home, asked: Asked) -> Lease:
    lease = await house.site.grant(asked)
    await house.look(Wake.OVERRIDE)
    return lease


def wanted(house: Home) -> tuple[str, object]:
    state = house.state()
    return state.wanted.rule, state.wanted.setting.reserve


def events(house: Home) -> list[str | None]:
    return [name for kind, name in house.events() if kind == "lease"]


async def test_an_override_decides_until_its_end_and_lapses_by_itself(house: Home) -> None:
    await house.look(Wake.START)
    lease = await ask(house, override(house, hours=2))
    await house.settle()
    assert (wanted(house), house.device.active.reserve) == (("override", 40.0), 40.0)
    assert house.state().leases[0]["reason"] == "guests"

    alarm = await house.next(Wake.BOUNDARY)
    await house.settle()

    assert alarm.at == lease.until
    assert house.device.active.reserve == 5.0
    assert events(house) == ["begun", "ended"]
    assert house.state().leases == ()
    assert house.runs()[-2].detail["lease"] == lease.id


async def test_the_journal_tells_a_lease_on_the_clock_of_the_house(
    house: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    await ask(house, pause(house, hours=2))

    assert "pause: nothing is done until Mon 2026-07-06 11:00 (anna)" in caplog.messages


async def test_an_override_outlives_a_restart_and_ends_while_nobody_is_there(house: Home) -> None:
    await house.look(Wake.START)
    await ask(house, override(house, hours=2))
    await house.settle()

    await house.restart(gone_for=HOUR)
    await house.look(Wake.START)
    assert wanted(house) == ("override", 40.0)

    await house.restart(gone_for=2 * HOUR)
    await house.look(Wake.START)
    await house.settle()
    assert (wanted(house), house.device.active.reserve) == (("run the house", 5.0), 5.0)
    assert events(house) == ["begun", "ended"]
    missed = [run for run in house.runs() if run.outcome == "missed"]
    assert [run.name for run in missed] == ["run the house"]


async def test_an_override_until_the_next_boundary_ends_with_the_rules_own_change(
    house: Home,
) -> None:
    await house.look(Wake.START)
    lease = await ask(house, override(house))
    assert (lease.until.hour, lease.until.minute) == (22, 0)


async def test_a_second_override_replaces_the_first(house: Home) -> None:
    await house.look(Wake.START)
    await ask(house, override(house, hours=9))
    await ask(house, override(house, Setting(Mode.BACKUP, 100.0), hours=1))
    assert wanted(house) == ("override", 100.0)

    house.clock.move(hours=1)
    await house.look(Wake.BOUNDARY)
    assert wanted(house) == ("run the house", 5.0)
    assert events(house) == ["begun", "ended", "begun", "ended"]


async def test_a_pause_holds_a_boundary_back_and_its_end_makes_it_true(house: Home) -> None:
    await house.look(Wake.START)
    await house.settle()
    house.at(21, 30)
    await ask(house, pause(house, hours=2))

    await house.next(Wake.BOUNDARY)
    await house.look(Wake.PULSE)
    writes = house.writes
    deferred = house.runs()[-1]
    assert (deferred.name, deferred.outcome) == ("charge overnight", "deferred")
    assert "paused until" in deferred.error
    assert "anna" in deferred.error
    assert house.state().word == "waiting"
    house.clock.move(minutes=30)
    assert "overdue" not in house.reasons()
    assert not [each for each in house.site.alarms(house.clock.instant) if each.wake is Wake.RETRY]

    await house.next(Wake.BOUNDARY)
    await house.settle()
    assert (house.writes, house.device.active.reserve) == (writes + 1, 100.0)


async def test_a_pause_brings_a_battery_back_all_the_same(house: Home) -> None:
    await house.look(Wake.START)
    await ask(house, pause(house, hours=2))
    house.device.owed, house.device.running = "a login stopped it", False

    house.clock.move(minutes=1)
    await house.look(Wake.PULSE)
    assert house.device.running


async def test_a_pause_leaves_what_somebody_else_wrote_alone(house: Home) -> None:
    await house.look(Wake.START)
    await house.settle()
    await ask(house, pause(house, hours=2))
    house.device.take(GUESTS)

    house.clock.move(minutes=1)
    await house.look(Wake.PULSE)
    assert house.device.active.reserve == 40.0

    await house.site.end(LeaseEnding(LeaseKind.PAUSE))
    await house.look(Wake.OVERRIDE)
    await house.settle()
    assert house.device.active.reserve == 5.0


async def test_a_job_due_in_a_pause_is_deferred_and_one_that_is_skipped_is_not_missed(
    house: Home,
) -> None:
    job = Job("commit it", JobKind.COMMIT, ClockTime(10 * HOUR), Condition(), PLACE)
    house.schedule = schedule(job)
    await house.look(Wake.START)
    await ask(house, Asked(LeaseKind.SKIP, name="commit it"))
    house.at(10, 1)
    await house.look(Wake.PULSE)
    assert [run for run in house.runs() if run.kind == "commit"] == []
    assert events(house) == ["begun", "ended"]

    house.at(9, 30)
    await ask(house, pause(house, hours=2))
    house.at(10, 1)
    await house.look(Wake.JOB)
    await asyncio.gather(*house.site._tasks)
    (run,) = [run for run in house.runs() if run.kind == "commit"]
    assert run.outcome == "deferred"


async def test_a_rule_is_left_out_once(house: Home) -> None:
    await house.look(Wake.START)
    await ask(house, Asked(LeaseKind.SKIP, name="charge overnight"))

    house.at(23)
    await house.look(Wake.BOUNDARY)
    assert wanted(house) == ("run the house", 5.0)
    house.at(7)
    house.at(23)
    await house.look(Wake.BOUNDARY)
    assert wanted(house) == ("charge overnight", 100.0)


async def test_a_hold_after_an_override_is_not_read_anew_when_the_override_is_forgotten(
    house: Home,
) -> None:
    house.schedule = schedule(night=Setting(Mode.SELF_CONSUMPTION, HOLD))
    house.at(23)
    await house.look(Wake.START)
    await ask(house, override(house, minutes=10))
    house.clock.move(minutes=10)
    await house.look(Wake.BOUNDARY)
    await house.settle()
    held = house.device.active.reserve
    house.device.charge = 30.0

    await house.restart()
    await house.look(Wake.START)
    await house.settle()
    assert house.device.active.reserve == held


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked(LeaseKind.PAUSE), "Say until when"),
        (Asked(LeaseKind.SKIP, name="charge over night"), "Did you mean charge overnight?"),
        (Asked(LeaseKind.SKIP, name="run the house"), "cannot be skipped"),
    ],
    ids=["no end", "no such rule", "a rule without an end"],
)
async def test_what_cannot_be_had_is_refused_with_the_way_out(
    house: Home, asked: Asked, told: str
) -> None:
    await house.look(Wake.START)
    with pytest.raises(LeaseError, match=told.replace("?", r"\?")):
        await house.site.grant(asked)
    assert events(house) == []
