"""The connection to one gateway, kept while requests follow each other. Knows no API.

httpx's own transport keeps a pool instead, which takes longer than the request itself: for six of
them 5.8 ms of the processor against 2.1 ms (httpx 0.28.1, httpcore 1.0.9).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager

import httpcore
import httpx


class KeptConnection(httpx.AsyncBaseTransport):
    """At most one is kept, since many connections restart a gateway; a request beside another one
    has a connection of its own, which is closed after it."""

    def __init__(self, context: ssl.SSLContext, *, idle: float) -> None:
        self._context, self._seconds = context, idle
        self._idle: httpcore.AsyncHTTPConnection | None = None
        self._open: set[httpcore.AsyncHTTPConnection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer as it begins; its body is still to come. Raises httpx's own errors."""
        url = request.url
        asked = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        connection = await self._take(asked.url.origin)
        try:
            with _in_words_of_httpx():
                answer = await connection.handle_async_request(asked)
        except BaseException:
            self._open.discard(connection)  # httpcore closed it
            raise
        body = _Body(answer, self, connection)
        return httpx.Response(answer.status, headers=answer.headers, stream=body)

    async def aclose(self) -> None:
        """Close what is open; another request makes a new connection."""
        self._idle = None
        while self._open:
            await self._open.pop().aclose()

    async def rest(self, connection: httpcore.AsyncHTTPConnection) -> None:
        """Its answer is over, and another request may follow soon."""
        if connection in self._open and connection.is_idle() and self._idle is None:
            self._idle = connection
        else:
            await self._end(connection)

    async def _take(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        idle, self._idle = self._idle, None
        if idle is not None:
            if idle.can_handle_request(origin) and idle.is_available() and not idle.has_expired():
                return idle
            await self._end(idle)
        made = httpcore.AsyncHTTPConnection(origin, self._context, keepalive_expiry=self._seconds)
        self._open.add(made)
        return made

    async def _end(self, connection: httpcore.AsyncHTTPConnection) -> None:
        self._open.discard(connection)
        if not connection.is_closed():
            await connection.aclose()


class _Body(httpx.AsyncByteStream):
    """What httpx reads; its end is the end of the exchange."""

    def __init__(
        self,
        answer: httpcore.Response,
        kept: KeptConnection,
        connection: httpcore.AsyncHTTPConnection,
    ) -> None:
        self._answer, self._kept, self._connection = answer, kept, connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._answer.stream, AsyncIterable)
        with _in_words_of_httpx():
            async for part in self._answer.stream:
                yield part

    async def aclose(self) -> None:
        await self._answer.aclose()
        await self._kept.rest(self._connection)


@contextmanager
def _in_words_of_httpx() -> Iterator[None]:
    """The errors of httpcore, which httpx has by the same names."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
