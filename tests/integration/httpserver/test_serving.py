"""The small HTTP server, asked over real sockets."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from scheduler.httpserver import (
    Bounds,
    Handler,
    Request,
    Response,
    Server,
    json_response,
)


async def echo(request: Request) -> Response:
    """Repeats what came."""
    peer = request.peer and {"uid": request.peer.uid, "pid": request.peer.pid}
    return json_response(
        {
            "method": request.method,
            "path": request.path,
            "parameters": request.parameters,
            "body": request.body.decode(),
            "peer": peer,
        }
    )


@asynccontextmanager
async def served(handler: Handler, bounds: Bounds | None = None) -> AsyncIterator[int]:
    server = Server(handler, bounds=bounds)
    port = await server.listen_tcp()
    try:
        yield port
    finally:
        await server.close()


async def exchange(port: int, text: bytes) -> bytes:
    """Everything the server says to these bytes until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    try:
        return await asyncio.wait_for(reader.read(), 60)
    finally:
        writer.close()
        await writer.wait_closed()


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


async def test_a_request_reaches_the_handler_with_its_query_and_body() -> None:
    async with served(echo) as port:
        answer = await exchange(
            port,
            b"POST /act?a=1&b=x%20y HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
            b"Connection: close\r\n\r\nhi",
        )

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    told = json.loads(body_of(answer))
    assert told["parameters"] == {"a": "1", "b": "x y"}
    assert told["body"] == "hi"
    assert told["peer"] is None


async def test_two_requests_written_at_once_are_answered_on_one_connection() -> None:
    async with served(echo) as port:
        one = b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n"
        two = b"GET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answer = await exchange(port, one + two)

    assert answer.count(b"200 OK") == 2
    assert answer.index(b"/one") < answer.index(b"/two")


async def test_an_answer_to_head_has_the_length_and_no_body() -> None:
    async with served(echo) as port:
        answer = await exchange(port, b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert b"content-length" in answer.lower()
    assert body_of(answer) == b""


async def test_a_streamed_body_arrives_while_it_is_made() -> None:
    more = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        await more.wait()
        yield b"second"

    async def handler(_request: Request) -> Response:
        return Response(200, pieces())

    async with served(handler) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        before = await reader.readuntil(b"first\r\n")
        more.set()
        after = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert b"chunked" in before.lower()
    assert b"second" in after
    assert after.endswith(b"0\r\n\r\n")


async def test_a_stream_is_closed_when_its_client_leaves() -> None:
    closed = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def handler(_request: Request) -> Response:
        return Response(200, pieces())

    async with served(handler) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"first")
        writer.close()

        await asyncio.wait_for(closed.wait(), 60)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40_000 + b"\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n" + b"a" * 2000, b"413"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
    ],
    ids=["no HTTP", "a head too large", "a body too large", "no host"],
)
async def test_what_is_out_of_bounds_is_refused(text: bytes, status: bytes) -> None:
    async with served(echo, Bounds(body=1000)) as port:
        answer = await exchange(port, text)

    assert answer.split()[1] == status


async def test_a_request_that_drips_is_cut_off() -> None:
    async with served(echo, Bounds(request_seconds=0.05)) as port:
        assert await exchange(port, b"GET / HT") == b""


async def test_a_silent_connection_is_closed() -> None:
    async with served(echo, Bounds(idle_seconds=0.05)) as port:
        assert await exchange(port, b"") == b""


async def test_too_many_connections_are_told_so() -> None:
    async with served(echo, Bounds(connections=1)) as port:
        _, first = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.01)
        answer = await exchange(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        first.close()
        await first.wait_closed()

    assert b"503" in answer


async def test_a_defect_of_the_handler_is_logged_and_not_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handler(_request: Request) -> Response:
        raise RuntimeError("the inner workings")

    async with served(handler) as port:
        with caplog.at_level(logging.ERROR):
            answer = await exchange(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert b" 500 " in answer
    assert b"inner workings" not in answer
    assert "inner workings" in caplog.text


async def over_unix(path: Path, text: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(text)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


ASK = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def test_a_unix_socket_tells_who_asks_and_goes_away_at_the_end(tmp_path: Path) -> None:
    path, server = tmp_path / "tou.sock", Server(echo)
    await server.listen_unix(path, mode=0o640)
    answer = await over_unix(path, ASK)
    mode = path.stat().st_mode & 0o777
    await server.close()

    assert json.loads(body_of(answer))["peer"] == {"uid": os.getuid(), "pid": os.getpid()}
    assert mode == 0o640
    assert not path.exists()


async def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path, server = tmp_path / "tou.sock", Server(echo)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    await server.listen_unix(path)

    assert b"200" in await over_unix(path, ASK)
    await server.close()


async def test_a_living_socket_and_another_file_are_left_alone(tmp_path: Path) -> None:
    path, file = tmp_path / "tou.sock", tmp_path / "notes"
    file.write_text("mine")
    living, late = Server(echo), Server(echo)
    await living.listen_unix(path)

    with pytest.raises(OSError, match="answers there already"):
        await late.listen_unix(path)
    with pytest.raises(OSError, match="something else"):
        await late.listen_unix(file)

    await late.close()
    assert b"200" in await over_unix(path, ASK)
    await living.close()
    assert file.read_text() == "mine"
