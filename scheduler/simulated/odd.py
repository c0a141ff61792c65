"""Bodies that no gateway should send, for the faults that ask for them."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from typing import Final

HUGE: Final = 3_000_000
DEPTH: Final = 100_000
DRIP_SECONDS: Final = 1.0
_BLOCK: Final = b"x" * 65_536


async def dripping(body: bytes, seconds: float = DRIP_SECONDS) -> AsyncIterator[bytes]:
    """One byte, and a wait, and another."""
    for index in range(len(body)):
        yield body[index : index + 1]
        await asyncio.sleep(seconds)


async def endless() -> AsyncIterator[bytes]:
    """It never stops."""
    while True:
        yield _BLOCK


def huge() -> bytes:
    """More than a client should take."""
    return b'{"x":"' + b"x" * HUGE + b'"}'


def deep() -> bytes:
    """Lists in lists in lists."""
    return b"[" * DEPTH + b"]" * DEPTH


def garbage() -> bytes:
    """No JSON, no text, and what a terminal would obey."""
    return b"\x1b[2J\xff\xfe<html>\x00\xe2\x80\xae" + bytes(range(128, 256))


def packed() -> bytes:
    """A few kilobytes that unpack to half a gigabyte, twice packed."""
    inner = _gzip(b"\0" * 50_000_000)
    return _gzip(inner)


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()
