"""The processes beside the service: what they hold, how soon they are there, and how long a reader
waits for a page over ten years of runs and a year of readings."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from benchmarks import audit
from benchmarks.figure import Figure, undisturbed
from scheduler.audit import readings
from scheduler.audit.database import Database, open_database
from scheduler.audit.readings import KeptReading

REPEATS = 40
EVERY = timedelta(minutes=5)
YEAR = datetime(2025, 1, 1, tzinfo=UTC)
DAY = "2025-07-01"
SCHEDULE = """\
schedule: shown
timezone: Etc/UTC
rules:
  - {name: charge overnight, during: "22:00-06:00", mode: backup, reserve: 100}
  - {name: run the house, mode: self_consumption, reserve: 5%}
"""
BESIDE = {
    "tou notify": {"TOU_NOTIFY_TARGETS": "json://127.0.0.1:9/"},
    "tou mqtt": {"TOU_MQTT_URL": "mqtt://127.0.0.1:9"},
}
SETTLED = 3.0
"""Seconds after which a process that only waits has all that it will hold."""


def measure() -> list[Figure]:
    """The page, and the two that wait."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home.yaml").write_text(SCHEDULE)
        database = open_database(folder / "tou.db", create=True)
        with closing(database):
            audit.fill(database, audit.ENTRIES)
            _read(database)
        return [*_page(folder), *(_held(folder, words) for words in BESIDE)]


def _read(database: Database) -> None:
    """A year of readings."""
    count = timedelta(days=365) // EVERY
    with database.writing() as connection:
        for begin in range(0, count, 500):
            instants = [YEAR + number * EVERY for number in range(begin, min(begin + 500, count))]
            readings.keep(connection, audit.SITE, [_reading(at) for at in instants])


def _reading(at: datetime) -> KeptReading:
    share = (at.hour * 60 + at.minute) / 1440
    return KeptReading(
        at=at, source=audit.GATEWAY, charge=100 * share, grid_w=300.0, load_w=500.0 * share
    )


def _page(folder: Path) -> list[Figure]:
    begun = time.perf_counter()
    with _process(folder, "web", "--listen", "127.0.0.1:0") as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        ready = (time.perf_counter() - begun) * 1e3
        found = re.search(r"http://\S+?(?=/?\s)", told)
        assert found, told
        url = found[0]
        first = _answered(f"{url}/")
        day = undisturbed(_answered(f"{url}/day/{DAY}") for _ in range(REPEATS))
        runs = undisturbed(_answered(f"{url}/audit") for _ in range(REPEATS))
        held = psutil.Process(process.pid).memory_info().rss / 2**20
    return [
        Figure("the page: start", ready, "ms", None, None),
        Figure("the page: first answer", first, "ms", 50, first <= 50),
        Figure("the page: a day, a million entries", day, "ms", 30, day <= 30),
        Figure("the page: the newest runs", runs, "ms", None, None),
        Figure("the page: resident memory", held, "MiB", 60, held <= 60),
    ]


def _answered(url: str) -> float:
    begun = time.perf_counter()
    with urllib.request.urlopen(url, timeout=30) as answer:
        answer.read()
    return (time.perf_counter() - begun) * 1e3


def _held(folder: Path, words: str) -> Figure:
    verb = words.split()[1]
    with _process(folder, verb, **BESIDE[words]) as process:
        time.sleep(SETTLED)
        if process.poll() is not None:
            raise RuntimeError(f"{words} has ended: {process.communicate()[0]}")
        held = psutil.Process(process.pid).memory_info().rss / 2**20
    return Figure(f"{words}: resident memory", held, "MiB", None, None)


@contextmanager
def _process(folder: Path, *words: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TOU_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "scheduler", *words],
        cwd=folder,
        env=kept | {"TOU_SCHEDULE": "home.yaml"} | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
