"""Bodies that no gateway should send, for the faults that ask for them."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from scheduler.httpserver import Response
from scheduler.simulated.switches import Switches

HUGE: Final = 3_000_000
DEPTH: Final = 100_000
DRIP_SECONDS: Final = 1.0
_BLOCK: Final = b"x" * 65_536


@dataclass
class OddBodies(Switches):
    """The switches of these bodies; the local gateway has them for a GET alone."""

    drip: int = 0
    """The body comes a byte in a second."""
    endless: int = 0
    """The body never ends."""
    huge: int = 0
    """The body is 3 MB long."""
    deep: int = 0
    """The body is 100,000 lists in one another."""
    packed: int = 0
    """The body is packed twice, and unpacks to 50 MB."""


def bent(faults: OddBodies, response: Response) -> Response:
    """A good answer, or one with a body by the faults of these names."""
    if response.status != 200 or not isinstance(response.body, bytes) or not response.body:
        return response
    if faults.take("drip"):
        return replace(response, body=dripping(response.body))
    if faults.take("endless"):
        return replace(response, body=endless())
    name = next((name for name in WHOLE if faults.take(name)), None)
    if name is None:
        return response
    packing = (PACKING,) if name == "packed" else ()
    return replace(response, body=WHOLE[name](), headers=(*response.headers, *packing))


async def dripping(body: bytes, seconds: float = DRIP_SECONDS) -> AsyncIterator[bytes]:
    """One byte, and a wait, and another."""
    for index in range(len(body)):
        yield body[index : index + 1]
        await asyncio.sleep(seconds)


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield _BLOCK


def huge() -> bytes:
    return b'{"x":"' + b"x" * HUGE + b'"}'


def deep() -> bytes:
    return b"[" * DEPTH + b"]" * DEPTH


def garbage() -> bytes:
    """No JSON, no text, and what a terminal would obey."""
    return b"\x1b[2J\xff\xfe<html>\x00\xe2\x80\xae" + bytes(range(128, 256))


@cache
def zipped() -> bytes:
    """Fifty kilobytes that unpack to fifty megabytes."""
    return _gzip(b"\0" * 50_000_000)


@cache
def packed() -> bytes:
    """The same, packed once more: a few hundred bytes."""
    return _gzip(zipped())


PACKING: Final = ("Content-Encoding", "gzip, gzip")
WHOLE: Final[Mapping[str, Callable[[], bytes]]] = {"huge": huge, "deep": deep, "packed": packed}


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def struck(faults: Switches, found: object) -> object:
    """Data with some keys missing, null or of another type, by the faults of those names."""
    if isinstance(found, list):
        return [struck(faults, each) for each in found]
    if not isinstance(found, dict):
        return found
    kept = {key: value for key, value in found.items() if not faults.take_at("without", key)}
    return {key: _struck_value(faults, key, value) for key, value in kept.items()}


def _struck_value(faults: Switches, key: str, value: object) -> object:
    if faults.take_at("null", key):
        return None
    if faults.take_at("typed", key):
        return 7 if isinstance(value, str) else str(value)
    return struck(faults, value)
