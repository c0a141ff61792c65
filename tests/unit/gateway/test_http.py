"""What every transport over HTTP reads the same way."""

import asyncio
import socket
from datetime import UTC, datetime

import httpx
import pytest

from scheduler.gateway.http import Failure, HeldClient, failure, retry_after

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)

TOLD = {
    "seconds": ({"retry-after": "90"}, 90.0),
    "a part of a second": ({"retry-after": "2.5"}, 2.5),
    "a number with a word": ({"retry-after": "7 seconds"}, None),
    "a date": ({"retry-after": "Wed, 01 Jul 2026 12:02:00 GMT"}, 120.0),
    "the rate limit's reset where there is no other": ({"ratelimit-reset": "30"}, 30.0),
    "both": ({"retry-after": "5", "ratelimit-reset": "30"}, 5.0),
    "nothing": ({}, None),
    "no number": ({"retry-after": "soon"}, None),
    "a date of no zone": ({"retry-after": "Wed, 01 Jul 2026 12:02:00 -0000"}, None),
}


@pytest.mark.parametrize(("headers", "seconds"), TOLD.values(), ids=list(TOLD))
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(httpx.Headers(headers), NOON, "ratelimit-reset") == seconds


KINDS = [
    (httpx.ConnectError("refused"), Failure.NOT_SENT),
    (httpx.ConnectTimeout("slow"), Failure.NOT_SENT),
    (httpx.ProxyError("407"), Failure.NOT_SENT),
    (httpx.UnsupportedProtocol("gopher"), Failure.NOT_SENT),
    (socket.gaierror("no such name"), Failure.NOT_SENT),
    (httpx.ReadTimeout("slow"), Failure.LATE),
    (TimeoutError(), Failure.LATE),
    (
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
        Failure.DROPPED,
    ),
    (httpx.ReadError("reset"), Failure.DROPPED),
    (httpx.RemoteProtocolError("peer closed connection"), Failure.BROKEN_OFF),
    (httpx.RemoteProtocolError("illegal status line"), Failure.GARBLED),
    (httpx.DecodingError("gzip"), Failure.GARBLED),
    (ValueError("too long"), Failure.GARBLED),
]


@pytest.mark.parametrize(("error", "kind"), KINDS, ids=repr)
def test_only_what_never_went_out_counts_as_not_sent(error: Exception, kind: Failure) -> None:
    assert failure(error) is kind


async def test_a_client_is_closed_soon_after_its_last_request_and_made_anew() -> None:
    made = []

    def make() -> httpx.AsyncClient:
        made.append(httpx.AsyncClient())
        return made[-1]

    held = HeldClient(make, idle=0.0)
    first = await held.take()
    held.rest()
    while held.open:
        await asyncio.sleep(0)
    second = await held.take()
    await held.close()
    await held.close()

    assert (first, second) == tuple(made)
    assert all(client.is_closed for client in made)
    assert not held.open
