"""The connection to one gateway, kept while requests follow each other: HTTP/1.1 by the rules of
h11, straight from asyncio. Knows no API.

httpx's own transport keeps a pool instead, which takes longer than the request itself, and holds
2 MB of modules while the service is idle, or 3 where h2 is installed (httpx 0.28.1).
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import h11
import httpx

from scheduler.gateway.local.pin import SERVER_NAME

_LONGEST_HEAD: Final = 100_000
_Event = h11.Response | h11.InformationalResponse | h11.Data | h11.EndOfMessage


class KeptConnection(httpx.AsyncBaseTransport):
    """At most one is kept, since many connections restart a gateway; a request beside another one
    has a connection of its own, which is closed after it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._idle: _Link | None = None
        self._open: set[_Link] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer as it begins; its body is still to come. Who answers is shown to `compare` of
        the extensions before the first byte goes out. Raises httpx's own errors."""
        link = await self._take(request)
        try:
            answer = await link.ask(request)
        except BaseException:
            await self._end(link)
            raise
        body = _Body(link, self)
        return httpx.Response(answer.status_code, headers=answer.headers.raw_items(), stream=body)

    async def aclose(self) -> None:
        """Close what is open; another request makes a new connection."""
        self._idle = None
        while self._open:
            await self._end(next(iter(self._open)))

    async def rest(self, link: _Link) -> None:
        """Its answer is over, and another request may follow soon."""
        if link in self._open and link.quiet() and self._idle is None:
            self._idle = link
        else:
            await self._end(link)

    async def _take(self, request: httpx.Request) -> _Link:
        idle, self._idle = self._idle, None
        if idle is not None:
            if idle.origin == _origin(request.url) and idle.quiet():
                return idle
            await self._end(idle)
        made = await _connect(request, self._context)
        self._open.add(made)
        return made

    async def _end(self, link: _Link) -> None:
        self._open.discard(link)
        await link.close()


class _Body(httpx.AsyncByteStream):
    """What httpx reads; its end is the end of the exchange."""

    def __init__(self, link: _Link, kept: KeptConnection) -> None:
        self._link, self._kept = link, kept

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not isinstance(event := await self._link.next(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    async def aclose(self) -> None:
        await self._kept.rest(self._link)


class _Link(asyncio.Protocol):
    """One open connection."""

    def __init__(self, origin: _Origin) -> None:
        self.origin = origin
        self.transport: asyncio.Transport
        self._rules = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._news, self._lost = asyncio.Event(), asyncio.Event()
        self._ended = False
        self._error: Exception | None = None
        self._patience: float | None = None

    def data_received(self, data: bytes) -> None:
        self._rules.receive_data(data)
        self._news.set()

    def eof_received(self) -> None:
        self._ended = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._error = exc
        self.eof_received()
        self._lost.set()

    async def ask(self, request: httpx.Request) -> h11.Response:
        """Send a request; how its answer begins."""
        if self._rules.our_state is h11.DONE:
            self._rules.start_next_cycle()
        self._patience = request.extensions["timeout"].get("read")
        self.transport.write(self._told(request))
        while not isinstance(event := await self.next(), h11.Response):
            pass
        return event

    def _told(self, request: httpx.Request) -> bytes:
        try:
            head = h11.Request(
                method=request.method, target=request.url.raw_path, headers=request.headers.raw
            )
            parts = (head, h11.Data(request.content), h11.EndOfMessage())
            return b"".join(self._rules.send(part) or b"" for part in parts)
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error

    async def next(self) -> _Event:
        """The next part of the answer."""
        try:
            while (event := self._rules.next_event()) is h11.NEED_DATA:
                await self._more()
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        assert isinstance(event, _Event)
        return event

    async def _more(self) -> None:
        if not self._ended:
            self._news.clear()
            try:
                async with asyncio.timeout(self._patience):
                    await self._news.wait()
            except TimeoutError as error:
                raise httpx.ReadTimeout(str(error)) from error
        elif self._error is not None:
            raise httpx.ReadError(str(self._error)) from self._error
        elif self._rules.their_state is h11.SEND_RESPONSE:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        else:
            self._rules.receive_data(b"")

    def quiet(self) -> bool:
        """Whether the exchange is over and nothing came after it: neither an answer that nobody
        asked for, which would be taken for the next one's, nor the end of the connection."""
        over = self._rules.our_state is h11.DONE and self._rules.their_state is h11.DONE
        if self._ended or not over or self._rules.trailing_data[0]:
            return False
        arriving = select.poll()  # what asyncio has not read yet
        arriving.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not arriving.poll(0)

    async def close(self) -> None:
        """At once; what the other side thinks of it does not matter."""
        self.transport.abort()
        await self._lost.wait()


_Origin = tuple[str, str, int | None]


def _origin(url: httpx.URL) -> _Origin:
    return url.scheme, url.host, url.port


def _delay(host: str) -> float | None:
    """After which the next address of a name is tried beside the first (RFC 8305). None for an
    address, of which there is but one: asyncio's race loses a socket that is cancelled as it wins
    (3.11)."""
    return None if ":" in host or host[-1:].isdigit() else 0.25


async def _connect(request: httpx.Request, context: ssl.SSLContext) -> _Link:
    """An open connection to whom the request may be sent."""
    url, seconds = request.url, request.extensions["timeout"].get("connect")
    secure = url.scheme == "https"
    try:
        async with asyncio.timeout(seconds):
            made, link = await asyncio.get_running_loop().create_connection(
                lambda: _Link(_origin(url)),
                url.host,
                url.port or (443 if secure else 80),
                happy_eyeballs_delay=_delay(url.host),
            )
        link.transport = made
        if secure:
            async with asyncio.timeout(seconds):
                await _secure(link, context, request.extensions["compare"])
    except TimeoutError as error:
        raise httpx.ConnectTimeout(str(error)) from error
    except OSError as error:
        raise httpx.ConnectError(str(error)) from error
    return link


async def _secure(
    link: _Link, context: ssl.SSLContext, compare: Callable[[bytes | None], None]
) -> None:
    """TLS, and who it is with."""
    made: Any = await asyncio.get_running_loop().start_tls(
        link.transport,
        link,
        context,
        server_hostname=SERVER_NAME.encode(),  # type: ignore[arg-type]
    )
    link.transport = made
    try:
        compare(made.get_extra_info("ssl_object").getpeercert(binary_form=True))
    except BaseException:
        await link.close()
        raise
