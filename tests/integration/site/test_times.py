"""Jobs and boundaries by a clock that is held, put right, or set back; and what a start finds."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from scheduler.errors import AuditUnwritableError
from scheduler.gateway.base import Limits, Steps
from scheduler.schedule.values import ClockTime, Condition, Job, JobKind
from scheduler.site.site import Site
from scheduler.words import Outcome, Wake

from .conftest import PLACE, Home


def job(hour: int, minute: int = 0) -> Job:
    at = ClockTime(hour * 3600 + minute * 60)
    return Job("the job", JobKind.COMMIT, at, Condition(), PLACE)


@pytest.fixture
def committing(house: Home) -> Home:
    """A gateway that can commit, and a job at 9:05."""
    house.schedule = dataclasses.replace(house.schedule, jobs=(job(9, 5),))
    return house


async def do_jobs(site: Site) -> None:
    await asyncio.gather(*site._tasks)


async def jobs_of(house: Home) -> list[str | None]:
    await do_jobs(house.site)
    return [run.outcome for run in house.runs() if run.name == "the job"]


async def test_a_job_is_run_once_at_its_time(committing: Home) -> None:
    committing.start()
    await committing.look(Wake.START)

    alarm = await committing.next(Wake.JOB)
    await committing.look(Wake.PULSE)

    assert (alarm.at.hour, alarm.at.minute) == (9, 5)
    assert await jobs_of(committing) == ["refused"]
    assert "cannot do commit" in committing.runs()[-1].error


async def test_a_job_due_while_the_clock_is_held_waits_with_the_reason_and_is_then_run(
    committing: Home,
) -> None:
    committing.synchronised = lambda: False
    site = committing.start()
    await site.start(alive_until=committing.clock.instant - timedelta(hours=2))
    await committing.look(Wake.START)
    committing.clock.move(minutes=6)
    await committing.look(Wake.PULSE)
    held = [(run.outcome, run.error) for run in committing.runs() if run.name == "the job"]
    committing.clock.move(minutes=5)

    await committing.look(Wake.PULSE)

    assert [outcome for outcome, _ in held] == ["deferred"]
    assert "not synchronised" in held[0][1]
    assert await jobs_of(committing) == ["deferred", "refused"]


async def test_a_job_long_past_when_the_clock_is_put_right_is_missed_once(committing: Home) -> None:
    committing.synchronised = lambda: False
    committing.start()
    await committing.site.start(alive_until=committing.clock.instant)
    await committing.look(Wake.START)
    committing.clock.move(minutes=8)
    committing.clock.step(hours=3)
    committing.synchronised = lambda: True
    committing.controller.trust._synchronised = lambda: True

    await committing.look(Wake.CLOCK_STEP)

    assert (await jobs_of(committing)).count("missed") == 1


async def test_a_missed_job_is_not_lost_where_the_audit_cannot_be_written(committing: Home) -> None:
    committing.start()
    await committing.look(Wake.START)
    committing.clock.move(hours=3)
    decided, broken = committing.site.recorder.decided, [True]

    async def failing(*args: Any, **words: Any) -> int:
        if broken:
            raise AuditUnwritableError
        return await decided(*args, **words)

    committing.site.recorder.decided = failing  # type: ignore[method-assign]
    with pytest.raises(AuditUnwritableError):
        await committing.look(Wake.PULSE)
    assert "audit" in committing.reasons()
    broken.clear()
    await committing.look(Wake.PULSE)

    assert await jobs_of(committing) == ["missed"]
    assert "audit" not in committing.reasons()


async def test_an_unexpected_fault_in_a_job_ends_its_run(
    committing: Home, caplog: pytest.LogCaptureFixture
) -> None:
    class Committing(type(committing.site.gateway)):  # type: ignore[misc]
        async def commit(self, steps: Steps) -> None:
            raise ZeroDivisionError("a defect")

        async def run_sitemaster(self, steps: Steps) -> None:
            """Not asked for."""

    committing.site.gateway.__class__ = Committing
    await committing.look(Wake.START)
    await committing.next(Wake.JOB)

    while "an unexpected fault in the job" not in caplog.text:
        await asyncio.sleep(0.01)
    assert [run.outcome for run in committing.runs() if run.name == "the job"] == ["failed"]
    assert "a defect" in committing.runs()[-1].error


async def test_after_a_step_back_the_next_boundary_is_timed_anew(house: Home) -> None:
    await house.look(Wake.START)
    await house.next(Wake.BOUNDARY)
    house.clock.step(minutes=-30)

    alarms = house.site.alarms(house.clock.instant)

    boundary = next(each for each in alarms if each.wake is Wake.BOUNDARY)
    assert boundary.at - house.clock.instant < timedelta(minutes=31)


async def test_a_timer_that_fires_a_moment_early_is_not_set_again_for_the_same_boundary(
    house: Home,
) -> None:
    await house.look(Wake.START)
    due = next(e.at for e in house.site.alarms(house.clock.instant) if e.wake is Wake.BOUNDARY)
    house.clock.move(seconds=(due - house.clock.instant).total_seconds() - 0.3)

    await house.site.look(Wake.BOUNDARY, due=due)

    assert house.device.shown().mode == "backup"
    alarms = house.site.alarms(house.clock.instant)
    assert all(each.at > due for each in alarms if each.wake is Wake.BOUNDARY)


async def test_open_runs_of_another_site_are_left_alone(house: Home) -> None:
    house.device.limits = Limits(confirm_after=(5.0,), confirm_within=60)
    house.device.lag = 10
    neighbour = house.start("next door")
    await neighbour.look(Wake.START)
    ours = house.start()

    await ours.start(alive_until=None)

    assert house.outcomes() == ["accepted"]


async def test_what_was_seen_while_the_clock_was_held_is_not_missed(house: Home) -> None:
    house.synchronised = lambda: False
    house.at(21, 55)
    site = house.start()
    await site.start(alive_until=house.clock.instant)
    await house.look(Wake.START)
    house.clock.move(minutes=11)

    await house.look(Wake.PULSE)

    assert [run.outcome for run in house.runs()] == ["deferred", "confirmed"]
    assert house.device.shown().mode == "backup"


async def test_missed_boundaries_are_recorded_again_where_the_audit_failed(house: Home) -> None:
    site = house.start()
    await site.start(alive_until=house.clock.instant - timedelta(days=1))
    event, broken = site.recorder.decided, [True]

    async def failing(*args: Any, **words: Any) -> int:
        if broken:
            raise AuditUnwritableError
        return await event(*args, **words)

    site.recorder.decided = failing  # type: ignore[method-assign]
    with pytest.raises(AuditUnwritableError):
        await house.look(Wake.START)
    broken.clear()
    await house.look(Wake.PULSE)

    assert house.outcomes() == ["missed", "missed", "confirmed"]


async def test_a_look_while_an_update_is_installed_is_deferred_once(house: Home) -> None:
    await house.look(Wake.START)
    house.controller.installing = True
    house.at(22)

    first, again = await house.look(Wake.BOUNDARY), await house.look(Wake.PULSE)

    assert (first.outcome, again) == (Outcome.DEFERRED, None)
    assert "installing" in house.reasons()
