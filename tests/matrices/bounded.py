"""Reads from a gateway whose answers are huge, endless, deep or packed, or drip, and measures what
that takes of memory and time.

Run as a program of its own, so that its memory is the client's alone: the gateway is a child.
Prints what it found as JSON.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scheduler.errors import GatewayError
from scheduler.gateway.base import Spend, Step
from scheduler.gateway.fleet.wire import CloudWire
from scheduler.gateway.local.wire import Waits
from scheduler.gateway.proxy.wire import ProxyWire

from .crash import House
from .home import Clock
from .remote import Remote, gateway

FAULTS = ("packed", "huge", "deep", "endless", "drip")
# Real seconds for the next byte, and for the whole of an answer: a byte comes each second.
NEXT, WHOLE = 1.5, 2.0


@dataclass
class NoSteps:
    """Where the requests of a read go, which nobody keeps."""

    async def ended(self, step: Step) -> None:
        del step

    async def settled(self) -> None:
        pass


def shorten(opened: Any) -> None:
    """Wait for seconds where usually it is half a minute."""
    for wire in (CloudWire, ProxyWire):
        wire.read_seconds, wire.slack_seconds = NEXT, WHOLE - NEXT
    if hasattr(opened, "_made_of"):
        opened._made_of["timeout"] = WHOLE


async def read(opened: Any) -> str:
    """One read: `read`, `nothing`, or the error."""
    try:
        found = await opened.read(NoSteps(), spend=Spend.DUE)
    except GatewayError as error:
        return type(error).__name__
    return "read" if found.setting and found.setting.mode else "nothing"


def peak(*, anew: bool = False) -> int:
    """The most KiB that this process had since it was last asked anew."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


async def measured(remote: Remote, folder: Path) -> dict[str, Any]:
    """What each fault took, of a client that is signed in at first."""
    found: dict[str, Any] = {}
    house = House(folder, remote, waits=Waits(NEXT, NEXT, WHOLE - NEXT))
    opened = house.gateway(Clock(house.instant, real=0.01), None)
    shorten(opened)
    assert await read(opened) == "read"
    for fault in FAULTS:
        remote.post("/faults", set=[f"{fault}:-1"])
        before, began = peak(anew=True), time.monotonic()
        answer = await read(opened)
        took = time.monotonic() - began
        found[fault] = {"answer": answer, "kib": peak() - before, "seconds": took}
        remote.mend()
    found["afterwards"] = {"answer": await read(opened), "kib": 0, "seconds": 0.0}
    await opened.close()
    return found


def main(folder: Path, name: str) -> dict[str, Any]:
    """What each fault took on one transport."""
    with gateway(name, folder) as remote:
        return asyncio.run(measured(remote, folder))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
