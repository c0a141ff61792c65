"""The one connection that is kept, against a server that says what it is told to."""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from scheduler.gateway.local.connection import KeptConnection

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
PATIENCE = 30.0


class Server:
    """Answers each request with `answer`; None says nothing."""

    def __init__(self) -> None:
        self.url = ""
        self.answer: bytes | None = FINE
        self.hangs_up = False
        self.connections = 0
        self.open = 0
        self.changed = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await self._count(1)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                if self.answer is not None:
                    writer.write(self.answer)
                if self.hangs_up:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            await self._count(-1)

    async def _count(self, more: int) -> None:
        async with self.changed:
            self.open += more
            self.changed.notify_all()

    async def holds(self, number: int) -> None:
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(lambda: self.open == number)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    async with listening:
        yield made


@pytest.fixture
async def kept(server: Server) -> AsyncIterator[KeptConnection]:
    made = KeptConnection(ssl.create_default_context())
    yield made
    await made.aclose()
    await server.holds(0)


async def get(kept: KeptConnection, url: str, *, read: float = PATIENCE) -> httpx.Response:
    return await kept.handle_async_request(
        httpx.Request("GET", url, extensions={"timeout": {"connect": PATIENCE, "read": read}})
    )


async def whole(kept: KeptConnection, url: str, **words: Any) -> bytes:
    async with aclosing(await get(kept, url, **words)) as response:
        return await response.aread()


async def test_requests_that_follow_each_other_take_one_connection(
    kept: KeptConnection, server: Server
) -> None:
    for _ in range(3):
        assert await whole(kept, server.url) == b"{}"

    assert server.connections == 1


async def test_a_connection_that_the_server_ended_is_made_anew(
    kept: KeptConnection, server: Server
) -> None:
    server.hangs_up = True
    await whole(kept, server.url)
    await server.holds(0)

    assert await whole(kept, server.url) == b"{}"
    assert server.connections == 2


async def test_an_answer_that_nobody_asked_for_is_not_the_next_ones(
    kept: KeptConnection, server: Server
) -> None:
    server.answer = FINE + FINE
    await whole(kept, server.url)
    server.answer = FINE.replace(b"{}", b"[]")

    assert await whole(kept, server.url) == b"[]"
    assert server.connections == 2


async def test_an_answer_in_parts_is_read_whole(kept: KeptConnection, server: Server) -> None:
    server.answer = (
        b"HTTP/1.1 103 Early Hints\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
    )

    assert await whole(kept, server.url) == b"{}"


async def test_two_requests_at_once_leave_one_connection(
    kept: KeptConnection, server: Server
) -> None:
    both = await asyncio.gather(get(kept, server.url), get(kept, server.url))
    assert server.open == 2
    for response in both:
        await response.aread()

    await server.holds(1)
    await whole(kept, server.url)
    assert server.connections == 2


async def test_what_is_closed_in_the_middle_of_an_answer_is_open_no_more(
    kept: KeptConnection, server: Server
) -> None:
    response = await get(kept, server.url)

    await kept.aclose()
    await server.holds(0)
    await response.aclose()


FAILURES = {
    "no answer": (b"", True, httpx.RemoteProtocolError, "disconnected"),
    "half an answer": (FINE[:-1], True, httpx.RemoteProtocolError, "closed connection"),
    "no HTTP": (b"220 mail\r\n\r\n", False, httpx.RemoteProtocolError, "illegal status line"),
    "silence": (None, False, httpx.ReadTimeout, None),
}


@pytest.mark.parametrize("how", FAILURES.values(), ids=list(FAILURES))
async def test_failures_are_told_as_httpx_tells_them_and_leave_nothing_open(
    kept: KeptConnection,
    server: Server,
    how: tuple[bytes | None, bool, type[Exception], str | None],
) -> None:
    server.answer, server.hangs_up, kind, text = how

    with pytest.raises(kind, match=text):
        await whole(kept, server.url, read=0.05 if kind is httpx.ReadTimeout else PATIENCE)
    await server.holds(0)


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.05])
async def test_a_handshake_that_takes_too_long_leaves_nothing_open(
    kept: KeptConnection, server: Server, seconds: float
) -> None:
    url, timeout = server.url.replace("http:", "https:"), {"connect": seconds, "read": PATIENCE}
    asked = httpx.Request("GET", url, extensions={"timeout": timeout, "compare": pytest.fail})

    with pytest.raises(httpx.ConnectTimeout):
        await kept.handle_async_request(asked)
    await server.holds(0)


async def test_nobody_there_is_told_as_httpx_tells_it(
    kept: KeptConnection, unused_tcp_port: int
) -> None:
    with pytest.raises(httpx.ConnectError):
        await whole(kept, f"http://127.0.0.1:{unused_tcp_port}/")


def test_the_service_holds_no_pool_of_connections() -> None:
    """They and what they bring are 2 MB, which an idle service would hold for nothing."""
    asked = (
        "import sys, scheduler.host.host, scheduler.gateway.local.client\n"
        "print([each for each in ('httpcore', 'anyio', 'h2') if each in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
