"""The way from a write to the socket, counted in functions of ours."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

import scheduler
from scheduler.gateway.local.wire import Carrier
from scheduler.setting import Mode, Setting

from .conftest import Answers, Scripted, Scripting, Told

OURS = str(Path(scheduler.__file__).parent)


def ours(task: asyncio.Task[Any]) -> Iterator[str]:
    """The functions of ours in which a task stands, the outermost first."""
    coroutine = task.get_coro()
    while hasattr(coroutine, "cr_code"):
        if coroutine.cr_code.co_filename.startswith(OURS):
            yield coroutine.cr_code.co_name
        coroutine = coroutine.cr_await


class Noted(httpx.AsyncBaseTransport):
    """A transport that notes in which functions all tasks stand when it is given the write."""

    def __init__(self, script: Scripted) -> None:
        self.script = script
        self.way: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path == "/api/operation":
            await asyncio.sleep(0)
            self.way = [name for task in asyncio.all_tasks() for name in ours(task)]
        return self.script(request)


async def test_a_write_reaches_the_socket_through_four_functions(
    scripted: Scripting, answers: Answers, told: Told
) -> None:
    _, script = scripted(answers())
    noted = Noted(script)
    gateway, _ = scripted({}, carrier=Carrier(transport=noted))

    await gateway.write(Setting(Mode.BACKUP, 100), None, told)
    await gateway.close()

    # `finish` only waits for the exchange, so that it is not cut off in the middle.
    assert sorted(noted.way) == sorted(["write", "call", "send", "finish", "_exchange"])
