"""A simulated gateway in a process of its own, so that it does not share our interpreter."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator

from scheduler.simulated import SimulatedGateway


@contextlib.contextmanager
def beside() -> Iterator[dict[str, str]]:
    """Where it answers: url and fingerprint."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.gateway"],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


async def _serve() -> None:
    async with SimulatedGateway(profile="1.49", run_seconds=0.0, stop_seconds=0.0) as gateway:
        print(json.dumps({"url": gateway.url, "fingerprint": gateway.fingerprint}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
