"""What is written to a connection goes out at once, and waits for nobody's acknowledgement."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from scheduler.outlets.web import serve
from scheduler.outlets.web.address import Listen
from scheduler.simulated import server

LISTENING = {
    "the page": lambda: serve._bound(Listen("127.0.0.1", 0)),
    "the simulated gateway": lambda: server._bound(0),
}


@pytest.mark.parametrize("bound", LISTENING.values(), ids=list(LISTENING))
async def test_asyncio_sends_at_once_on_what_it_accepts(bound: Callable[[], socket.socket]) -> None:
    at_once = asyncio.get_running_loop().create_future()

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        at_once.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listener = bound()
    address = listener.getsockname()[:2]
    async with await asyncio.start_server(greet, sock=listener):
        _, writer = await asyncio.open_connection(*address)
        assert await at_once
        writer.close()
        await writer.wait_closed()
