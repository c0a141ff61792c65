"""HTTP/1.1 on one connection: bytes to requests, answers to bytes. Knows nothing of the device."""

from __future__ import annotations

import asyncio
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

import h11

from scheduler.simulated.exchange import Answer, Request

_CHUNK: Final = 65_536
_LARGEST_BODY: Final = 1_000_000
# Go sends answers above 2 KiB in chunks; small-device clients are known to stumble over it.
_CHUNKED_FROM: Final = 2048


class Wire:
    """One client's connection. Reads raise ConnectionError or h11.RemoteProtocolError."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)
        self._bodiless = False

    async def request(self) -> Request | None:
        """The next request; None when the client is done."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        if self._http.our_state is not h11.IDLE:
            return None
        head = await self._event()
        if not isinstance(head, h11.Request):
            return None
        self._bodiless = head.method == b"HEAD"
        return _request(head, await self._body())

    async def answer(self, answer: Answer, date: datetime, *, broken: bool = False) -> None:
        """Send an answer; a broken one stops in the middle of its body."""
        headers = _headers(answer, date)
        response = h11.Response(
            status_code=answer.status, reason=_reason(answer.status), headers=headers
        )
        out = self._send(response)
        if broken:
            out += self._send(h11.Data(data=answer.body[: len(answer.body) // 2]))
        else:
            if answer.body and not self._bodiless:
                out += self._send(h11.Data(data=answer.body))
            out += self._send(h11.EndOfMessage())
        self._writer.write(out)
        await self._writer.drain()

    async def refuse(self, status: int, date: datetime) -> None:
        """Tell a client that what it says is not HTTP, where that can still be told."""
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            phrase = HTTPStatus(status).phrase
            await self.answer(Answer(status, f"{status} {phrase}".encode()), date)

    async def _body(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                size += len(event.data)
                if size > _LARGEST_BODY:
                    raise h11.RemoteProtocolError("the body is too large", error_status_hint=413)
                parts.append(bytes(event.data))
            else:
                return b"".join(parts)

    async def _event(self) -> object:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                self._writer.write(self._send(go_on))
            self._http.receive_data(await self._reader.read(_CHUNK))

    def _send(self, event: h11.Event) -> bytes:
        return self._http.send(event) or b""


def _request(head: h11.Request, body: bytes) -> Request:
    target = head.target.decode("ascii", errors="replace")
    path, _, query = target.partition("?")
    headers: dict[str, str] = {}
    for name, value in head.headers:
        key, text = name.decode("ascii"), value.decode("latin-1")
        headers[key] = f"{headers[key]}; {text}" if key in headers else text
    return Request(head.method.decode("ascii"), path, query, headers, body)


def _headers(answer: Answer, date: datetime) -> list[tuple[str, str]]:
    headers = [("Cache-Control", "no-cache, no-store"), *answer.headers]
    headers.append(("Date", format_datetime(date, usegmt=True)))
    if answer.body:
        headers.append(("Content-Type", answer.content_type))
    if len(answer.body) > _CHUNKED_FROM:
        headers.append(("Transfer-Encoding", "chunked"))
    elif answer.status != HTTPStatus.NO_CONTENT:
        headers.append(("Content-Length", str(len(answer.body))))
    return headers


def _reason(status: int) -> bytes:
    return HTTPStatus(status).phrase.encode("ascii")
