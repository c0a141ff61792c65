"""A small HTTP/1.1 server for TCP, TLS and Unix sockets: the control socket, the page, and the
simulated gateways stand on it.

Turns bytes into requests and responses into bytes, within bounds; knows nothing of what they mean.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import h11

from scheduler import unix_socket
from scheduler.unix_socket import Peer

JSON: Final = "application/json"
Headers = tuple[tuple[str, str], ...]
Stream = AsyncIterator[bytes]

_READ: Final = 8192  # a head that comes in one piece is not measured: bounds.head plus this
_LINGER: Final = 0.5
_REASONS: Final = {each.value: each.phrase.encode("ascii") for each in HTTPStatus}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a client may ask of the server. Seconds and bytes."""

    head: int = 16_384
    body: int = 1_000_000
    idle_seconds: float = 60.0
    """Between two requests of one connection."""
    request_seconds: float = 15.0
    """From the first byte of a request to its last."""
    send_seconds: float = 30.0
    """For a client to take what was written to it."""
    connections: int = 64


@dataclass(frozen=True, slots=True)
class Request:
    """What came in; headers by lower-case name. Query, headers and body are in no repr."""

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    peer: Peer | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters; the last of a name."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def data(self) -> Any:
        """The JSON of the body. Raises ValueError where it is none."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None


@dataclass(frozen=True, slots=True)
class Response:
    """What goes out. A body that is an async iterator is sent piece by piece as it comes, and is
    closed when the client leaves. The body is in no repr."""

    status: int = 200
    body: bytes | Stream = field(default=b"", repr=False)
    headers: Headers = field(default=(), repr=False)
    content_type: str = JSON


Handler = Callable[[Request], Awaitable[Response]]


def json_response(data: object, *, status: int = 200, headers: Headers = ()) -> Response:
    body = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(status, body, headers)


def problem(status: int, message: str) -> Response:
    """The one shape of a refusal: `{"error": message}`."""
    return json_response({"error": message}, status=status)


class Connection:
    """One client's connection. Reads raise ConnectionError, TimeoutError or
    h11.RemoteProtocolError; writes ConnectionError or TimeoutError."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        bounds: Bounds | None = None,
        *,
        peer: Peer | None = None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._bounds = bounds or Bounds()
        self._peer = peer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=self._bounds.head)
        self._bodiless = False

    async def request(self) -> Request | None:
        """The next request; None when the client is done, or silent for too long."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        if self._http.our_state is not h11.IDLE or not await self._begun():
            return None
        async with asyncio.timeout(self._bounds.request_seconds):
            head = await self._event()
            if not isinstance(head, h11.Request):
                return None
            self._bodiless = head.method == b"HEAD"
            return self._made(head, await self._body())

    async def answer(self, response: Response, *, broken: bool = False) -> None:
        """Send a response; a broken one stops in the middle of its body."""
        head = self._head(response) or b""
        if not isinstance(response.body, bytes):
            await self._write(head)
            await self._stream(response.body)
            await self._write(self._http.send(h11.EndOfMessage()))
            return
        # In one piece: a body that follows its head waits 40 ms for the client's delayed
        # acknowledgement.
        sent = response.body[: len(response.body) // 2] if broken else response.body
        body = self._data(sent) or b""
        end = b"" if broken else self._http.send(h11.EndOfMessage()) or b""
        await self._write(head + body + end)

    async def refuse(self, status: int, message: str) -> None:
        """Tell a client that it cannot be served, where that can still be told."""
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            await self.answer(replace(problem(status, message), headers=(("Connection", "close"),)))
            await self.linger()

    async def linger(self) -> None:
        """Hear a refused client out for a moment: closing on unread bytes would reset the
        connection, and take the refusal with it."""
        with suppress(OSError):
            if self._writer.can_write_eof():
                self._writer.write_eof()
            async with asyncio.timeout(_LINGER):
                while await self._reader.read(_READ):
                    pass

    async def close(self) -> None:
        """Let what was written go out first."""
        self._writer.close()
        with suppress(OSError):
            async with asyncio.timeout(self._bounds.send_seconds):
                await self._writer.wait_closed()

    def abort(self) -> None:
        """Break it off."""
        self._writer.transport.abort()

    async def _begun(self) -> bool:
        """Whether another request begins within the idle time."""
        if self._http.trailing_data[0]:
            return True
        try:
            async with asyncio.timeout(self._bounds.idle_seconds):
                received = await self._reader.read(_READ)
        except TimeoutError:
            return False
        if received:
            self._http.receive_data(received)
        return bool(received)

    async def _body(self) -> bytes:
        parts = bytearray()
        while isinstance(event := await self._event(), h11.Data):
            parts += event.data
            if len(parts) > self._bounds.body:
                raise h11.RemoteProtocolError("the body is too large", error_status_hint=413)
        return bytes(parts)

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                await self._write(self._http.send(go_on))
            self._http.receive_data(await self._reader.read(_READ))
        return event

    async def _stream(self, body: Stream) -> None:
        """Piece by piece until its end, or until the client leaves."""
        sending = asyncio.ensure_future(self._send_all(body))
        leaving = asyncio.ensure_future(self._left())
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise ConnectionResetError("the client left")
            sending.result()
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send_all(self, body: Stream) -> None:
        async with aclosing(body) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                await self._write(self._data(piece))
                # Under TLS a drain on a connection that is lost neither raises nor yields (CPython
                # 3.11): a body that never waits would hold the loop for ever.
                await asyncio.sleep(0)

    async def _left(self) -> None:
        """Returns when the client closes; what it sends meanwhile belongs to its next request."""
        while received := await self._reader.read(_READ):
            self._http.receive_data(received)
            if len(self._http.trailing_data[0]) > self._bounds.head:
                return

    async def _write(self, out: bytes | None) -> None:
        if not out:
            return
        self._writer.write(out)
        async with asyncio.timeout(self._bounds.send_seconds):
            await self._writer.drain()

    def _data(self, data: bytes) -> bytes | None:
        return self._http.send(h11.Data(data=data)) if data and not self._bodiless else None

    def _head(self, response: Response) -> bytes | None:
        names = {name.lower() for name, _ in response.headers}
        headers = list(response.headers)
        if "date" not in names:
            headers.append(("Date", formatdate(usegmt=True)))
        if response.body and "content-type" not in names:
            headers.append(("Content-Type", response.content_type))
        if not isinstance(response.body, bytes):
            if "transfer-encoding" not in names:
                headers.append(("Transfer-Encoding", "chunked"))
        elif not names & {"transfer-encoding", "content-length"} and response.status != 204:
            headers.append(("Content-Length", str(len(response.body))))
        reason = _REASONS.get(response.status, b"")
        head = h11.Response(status_code=response.status, reason=reason, headers=headers)
        return self._http.send(head)

    def _made(self, head: h11.Request, body: bytes) -> Request:
        target = head.target.decode("ascii", errors="replace")
        path, _, query = target.partition("?")
        headers: dict[str, str] = {}
        for name, value in head.headers:
            key, text = name.decode("ascii"), value.decode("latin-1")
            headers[key] = f"{headers[key]}; {text}" if key in headers else text
        return Request(head.method.decode("ascii"), path, query, headers, body, self._peer)


class Server:
    """Serves one handler on as many sockets as it is told to listen on."""

    def __init__(self, handler: Handler, *, bounds: Bounds | None = None) -> None:
        self._handler = handler
        self._bounds = bounds or Bounds()
        self._servers: list[asyncio.Server] = []
        self._paths: list[tuple[Path, int]] = []
        self._connections: set[asyncio.Task[None]] = set()

    async def listen_tcp(
        self, port: int = 0, *, host: str = "127.0.0.1", context: ssl.SSLContext | None = None
    ) -> int:
        """Listen on a TCP port, any free one by default, and return it. Raises OSError."""
        server = await asyncio.start_server(self._greet, host, port, ssl=context)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def listen_unix(self, path: Path, *, mode: int = 0o600) -> None:
        """Listen on a Unix socket; a stale one is replaced. Raises OSError where somebody else
        answers there, where something else has the name, and for a path over 107 bytes."""
        await unix_socket.clear(path)
        bound, inode = unix_socket.bind(path, mode)
        self._servers.append(await asyncio.start_unix_server(self._greet, sock=bound))
        self._paths.append((path, inode))

    async def close(self, *, grace: float = 0.0) -> None:
        """Stop listening; after `grace` seconds what is still being answered is broken off."""
        for server in self._servers:
            server.close()
        for path, inode in self._paths:
            unix_socket.remove(path, inode)
        self._servers, self._paths = [], []
        tasks = set(self._connections)
        if grace and tasks:
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # a turn of the loop for the transports that were just broken off

    def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = unix_socket.peer_of(writer.get_extra_info("socket"))
        connection = Connection(reader, writer, self._bounds, peer=peer)
        task = asyncio.ensure_future(self._serve(connection))
        self._connections.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._connections.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            log.error("a response broke off", exc_info=failure)

    async def _serve(self, connection: Connection) -> None:
        try:
            if len(self._connections) > self._bounds.connections:
                await connection.refuse(503, "Too many connections; try again.")
            else:
                await self._converse(connection)
            await connection.close()
        except h11.RemoteProtocolError as error:
            with suppress(OSError):
                await connection.refuse(error.error_status_hint, str(error))
                await connection.close()
        except OSError:
            pass  # it left, or is too slow (TimeoutError); either way nobody listens
        finally:
            connection.abort()

    async def _converse(self, connection: Connection) -> None:
        while request := await connection.request():
            await connection.answer(await self._handled(request))

    async def _handled(self, request: Request) -> Response:
        """The handler's response; a defect in it is logged, and told without its details."""
        task = asyncio.ensure_future(self._handler(request))
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        failure = None if task.cancelled() else task.exception()
        if failure is None and not task.cancelled():
            return task.result()
        log.error("%s %s failed", request.method, request.path, exc_info=failure)
        return problem(500, "This is a defect of the program; its log says more.")
