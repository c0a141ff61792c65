"""A service on a full disk waits for room; one that ended would be started only so often."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import NamedTuple

import pytest

from scheduler.host import host


class Disk(NamedTuple):
    """What a file system tells of itself."""

    f_blocks: int
    f_bavail: int
    f_frsize: int = 4096


def told(monkeypatch: pytest.MonkeyPatch, *free: int) -> list[int]:
    left = list(free)

    def statvfs(_: Path) -> Disk:
        return Disk(1000, left.pop(0) if len(left) > 1 else left[0])

    monkeypatch.setattr(os, "statvfs", statvfs)
    monkeypatch.setattr(host, "ROOM_SECONDS", 0.01)
    return left


async def test_nothing_is_begun_before_there_is_room_and_that_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    left = told(monkeypatch, 0, 0, 10, 500)

    await host.room(tmp_path, asyncio.Event())

    assert left == [500]
    assert caplog.text.count("is full. Free some space") == 1


async def test_a_stop_is_heard_while_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, 0)
    stop = asyncio.Event()
    waiting = asyncio.create_task(host.room(tmp_path, stop))
    await asyncio.sleep(0.03)
    assert not waiting.done()

    stop.set()
    await asyncio.wait_for(waiting, 30)


async def test_a_file_system_that_does_not_tell_its_size_is_not_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: Disk(0, 0))

    await asyncio.wait_for(host.room(tmp_path, asyncio.Event()), 30)
