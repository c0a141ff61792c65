"""Clocks that are set, stand still, and start in the past: nothing fires on one that is not
believed, and nothing is missed or done twice once it is right."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.audit.database import open_database
from scheduler.plan import desired_at
from scheduler.schedule.values import ClockTime, Condition, Job, JobKind
from scheduler.words import Wake

from .conftest import PLACE, Clock, Device, Home, schedule

JOB = Job("the job", JobKind.COMMIT, ClockTime(12 * 3600), Condition(), PLACE)
HOURS = st.floats(min_value=0.02, max_value=20.0)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("passes"), HOURS),
        st.tuples(st.just("suspended"), HOURS),
        st.tuples(st.just("set forward"), HOURS),
        st.tuples(st.just("set back"), HOURS),
        st.tuples(st.just("restart"), HOURS),
    ),
    min_size=1,
    max_size=3,
)


async def happens(house: Home, what: str, hours: float) -> None:
    clock, seconds = house.clock, hours * 3600.0
    if what == "restart":
        await house.restart(gone_for=seconds)
        await house.look(Wake.START)
    elif what == "passes":
        until = clock.elapsed + seconds
        while clock.elapsed < until:
            clock.move(seconds=min(7200.0, until - clock.elapsed))
            await house.look(Wake.PULSE)
    else:
        # A machine that sleeps has a wall clock that went on, and a monotonic one that did not.
        clock.step(seconds=-seconds if what == "set back" else seconds)
        await house.look(Wake.CLOCK_STEP)


async def lived(folder: Path, events: list[tuple[str, float]]) -> None:
    clock = Clock()
    database = open_database(folder / "tou.db", create=True)
    house = Home(folder, clock, database, Device(clock), schedule=schedule(JOB))
    try:
        await house.look(Wake.START)
        for what, hours in events:
            await happens(house, what, hours)
        await house.look(Wake.PULSE)
        await asyncio.gather(*house.site._tasks)

        wanted = desired_at(house.schedule, clock.instant).setting
        assert house.device.shown().shows(wanted)
        if any(what == "set back" for what, _ in events):
            return  # the same hours count anew, by a clock that somebody put right
        jobs = [run for run in house.runs() if run.name == "the job" and run.outcome != "missed"]
        assert max(Counter(run.planned_at for run in jobs).values(), default=1) == 1
        missed = [run for run in house.runs() if run.outcome == "missed"]
        assert max(Counter((run.name, run.planned_at) for run in missed).values(), default=1) == 1
    finally:
        await house.close()


@settings(max_examples=6)
@given(EVENTS)
def test_whatever_the_clock_does_the_right_setting_is_in_force_and_nothing_is_done_twice(
    events: list[tuple[str, float]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(lived(Path(folder), events))


async def test_a_boot_in_the_past_does_nothing_until_the_clock_is_right(house: Home) -> None:
    house.synchronised = lambda: None
    await house.look(Wake.START)
    requests = len(house.device.done)
    house.clock.step(days=-30)
    house.start()

    for wake in (Wake.START, Wake.PULSE, Wake.BOUNDARY, Wake.PULSE):
        await house.look(wake)
    held = house.device.done[requests:]
    house.clock.step(days=30, minutes=5)
    await house.look(Wake.CLOCK_STEP)

    assert held == []
    assert house.outcomes() == ["confirmed", "deferred", "unchanged"]


async def test_a_clock_that_jumps_after_boot_fires_nothing_before_it_is_synchronised(
    house: Home,
) -> None:
    """40 minutes over the boundary at 22:00, as the time service puts it right."""
    house.at(21, 30)
    believed = [False]
    house.synchronised = lambda: believed[0]
    await house.look(Wake.START)
    house.clock.step(minutes=40)
    before = house.device.done[:]
    believed[0] = True

    await house.look(Wake.CLOCK_STEP)

    assert before == []
    assert house.device.shown().mode == "backup"
    assert house.outcomes() == ["deferred", "confirmed"]


async def test_a_clock_that_is_held_for_long_is_an_incident_and_over_when_it_is_right(
    house: Home,
) -> None:
    house.synchronised = lambda: None
    await house.look(Wake.START)
    house.clock.step(days=-1)
    await house.restart()
    for _ in range(24):
        house.clock.move(seconds=30)
        await house.look(Wake.PULSE)
    held = [each.reason.id for each in house.site.incidents.open]
    house.clock.step(days=1)
    for _ in range(4):
        house.clock.move(seconds=30)
        await house.look(Wake.CLOCK_STEP)

    assert held == ["clock"]
    assert house.site.incidents.open == ()


async def test_drift_seen_before_the_clock_was_set_back_is_put_right_all_the_same(
    house: Home,
) -> None:
    await house.look(Wake.START)
    house.device.active = type(house.device.active)("backup", 80.0)
    await house.look(Wake.PULSE)
    house.clock.step(minutes=-30)

    await house.look(Wake.PULSE)

    assert house.device.shown().mode == "self_consumption"


async def test_a_gateway_with_another_clock_is_told_and_not_obeyed(house: Home) -> None:
    house.device.clock_ahead = -600.0
    await house.look(Wake.START)
    told = house.reasons()
    house.device.clock_ahead = 20.0

    assert "10 min behind ours" in told["gateway_clock"]
    assert house.outcomes() == ["confirmed"]
    assert house.reasons() == {}
