"""What every transport over HTTP needs of httpx: a client that is held only while it is in use,
a body within bounds, what Retry-After says, and which kind of failure an error is.

Knows no API, and has no words for a person: those are each transport's own.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Final, Generic, TypeVar

import httpx

ERRORS: Final = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ValueError)
"""All that an exchange may raise."""
CANCEL_GRACE: Final = 2.0
"""Seconds in which an exchange may end by itself when its task is cancelled."""
_LONGEST_HEADER: Final = 40

# At debug level these write every header into the log, cookies and tokens among them.
for _name in ("httpcore.http11", "httpcore.connection", "httpcore.proxy", "httpx"):
    logging.getLogger(_name).addFilter(lambda record: record.levelno >= logging.WARNING)


Held = TypeVar("Held", httpx.AsyncClient, httpx.AsyncBaseTransport)


class HeldClient(Generic[Held]):
    """A client, or a transport by itself, that is made with the first request and closed soon
    after the last."""

    def __init__(self, make: Callable[[], Held], *, idle: float) -> None:
        self._make: Callable[[], Held] = make
        self._seconds = idle
        self._client: Held | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def open(self) -> bool:
        """Whether anything is held."""
        return self._client is not None

    async def take(self) -> Held:
        """The client, for a request now."""
        await self._settle()
        if self._client is None:
            self._client = self._make()
        return self._client

    def rest(self) -> None:
        """The request ended; another one may follow soon."""
        self._idle = asyncio.get_running_loop().call_later(self._seconds, self._drop)

    async def close(self) -> None:
        """Close the connections; another request would make new ones."""
        await self._settle()
        client, self._client = self._client, None
        if client:
            await client.aclose()

    async def _settle(self) -> None:
        if self._idle:
            self._idle.cancel()
        if self._closing:
            await self._closing

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client:
            self._closing = asyncio.ensure_future(client.aclose())
            self._closing.add_done_callback(lambda _: setattr(self, "_closing", None))


async def body_of(response: httpx.Response, *, most: int) -> bytes:
    """The body as it came on the wire; unpacking what was not to be packed is an invitation to
    fill the memory. Raises ValueError."""
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ValueError("packed, although that was not asked for")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            raise ValueError("too long")
    return bytes(body)


def retry_after(headers: httpx.Headers, now: datetime, *others: str) -> float | None:
    """The seconds of a Retry-After, in numbers or as a date, or of `others` where there is none;
    not bounded. None where it says nothing that can be used."""
    told = (headers.get(name, "")[:_LONGEST_HEADER] for name in ("retry-after", *others))
    text = next(filter(None, told), "")
    try:
        return float(text) if text[:1].isdecimal() else _until(text, now)
    except (ValueError, TypeError, OverflowError):
        return None


def _until(date: str, now: datetime) -> float:
    return (parsedate_to_datetime(date) - now).total_seconds()


class Failure(Enum):
    """What an error of an exchange means for whoever asked."""

    NOT_SENT = auto()
    """Nothing of the request went out."""
    LATE = auto()
    BROKEN_OFF = auto()
    """The connection ended in the middle of the answer."""
    DROPPED = auto()
    """The connection ended, and whether the request arrived is not known."""
    GARBLED = auto()
    """An answer that is not HTTP as we know it."""


def failure(error: Exception) -> Failure:
    """Which of them an error of `ERRORS` is."""
    if isinstance(error, _NOT_SENT):
        return Failure.NOT_SENT
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return Failure.LATE
    if isinstance(error, httpx.RemoteProtocolError):
        return _of_protocol(str(error))
    if isinstance(error, httpx.TransportError | httpx.StreamError | OSError):
        return Failure.DROPPED
    return Failure.GARBLED


_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    socket.gaierror,
)


def _of_protocol(text: str) -> Failure:
    """httpcore says it in words alone: "Server disconnected without sending a response.", "peer
    closed connection without sending complete message body"."""
    if "disconnected" in text:
        return Failure.DROPPED
    return Failure.BROKEN_OFF if "closed connection" in text else Failure.GARBLED
