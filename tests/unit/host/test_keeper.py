"""One turn at a time, no wake lost, and no fault that silences a site."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any, cast

import pytest

from scheduler import clock
from scheduler.errors import AuditUnwritableError, LockedError
from scheduler.host.keeper import AFTER_FAULT, LONGEST_STEP, SOONEST, Keeper
from scheduler.host.timers import Timers
from scheduler.site.site import Alarm
from scheduler.words import Wake

from .conftest import FakeScheduler, PlainSite, Wall

BOUNDARY = timedelta(hours=2)


@pytest.fixture
def keeper(site: PlainSite, timers: Timers, wall: Wall) -> Keeper:
    return Keeper(cast("Any", site), timers, now=wall.now)


async def test_a_wake_is_a_turn_with_the_boundary_it_was_set_for(
    keeper: Keeper, site: PlainSite, wall: Wall
) -> None:
    keeper.wake(Wake.BOUNDARY, due=wall.now())

    await keeper.quiet()

    assert site.looks == [(Wake.BOUNDARY, wall.now())]


async def test_wakes_that_come_during_a_turn_are_one_more_turn_named_by_the_weightiest(
    keeper: Keeper, site: PlainSite
) -> None:
    site.door.clear()
    keeper.wake(Wake.START)
    await asyncio.sleep(0)
    for wake in (Wake.PULSE, Wake.BOUNDARY, Wake.RETRY):
        keeper.wake(wake)
    site.door.set()

    await keeper.quiet()

    assert [wake for wake, _ in site.looks] == [Wake.START, Wake.BOUNDARY]


async def test_a_person_and_a_timer_never_turn_a_site_at_once(
    keeper: Keeper, site: PlainSite
) -> None:
    site.door.clear()
    keeper.wake(Wake.BOUNDARY)
    asked = asyncio.ensure_future(keeper.operate())
    await asyncio.sleep(0.01)
    site.door.set()

    await asyncio.gather(asked, keeper.quiet())

    assert site.most_at_once == 1
    assert len(site.looks) == 2


async def test_after_each_turn_the_timers_are_those_the_site_asks_for(
    keeper: Keeper, site: PlainSite, scheduler: FakeScheduler, wall: Wall
) -> None:
    site.wanted = (Alarm(wall.now() + BOUNDARY, Wake.BOUNDARY, wall.now() + BOUNDARY),)
    keeper.wake(Wake.PULSE)

    await keeper.quiet()

    assert scheduler.instants == [wall.now() + BOUNDARY]


async def test_an_alarm_that_is_due_already_is_no_storm(
    keeper: Keeper, site: PlainSite, scheduler: FakeScheduler, wall: Wall
) -> None:
    site.wanted = (Alarm(wall.now() - BOUNDARY, Wake.RETRY),)
    keeper.wake(Wake.PULSE)

    await keeper.quiet()

    assert scheduler.instants == [wall.now() + SOONEST]


async def test_a_defect_is_logged_once_shown_and_does_not_end_the_turning(
    keeper: Keeper, site: PlainSite, caplog: pytest.LogCaptureFixture
) -> None:
    site.faults = [RuntimeError("a hole in the table"), RuntimeError("a hole in the table")]
    for _ in range(2):
        keeper.wake(Wake.PULSE)
        await keeper.quiet()

    assert sum("unexpected fault" in record.message for record in caplog.records) == 1
    assert "a hole in the table" in site.reasons["defect"].text
    assert site.reasons["defect"].word == "failing"

    keeper.wake(Wake.PULSE)
    await keeper.quiet()

    assert site.reasons == {}
    assert len(site.looks) == 3


async def test_a_fault_that_is_not_ours_is_shown_with_its_own_words(
    keeper: Keeper, site: PlainSite, caplog: pytest.LogCaptureFixture
) -> None:
    site.faults = [LockedError("Process 77 holds the turn.")]
    keeper.wake(Wake.PULSE)

    await keeper.quiet()

    assert site.reasons["fault"].text == "Process 77 holds the turn."
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_an_audit_that_cannot_be_written_is_told_once(
    keeper: Keeper, site: PlainSite, caplog: pytest.LogCaptureFixture
) -> None:
    site.faults = [
        AuditUnwritableError("The disk is full."),
        AuditUnwritableError("The disk is full."),
    ]
    for _ in range(2):
        keeper.wake(Wake.PULSE)
        await keeper.quiet()

    assert len(caplog.records) == 1
    assert "Nothing is done until" in caplog.text


async def test_after_a_defect_the_next_turn_waits(
    keeper: Keeper, site: PlainSite, scheduler: FakeScheduler, wall: Wall
) -> None:
    site.faults, site.wanted = [RuntimeError("?")], (Alarm(wall.now(), Wake.RETRY),)
    keeper.wake(Wake.PULSE)

    await keeper.quiet()

    assert scheduler.instants == [wall.now() + AFTER_FAULT]


async def test_a_site_at_rest_does_not_hang_however_long_ago_it_turned(keeper: Keeper) -> None:
    keeper.wake(Wake.PULSE)
    await keeper.quiet()

    assert not keeper.hangs(clock.monotonic() + 24 * 3600)


async def test_a_turn_without_a_step_for_longer_than_any_takes_hangs(
    keeper: Keeper, site: PlainSite
) -> None:
    site.door.clear()
    keeper.wake(Wake.PULSE)
    await asyncio.sleep(0)
    began = clock.monotonic()

    assert not keeper.hangs(began + LONGEST_STEP - 1)
    assert keeper.hangs(began + LONGEST_STEP + 1)
    site.last_turn = began + 30
    assert not keeper.hangs(began + LONGEST_STEP + 1)

    site.door.set()
    await keeper.quiet()


async def test_after_the_stop_nothing_wakes_it_and_a_turn_that_lasts_is_broken_off(
    keeper: Keeper, site: PlainSite
) -> None:
    site.door.clear()
    keeper.wake(Wake.PULSE)
    await asyncio.sleep(0)

    await keeper.stop()
    keeper.wake(Wake.BOUNDARY)
    await keeper.quiet()

    assert site.stopped
    assert len(site.looks) == 1
    assert site.at_once == 0


async def test_an_act_goes_on_where_nobody_waits_for_it(keeper: Keeper) -> None:
    done = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.set()

    asking = asyncio.ensure_future(keeper.act(work()))
    await asyncio.sleep(0)
    asking.cancel()

    await asyncio.wait_for(done.wait(), 60)
