"""One client's connection: bytes into requests and responses into bytes, within bounds."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

import h11

from scheduler.httpserver.message import Request, Response, Stream, problem
from scheduler.httpserver.unix_socket import Peer

_READ: Final = 8192  # a head that comes in one piece is not measured: bounds.head plus this
_LINGER: Final = 0.5
_REASONS: Final = {each.value: each.phrase.encode("ascii") for each in HTTPStatus}


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
