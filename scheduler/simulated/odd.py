"""Bodies that no gateway should send, for the faults that ask for them."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from functools import cache
from typing import Final

from scheduler.simulated.switches import Switches

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
def packed() -> bytes:
    """A few kilobytes that unpack to half a gigabyte, twice packed."""
    inner = _gzip(b"\0" * 50_000_000)
    return _gzip(inner)


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
