"""A simulated gateway in a process of its own, which outlives those that are killed before it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import pickle
import signal
import sys
import traceback
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scheduler.httpserver import Request, Response, Server, json_response
from scheduler.simulated import SimulatedGateway
from scheduler.simulated.control import ControlDoor


@dataclass
class Remote:
    """The simulated gateway in its own process."""

    control: str
    settings: Any = None
    """Of any other transport than the local one."""
    url: str = ""
    fingerprint: str = ""
    name: str = "local"

    def state(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.control) as answer:
            state: dict[str, Any] = json.load(answer)
            return state

    def post(self, path: str, **data: Any) -> None:
        body = json.dumps(data).encode()
        asked = urllib.request.Request(self.control + path, data=body, method="POST")
        urllib.request.urlopen(asked).close()

    def mend(self) -> None:
        """Nothing is wrong there any more."""
        asked = urllib.request.Request(self.control + "/faults", method="DELETE")
        urllib.request.urlopen(asked).close()


@contextlib.contextmanager
def gateway(name: str, folder: Path) -> Iterator[Remote]:
    """Serve one in a child of its own, until the end."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with child():
            os.close(reading)
            asyncio.run(_serve(writing) if name == "local" else _serve_stand(name, folder, writing))
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        remote: Remote = pickle.loads(base64.b64decode(told.readline()))
    try:
        yield remote
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


async def _serve(told: int) -> None:
    async with SimulatedGateway(
        profile="1.49", run_seconds=0.02, stop_seconds=0.01, check_seconds=0.01, away_seconds=0.1
    ) as device:
        device.faults.login_limit = 1_000_000
        door = ControlDoor(device)
        control = await door.start()
        _tell(told, Remote(control, url=device.url, fingerprint=device.fingerprint))
        await asyncio.Event().wait()


async def _serve_stand(name: str, folder: Path, told: int) -> None:
    """The simulated server of the contract test, with its state on an address beside it."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))
    import stands

    async with stands.STANDS[name](folder) as stand:

        async def answer(request: Request) -> Response:
            if request.method == "POST":
                for text in request.data()["set"]:
                    stand.faults.set(text)
            if request.method == "DELETE":
                stand.faults.end()
            return json_response({"active": {"mode": stand.in_force().mode}, "running": True})

        server = Server(answer)
        control = f"http://127.0.0.1:{await server.listen_tcp(0)}"
        _tell(told, Remote(control, stand.settings, name=name))
        await asyncio.Event().wait()


def _tell(told: int, remote: Remote) -> None:
    os.write(told, base64.b64encode(pickle.dumps(remote)) + b"\n")


@contextlib.contextmanager
def child() -> Iterator[None]:
    """A child never comes back into its parent's code."""
    try:
        yield
        os._exit(0)
    except BaseException:  # noqa: BLE001 -- it is told, and the child ends
        traceback.print_exc()
        os._exit(9)
