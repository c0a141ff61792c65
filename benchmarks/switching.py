"""A confirmed switch against the same requests sent by a bare httpx client, in turns."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx

from benchmarks import gateway as simulated
from benchmarks.figure import Figure, undisturbed
from scheduler.audit.database import open_database
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer
from scheduler.gateway.local.bodies import operation_body
from scheduler.gateway.local.client import LocalGateway
from scheduler.gateway.local.line import line_to
from scheduler.schedule.load import load_schedule
from scheduler.schedule.values import Schedule
from scheduler.setting import Mode, Setting
from scheduler.simulated import DEFAULT_PASSWORD
from scheduler.site.backoff import Backoff
from scheduler.site.controller import Controller
from scheduler.site.wish import Conduct
from scheduler.words import Outcome, Wake

ROUNDS = 200
RATIO = 1.25
SCHEDULE = """\
schedule: bench
timezone: Etc/UTC
rules:
  - {name: one, mode: self_consumption, reserve: 5%}
"""
REQUESTS = (
    ("GET", "/api/operation"),
    ("POST", "/api/operation"),
    ("GET", "/api/config/completed"),
    ("GET", "/api/sitemaster/run"),
    ("GET", "/api/sitemaster"),
    ("GET", "/api/operation"),
)


def measure() -> list[Figure]:
    """The ratio, and the two times behind it."""
    with tempfile.TemporaryDirectory() as folder, simulated.beside() as where:
        ours, bare, entries = asyncio.run(_race(Path(folder), where))
        commits = _commits(Path(folder))
    switch, requests, entry, commit = map(undisturbed, (ours, bare, entries, commits))
    ratio = switch / requests
    beside = switch / (requests + 2 * entry)
    floor = (requests + 2 * commit) / requests
    return [
        Figure("confirmed switch, ours", switch * 1e3, "ms", None, None),
        Figure("the same six requests, bare httpx", requests * 1e3, "ms", None, None),
        Figure("one durable entry, of two in a switch", entry * 1e3, "ms", None, None),
        Figure("one commit of a bare SQLite file", commit * 1e3, "ms", None, None),
        Figure("requests and two bare commits / bare requests", floor, "x", None, None),
        Figure("confirmed switch / requests and two entries", beside, "x", None, None),
        Figure("confirmed switch / bare requests", ratio, "x", RATIO, ratio <= RATIO),
    ]


async def _race(
    folder: Path, where: dict[str, str]
) -> tuple[list[float], list[float], list[float]]:
    database = open_database(folder / "tou.db", create=True)
    line = line_to(
        where["url"],
        username="installer",
        email="",
        password=DEFAULT_PASSWORD,
        fingerprint=where["fingerprint"],
        certificate=None,
        session_file=folder / "tou.session",
        pause=0.0,
    )
    client = LocalGateway(line, simulated=True)
    writer = Writer(database)
    recorder = Recorder(writer, "bench")
    even, odd = _schedules(folder)
    controller = Controller(even, client, recorder, Conduct(Backoff(1, 1)))
    ours: list[float] = []
    bare: list[float] = []
    async with httpx.AsyncClient(base_url=where["url"], verify=False) as plain:
        login = {"username": "installer", "password": DEFAULT_PASSWORD, "force_sm_off": True}
        token = (await plain.post("/api/login/Basic", json=login)).json()["token"]
        plain.headers["Authorization"] = f"Bearer {token}"
        await plain.get("/api/sitemaster/run")
        for number in range(ROUNDS):
            controller.schedule = odd if number % 2 else even
            begun = time.perf_counter()
            attempt = await controller.look(Wake.BOUNDARY)
            ours.append(time.perf_counter() - begun)
            assert attempt is not None
            assert number == 0 or attempt.outcome is Outcome.CONFIRMED
            begun = time.perf_counter()
            await _bare(plain, attempt.setting)
            bare.append(time.perf_counter() - begun)
    entries = await _durable(recorder)
    await client.close()
    recorder.close()
    writer.close()
    database.close()
    return ours[3:], bare[3:], entries


def _commits(folder: Path) -> list[float]:
    """Seconds of a row on the disk with nothing around it: less than two of them no switch can
    cost that writes down what it means to do, and what became of it."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as plain:
        plain.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        plain.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, detail TEXT)")
        taken = []
        for _ in range(ROUNDS):
            time.sleep(0.005)  # as after a request: not with everything at hand
            begun = time.perf_counter()
            plain.execute("INSERT INTO entries (detail) VALUES (?)", ["x" * 300])
            taken.append(time.perf_counter() - begun)
    return taken


async def _durable(recorder: Recorder) -> list[float]:
    """Seconds until an entry is on the disk."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await recorder.event("bench", "entry")
        taken.append(time.perf_counter() - begun)
    return taken


async def _bare(plain: httpx.AsyncClient, setting: Setting) -> None:
    """The requests of a switch, writing what is in force already: another setting would be told as
    somebody else's."""
    body = operation_body(setting, (1, 49))
    for method, path in REQUESTS:
        answer = await plain.request(method, path, json=body if method == "POST" else None)
        answer.raise_for_status()


def _schedules(folder: Path) -> tuple[Schedule, Schedule]:
    path = folder / "bench.yaml"
    path.write_text(SCHEDULE)
    even = load_schedule(path).schedule
    setting = Setting(Mode.SELF_CONSUMPTION, 30.0)
    return even, replace(even, rules=(replace(even.rules[0], setting=setting),))
