"""The installed command as a process, a simulated gateway beside it, and a fake supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pytest

from scheduler import cli
from scheduler.simulated import DEFAULT_PASSWORD, SimulatedGateway

TOU = [sys.executable, "-m", "scheduler"]


class Beside:
    """A simulated gateway in a thread of its own, so that processes can talk to it."""

    def __init__(self, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.gateway: SimulatedGateway = self._do(self._make(options))

    async def _make(self, options: dict[str, Any]) -> SimulatedGateway:
        gateway = SimulatedGateway(**options)
        await gateway.start()
        return gateway

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def change(self, fault: str, value: object) -> None:
        async def change() -> None:
            setattr(self.gateway.faults, fault, value)

        self._do(change())

    def sent(self, method: str, path: str) -> int:
        return sum(
            (seen.method, seen.path) == (method, path) for seen in self.gateway.device.requests
        )

    def close(self) -> None:
        self._do(self.gateway.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def _paper() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def _written(paper: io.TextIOWrapper) -> str:
    paper.flush()
    return cast("io.BytesIO", paper.buffer).getvalue().decode()


@dataclass
class House:
    """A folder with a schedule, and the command run in it."""

    folder: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def write(self, schedule: str) -> None:
        (self.folder / "home.yaml").write_text(schedule)

    def tou(
        self, *words: str, limit: int | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """The command's end. `limit` is the largest file it may write, in KiB."""
        capped = ["bash", "-c", f'ulimit -f {limit}; trap "" XFSZ; exec "$@"', "tou"]
        return subprocess.run(
            [*(capped if limit is not None else []), *TOU, *words],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The same without a process of its own, for what is asked again and again until it is so:
        each costs half a second of a core, which the service needs."""
        out, err = _paper(), _paper()
        with (
            contextlib.chdir(self.folder),
            patch.dict(os.environ, self.environment, clear=True),
            patch.object(sys, "argv", ["tou", *words]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            cli.main()
        code = int(ended.value.code or 0)
        return subprocess.CompletedProcess(words, code, _written(out), _written(err))

    def json(self, *words: str) -> Any:
        return json.loads(self.ask(*words, "--format", "json").stdout)

    def run(self, **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / "journal").open("ab") as journal:
            process = subprocess.Popen(
                [*TOU, "run"],
                cwd=self.folder,
                env={**self.environment, **environment},
                stdout=journal,
                stderr=journal,
            )
        self.processes.append(process)
        return process

    def journal(self) -> str:
        return (self.folder / "journal").read_text()

    def until(self, what: Callable[[], Any], seconds: float = 60.0) -> Any:
        """The first true answer. Fails with the journal when there is none in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = what()
            if answer:
                return answer
            time.sleep(0.05)
        return pytest.fail(f"nothing within {seconds} s; the journal says:\n{self.journal()}")

    def stop(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Supervisor:
    """The other end of `$NOTIFY_SOCKET`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self._heard: list[str] = []

    def heard(self) -> list[str]:
        with contextlib.suppress(BlockingIOError):
            while True:
                self._heard += self._socket.recv(65536).decode().splitlines()
        return self._heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def gateway() -> Iterator[Beside]:
    beside = Beside(profile="1.49", run_seconds=0.2, stop_seconds=0.05)
    yield beside
    beside.close()


@pytest.fixture
def house(tmp_path: Path, gateway: Beside) -> Iterator[House]:
    """A house whose settings point at the gateway beside it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TOU_")}
    made = House(
        tmp_path,
        {
            **kept,
            "TOU_SCHEDULE": "home.yaml",
            "TOU_GATEWAY": "local",
            "TOU_GATEWAY_URL": gateway.gateway.url,
            "TOU_GATEWAY_FINGERPRINT": gateway.gateway.fingerprint,
            "TOU_GATEWAY_PASSWORD": DEFAULT_PASSWORD,
            "TOU_GATEWAY_PAUSE": "0",
            "TOU_PULSE": "1s",
            "TOU_RETRY_FIRST": "1s",
            "PYTHONWARNINGS": "error",
        },
    )
    yield made
    made.stop()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "notify")
    yield made
    made.close()
