"""The pulse: who is woken when, what a step of the clock does, and when the watchdog is fed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from scheduler import clock
from scheduler.host import supervisor
from scheduler.host.keeper import LONGEST_STEP, Keeper
from scheduler.host.pulse import LOOK, Pulse
from scheduler.host.timers import Timers
from scheduler.site.site import Alarm
from scheduler.words import Wake

from .conftest import FakeScheduler, PlainSite, Wall


async def nothing(now: datetime, ticks: float) -> None:
    """What the process does beside, without files."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(supervisor, "notify", lambda *said: lines.__iadd__(said) is lines)
    return lines


def made(
    site: PlainSite, timers: Timers, wall: Wall, *, pulse: timedelta = timedelta(seconds=30)
) -> tuple[Keeper, Pulse]:
    keeper = Keeper(cast("Any", site), timers, now=wall.now)
    return keeper, Pulse((keeper,), timers, pulse, beaten=nothing)


async def test_a_site_is_woken_once_a_pulse(site: PlainSite, timers: Timers, wall: Wall) -> None:
    keeper, pulse = made(site, timers, wall)
    begun, now = clock.monotonic(), clock.now()
    for second in range(10, 91, 10):
        await pulse.beat(now + timedelta(seconds=second), begun + second)
        await keeper.quiet()

    assert [wake for wake, _ in site.looks] == [Wake.PULSE] * 3


async def test_the_pulses_of_many_sites_are_spread(timers: Timers, wall: Wall) -> None:
    sites = [PlainSite(str(n)) for n in range(30)]
    keepers = tuple(Keeper(cast("Any", site), timers, now=wall.now) for site in sites)
    pulse = Pulse(keepers, timers, timedelta(seconds=30), beaten=nothing)
    begun, now = clock.monotonic(), clock.now()

    await pulse.beat(now + timedelta(seconds=10), begun + 10.01)
    await asyncio.gather(*(keeper.quiet() for keeper in keepers))

    assert pulse.every == 1.0
    assert sum(bool(site.looks) for site in sites) == 10


async def test_a_step_of_the_clock_is_seen_within_seconds_however_rare_the_pulse(
    site: PlainSite, timers: Timers, scheduler: FakeScheduler, wall: Wall
) -> None:
    keeper, pulse = made(site, timers, wall, pulse=timedelta(hours=1))
    begun, now = clock.monotonic(), clock.now()
    old, new = wall.now() + timedelta(hours=5), wall.now() + timedelta(hours=2)
    site.wanted = (Alarm(old, Wake.BOUNDARY, old),)
    keeper.set_timers()
    site.wanted = (Alarm(new, Wake.BOUNDARY, new),)

    await pulse.beat(now - timedelta(hours=3), begun + LOOK)

    assert pulse.every <= LOOK
    assert scheduler.instants == [new]
    await keeper.quiet()
    assert [wake for wake, _ in site.looks] == [Wake.CLOCK_STEP]
    assert site.recorder.events == [("clock", "step")]


async def test_the_watchdog_is_fed_while_all_rest_though_the_pulse_is_an_hour(
    site: PlainSite, timers: Timers, wall: Wall, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "9000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    _, pulse = made(site, timers, wall, pulse=timedelta(hours=1))
    begun, now = clock.monotonic(), clock.now()

    for second in range(3, 1800, 300):
        await pulse.beat(now + timedelta(seconds=second), begun + second)

    assert pulse.every == 3.0
    assert told.count("WATCHDOG=1") == 6


async def test_the_watchdog_is_not_fed_while_a_turn_hangs_and_again_when_it_ends(
    site: PlainSite, timers: Timers, wall: Wall, told: list[str]
) -> None:
    keeper, pulse = made(site, timers, wall)
    site.door.clear()
    keeper.wake(Wake.BOUNDARY)
    await asyncio.sleep(0)
    begun, now = clock.monotonic(), clock.now()
    late = LONGEST_STEP + 1

    await pulse.beat(now + timedelta(seconds=late), begun + late)
    hanging = told.count("WATCHDOG=1")
    site.door.set()
    await keeper.quiet()
    await pulse.beat(now + timedelta(seconds=late + 1), begun + late + 1)

    assert (hanging, told.count("WATCHDOG=1")) == (0, 1)


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [("90000000", None, 90.0), ("90000000", "1", None), ("", None, None), ("x", None, None)],
    ids=["set", "for another process", "not set", "no number"],
)
def test_the_watchdogs_time_is_the_supervisors(
    usec: str, pid: str | None, seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid) if pid else monkeypatch.delenv(
        "WATCHDOG_PID", raising=False
    )

    assert supervisor.watchdog_seconds() == seconds
