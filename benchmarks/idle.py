"""The service as a process: start, memory, idle CPU, and how late a boundary is."""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from benchmarks import gateway as simulated
from benchmarks.figure import Figure
from scheduler import asking
from scheduler.audit import review
from scheduler.audit.database import open_database
from scheduler.simulated import DEFAULT_PASSWORD

IMPORTS = """
import sys, time
import apscheduler.schedulers.asyncio, apscheduler.triggers.date
import httpx, pydantic_settings, sqlalchemy, yaml
"""
STARTS = 7
QUESTIONS = 50
IDLE_SECONDS = 60
BOUNDARIES = 40
ALWAYS = """\
schedule: idle
timezone: Etc/UTC
rules:
  - {name: run the house, mode: self_consumption, reserve: 5%}
"""


def measure() -> list[Figure]:
    """Start, memory, CPU and lateness, each against its floor where it has one."""
    with tempfile.TemporaryDirectory() as name, simulated.beside() as where:
        folder = Path(name)
        return [
            *_starts(folder, where),
            *_idle(folder, where),
            *_simulated(folder, where),
            *_lateness(folder, where),
        ]


def _starts(folder: Path, where: dict[str, str]) -> list[Figure]:
    """READY with the setting in force already, in turns with the bare imports."""
    ready, bare = [], []
    for number in range(STARTS + 1):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", IMPORTS], check=True)
        bare.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        with _service(folder, where, ALWAYS):
            ready.append(time.perf_counter() - begun)
        if number == 0:
            # The first start makes the database and logs in; the budget is that of every other.
            ready.clear()
            bare.clear()
    ours, floor = statistics.median(ready), statistics.median(bare)
    return [
        Figure("start to READY", ours * 1e3, "ms", None, None),
        Figure("the bare imports, as a process", floor * 1e3, "ms", None, None),
        Figure("start to READY / imports", ours / floor, "x", 1.3, ours / floor <= 1.3),
    ]


def _bare_imports() -> int:
    """Bytes resident of a process that imports what the service must."""
    wait = "; print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", IMPORTS + wait[2:]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as floor:
        assert floor.stdout is not None
        floor.stdout.readline()
        resident = int(psutil.Process(floor.pid).memory_info().rss)
        floor.kill()
    return resident


def _idle(folder: Path, where: dict[str, str]) -> list[Figure]:
    """With a gateway outside, as it is in a house."""
    imports = _bare_imports()
    with _service(folder, where, ALWAYS, TOU_PULSE="30s") as process:
        seen = psutil.Process(process.pid)
        time.sleep(2)
        before = _busy(seen)
        time.sleep(IDLE_SECONDS)
        cpu = (_busy(seen) - before) / IDLE_SECONDS * 100
        resident = seen.memory_info().rss
        question = _question(folder)
    ratio = resident / imports
    return [
        Figure("resident memory, idle", resident / 2**20, "MiB", None, None),
        Figure("resident memory, the bare imports", imports / 2**20, "MiB", None, None),
        Figure("resident memory / imports", ratio, "x", 1.15, ratio <= 1.15),
        Figure(f"CPU of the idle service, over {IDLE_SECONDS} s", cpu, "%", 0.1, cpu <= 0.1),
        Figure("a question to the control socket", question, "ms", 10, question <= 10),
    ]


def _question(folder: Path) -> float:
    """Milliseconds of the status, the median of some."""
    address, taken = asking.socket_path(folder / "tou.db"), []
    for _ in range(QUESTIONS):
        begun = time.perf_counter()
        asking.ask(address, "/status")
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1e3


def _simulated(folder: Path, where: dict[str, str]) -> list[Figure]:
    """With the built-in simulation, which is a server more in the same process: no budget, but
    whoever tries the service sees it."""
    with _service(folder, where, ALWAYS, TOU_GATEWAY="simulated", TOU_PULSE="30s") as process:
        time.sleep(2)
        resident = psutil.Process(process.pid).memory_info().rss
    what = "resident memory with the built-in simulation"
    return [Figure(what, resident / 2**20, "MiB", None, None)]


def _busy(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _lateness(folder: Path, where: dict[str, str]) -> list[Figure]:
    """From each boundary to the start of its first request."""
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    edges = [first + timedelta(seconds=number) for number in range(BOUNDARIES)]
    windows = ", ".join(
        f"{start:%H:%M:%S}-{end:%H:%M:%S}"
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    )
    schedule = ALWAYS.replace(
        "rules:\n",
        f"rules:\n  - {{name: charge, during: [{windows}], mode: backup, reserve: 100}}\n",
    )
    with _service(folder, where, schedule):
        time.sleep(BOUNDARIES + 5)
    database = open_database(folder / "tou.db")
    runs = [run for run in review.runs(database) if run.wake == "boundary" and run.planned_at]
    database.close()
    late = sorted(
        (run.steps[0].at - run.planned_at).total_seconds() * 1e3
        for run in runs
        if run.steps and run.planned_at
    )
    if len(late) < BOUNDARIES * 0.9:
        raise RuntimeError(f"only {len(late)} of {BOUNDARIES} boundaries were seen")
    worst = late[min(len(late) - 1, int(len(late) * 0.99))]
    return [
        Figure(
            f"lateness of {len(late)} boundaries, median", statistics.median(late), "ms", None, None
        ),
        Figure("lateness, p99", worst, "ms", 20, worst <= 20),
    ]


@contextmanager
def _service(
    folder: Path, where: dict[str, str], schedule: str, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A service that has said READY."""
    (folder / "home.yaml").write_text(schedule)
    address = folder / "notify"
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(address))
        process = subprocess.Popen(
            [sys.executable, "-m", "scheduler", "run"],
            cwd=folder,
            env=_environment(where, address) | more,
            stderr=subprocess.DEVNULL,
        )
        try:
            while b"READY=1" not in ear.recv(65536):
                pass
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _environment(where: dict[str, str], address: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TOU_")}
    return kept | {
        "TOU_SCHEDULE": "home.yaml",
        "TOU_GATEWAY": "local",
        "TOU_GATEWAY_URL": where["url"],
        "TOU_GATEWAY_FINGERPRINT": where["fingerprint"],
        "TOU_GATEWAY_PASSWORD": DEFAULT_PASSWORD,
        "TOU_GATEWAY_PAUSE": "0",
        "NOTIFY_SOCKET": str(address),
    }
