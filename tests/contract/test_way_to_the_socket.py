"""How far a transport's `write` is from what holds the socket: httpx, the kept connection that
stands in its place, or a vendor's library."""

import asyncio
import sys
from collections.abc import Iterator
from itertools import takewhile
from types import CodeType, FrameType
from typing import Any

import pytest

from scheduler.gateway.base import Gateway
from scheduler.setting import Mode, Setting

from .stands import Stand

MOST = 4
# They stand around a transport, or carry its work over a cancellation.
AROUND = ("budget.py", "failover.py", "careful.py")


class Walked:
    """Steps that look, as a write ends, at who has called it."""

    def __init__(self) -> None:
        self.ways: list[list[str]] = []

    async def ended(self, step: Any) -> None:
        if step.step == "write":
            codes = [code for code in (*_waiting(), *_running()) if _counts(code)]
            begin = max(n for n, code in enumerate(codes) if code.co_name == "write")
            way = takewhile(_is_ours, codes[begin:])
            self.ways.append([code.co_qualname for code in way])

    async def settled(self) -> None:
        pass


def _running() -> Iterator[CodeType]:
    """Of the task that tells the step, the outermost first."""
    frame: FrameType | None = sys._getframe(2)
    codes = []
    while frame and "/asyncio/" not in frame.f_code.co_filename:
        codes.append(frame.f_code)
        frame = frame.f_back
    yield from reversed(codes)


def _waiting() -> Iterator[CodeType]:
    """Of the tasks that wait for another one, the outermost first."""
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        coroutine: Any = task.get_coro()
        while hasattr(coroutine, "cr_code"):
            yield coroutine.cr_code
            coroutine = coroutine.cr_await


def _is_ours(code: CodeType) -> bool:
    return "/scheduler/gateway/" in code.co_filename


def _counts(code: CodeType) -> bool:
    library = "/site-packages/" in code.co_filename
    return library or (_is_ours(code) and not code.co_filename.endswith(AROUND))


async def test_a_write_is_at_most_four_functions_away_from_its_socket(
    stand: Stand, gateway: Gateway
) -> None:
    if stand.name in ("memory", "line"):
        pytest.skip("it has no socket of its own")
    told = Walked()

    await gateway.write(Setting(Mode.BACKUP, 100), None, told)

    assert told.ways
    assert [way for way in told.ways if not 1 <= len(way) <= MOST] == []
