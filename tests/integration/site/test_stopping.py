"""A stop is heeded at once, and what it cut off is found again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scheduler.errors import AuditUnwritableError
from scheduler.gateway.base import Limits
from scheduler.site.apply import Attempt
from scheduler.site.turn import Turn
from scheduler.words import Wake

from .conftest import Home

SLOW = Limits(confirm_after=(5.0, 15.0), confirm_within=120.0)
HOLDER = """
import fcntl, os, sys, time
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(file, fcntl.LOCK_EX)
os.pwrite(file, str(os.getpid()).encode(), 0)
print("held", flush=True)
time.sleep(60)
"""


async def at_work(house: Home) -> asyncio.Task[Attempt | None]:
    """A look whose exchange is under way, and stays so."""
    house.device.held = asyncio.Event()
    looking = asyncio.create_task(house.look(Wake.START))
    while not house.device.done:
        await asyncio.sleep(0)
    return looking


async def test_a_stop_while_a_setting_waits_is_at_once_and_leaves_its_run_open(house: Home) -> None:
    house.device.limits, house.device.lag = SLOW, 20.0
    await house.look(Wake.START)
    began = time.monotonic()

    await house.site.stop()

    assert time.monotonic() - began < 30
    assert house.outcomes() == ["accepted"]
    await house.restart(gone_for=30)
    await house.look(Wake.START)
    assert house.outcomes() == ["confirmed"]


async def test_a_stop_lets_an_exchange_end_and_writes_nothing_more(house: Home) -> None:
    looking = await at_work(house)
    stopping = asyncio.create_task(house.site.stop())
    await asyncio.sleep(0)

    house.device.held.set()
    await stopping
    await looking

    assert house.device.done == ["read"]
    assert house.outcomes() == ["interrupted"]


async def test_a_stop_ends_an_exchange_that_hangs_within_two_seconds(house: Home) -> None:
    looking = await at_work(house)

    # Nobody lets go of the exchange: without the bound of two seconds this would never end.
    await asyncio.wait_for(house.site.stop(), 20)

    assert await looking is None
    house.device.held = None
    await house.restart()
    await house.look(Wake.START)
    outcomes = [(run.kind, run.outcome) for run in house.runs()]
    assert outcomes == [
        ("switch", "interrupted"),
        ("sitemaster_run", "completed"),
        ("switch", "confirmed"),
    ]


async def test_nothing_is_begun_after_a_stop(house: Home) -> None:
    await house.site.stop()

    await house.look(Wake.BOUNDARY)

    assert house.device.done == []


async def test_a_turn_that_another_process_keeps_is_told_with_its_holder_and_asked_for_again(
    house: Home, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "turn.lock"
    house.turn = Turn(path, patience=0.2)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE
    ) as holder:
        holder.stdout.readline()
        os.kill(holder.pid, signal.SIGSTOP)

        attempt = await asyncio.wait_for(house.look(Wake.START), 30)

        assert attempt is None
        assert f"Process {holder.pid}" in house.reasons()["turn"]
        retry = [each for each in house.site.alarms(house.clock.instant) if each.wake == "retry"]
        assert 0 < (retry[0].at - house.clock.instant).total_seconds() <= 30
        await house.look(Wake.RETRY)
        await house.look(Wake.OPERATOR)
        assert caplog.text.count("is talking to the gateway") == 1
        holder.kill()
    await house.look(Wake.RETRY)
    assert "turn" not in house.reasons()
    assert house.outcomes() == ["confirmed"]


async def test_a_turn_that_no_file_can_be_had_for_is_told_as_an_audit_that_cannot_be_written(
    house: Home, tmp_path: Path
) -> None:
    house.turn = Turn(tmp_path / "gone" / "turn.lock")

    with pytest.raises(AuditUnwritableError, match="cannot be locked: No such file"):
        await house.look(Wake.START)
    assert "cannot be locked" in house.reasons()["audit"]
    assert house.device.done == []

    (tmp_path / "gone").mkdir()
    await house.look(Wake.RETRY)
    assert "audit" not in house.reasons()
    assert house.outcomes() == ["confirmed"]
