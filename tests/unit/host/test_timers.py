"""Every instant that is wanted is one firing, and no other."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from scheduler.host.timers import Timers
from scheduler.site.site import Alarm
from scheduler.words import Wake

from .conftest import NOON, FakeScheduler

HOUR = timedelta(hours=1)


class Sleeper:
    def __init__(self) -> None:
        self.woken: list[tuple[Wake, object]] = []

    def wake(self, cause: Wake, *, due: datetime | None = None) -> None:
        self.woken.append((cause, due))


@pytest.fixture
def sleepers() -> list[Sleeper]:
    return [Sleeper() for _ in range(3)]


async def test_sites_that_share_a_boundary_share_a_firing(
    timers: Timers, scheduler: FakeScheduler, sleepers: list[Sleeper]
) -> None:
    for sleeper in sleepers:
        timers.set(sleeper, [Alarm(NOON, Wake.BOUNDARY, NOON)])

    assert scheduler.instants == [NOON]
    await scheduler.fire(NOON)

    assert [each.woken for each in sleepers] == [[(Wake.BOUNDARY, NOON)]] * 3


async def test_what_is_not_wanted_any_more_does_not_fire(
    timers: Timers, scheduler: FakeScheduler, sleepers: list[Sleeper]
) -> None:
    first, second, _ = sleepers
    timers.set(first, [Alarm(NOON, Wake.BOUNDARY, NOON), Alarm(NOON + HOUR, Wake.JOB)])
    timers.set(second, [Alarm(NOON, Wake.BOUNDARY, NOON)])
    timers.set(first, [Alarm(NOON + HOUR, Wake.JOB)])

    await scheduler.fire(NOON)

    assert first.woken == []
    assert scheduler.instants == [NOON + HOUR]


async def test_an_alarm_that_has_fired_can_be_wanted_again(
    timers: Timers, scheduler: FakeScheduler, sleepers: list[Sleeper]
) -> None:
    sleeper = sleepers[0]
    timers.set(sleeper, [Alarm(NOON, Wake.RETRY)])
    await scheduler.fire(NOON)

    timers.set(sleeper, [Alarm(NOON, Wake.RETRY)])
    await scheduler.fire(NOON)

    assert len(sleeper.woken) == 2


async def test_no_misfire_is_dropped_and_no_two_firings_shut_each_other_out(
    timers: Timers, scheduler: FakeScheduler, sleepers: list[Sleeper]
) -> None:
    timers.set(sleepers[0], [Alarm(NOON, Wake.RETRY), Alarm(NOON + HOUR, Wake.RETRY)])

    assert len(scheduler.jobs) == 2
    assert all(more["misfire_grace_time"] is None for *_, more in scheduler.jobs.values())
