"""Many sites in one process: what one more costs, and how late the last of them is at a boundary.

The clients are the real ones for memory and start; at the boundary a gateway without a network
stands behind each site, so that what is measured is this process and its audit.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import tempfile
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from benchmarks.figure import Figure
from scheduler import clock, settings
from scheduler.audit.database import open_database
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer
from scheduler.gateway.base import Limits, Reading, Receipt
from scheduler.gateway.registry import Surroundings, settings_of, transport
from scheduler.host.host import Host
from scheduler.host.instance import Instance, Presence
from scheduler.host.keeper import Keeper
from scheduler.host.sites import Hosted, Opened, conduct
from scheduler.host.timers import Timers
from scheduler.schedule.load import Loaded, load_schedule
from scheduler.setting import Mode, Setting, SettingRead
from scheduler.site.site import Site

SITES = int(os.environ.get("BENCH_SITES", "1000"))
ALWAYS = """\
schedule: many
timezone: Etc/UTC
rules:
  - {{name: charge, during: {start:%H:%M:%S}-{end:%H:%M:%S}, mode: backup, reserve: 100}}
  - {{name: run the house, mode: self_consumption, reserve: 5%}}
"""


class Near:
    """A gateway that is in this process: it keeps a setting and notes when it was first asked."""

    simulated, unsafe, limits = True, None, Limits()

    def __init__(self, name: str) -> None:
        self.name = name
        self.setting = Setting(Mode.SELF_CONSUMPTION, 5.0)
        self.asked: list[datetime] = []

    async def read(self, steps: Any, **what: Any) -> Reading:
        """What it keeps."""
        del steps, what
        at = clock.now()
        self.asked.append(at)
        assert not isinstance(self.setting.reserve, str)
        shown = SettingRead(self.setting.mode.value, self.setting.reserve)
        return Reading(at, shown, charge=50.0, running=True)

    async def write(self, setting: Setting, before: Any, steps: Any) -> Receipt:
        """Keep it."""
        del before, steps
        self.setting = setting
        return Receipt(("mode", "reserve"))

    async def make_safe(self, steps: Any) -> None:
        """Nothing to mend."""

    async def close(self) -> None:
        """Nothing is open."""


def measure() -> list[Figure]:
    """The cost of one more, and the spread of lateness over all."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("TOU_")}
    try:
        with tempfile.TemporaryDirectory() as name:
            return asyncio.run(_measure(Path(name)))
    finally:
        os.environ.update(kept)


async def _measure(folder: Path) -> list[Figure]:
    os.environ |= {
        "TOU_SCHEDULE": str(folder / "many.yaml"),
        "TOU_DATABASE": str(folder / "tou.db"),
        "TOU_GATEWAY": "local",
        "TOU_GATEWAY_FINGERPRINT": "ab" * 32,
        "TOU_GATEWAY_PASSWORD": "none",
    }
    writer = Writer(open_database(folder / "tou.db", create=True))
    cost = await _one_more(folder, writer)
    late = await _at_one_boundary(folder, writer)
    writer.close()
    writer.database.close()
    return [*cost, *late]


async def _one_more(folder: Path, writer: Writer) -> list[Figure]:
    chosen, loaded = settings.load(), _schedule(folder, 3600)
    timers, process = Timers(), psutil.Process()
    keepers = [_with_client(number, chosen, loaded, writer, timers) for number in range(20)]
    gc.collect()
    memory, files, threads = process.memory_info().rss, process.num_fds(), threading.active_count()
    begun = time.perf_counter()
    keepers += [_with_client(number, chosen, loaded, writer, timers) for number in range(SITES)]
    took = (time.perf_counter() - begun) * 1e3 / SITES
    gc.collect()
    each = (process.memory_info().rss - memory) / 1024 / SITES
    opened = process.num_fds() - files + threading.active_count() - threads
    for keeper in keepers:
        await keeper.site.gateway.close()
    return [
        Figure(f"one more site of {SITES}, memory", each, "KiB", 40, each <= 40),
        Figure(f"one more site of {SITES}, start", took, "ms", 1, took <= 1),
        Figure(f"threads and open files of {SITES} sites", opened, "", 0, opened == 0),
    ]


def _with_client(
    number: int, chosen: settings.Settings, loaded: Loaded, writer: Writer, timers: Timers
) -> Keeper:
    """A site of the service, with a client that was not asked yet, and its timers set."""
    surroundings = Surroundings(
        state=chosen.database_path.with_name(f"{number}.db"),
        now=clock.now,
        monotonic=clock.monotonic,
        timezone="Etc/UTC",
    )
    gateway = transport("local").open_gateway(chosen.of(settings_of("local")), surroundings)
    name = f"house {number}"
    site = Site(name, loaded, gateway, Recorder(writer, name), conduct(chosen))
    keeper = Keeper(site, timers)
    keeper.set_timers()
    return keeper


async def _at_one_boundary(folder: Path, writer: Writer) -> list[Figure]:
    """All sites want another setting from one instant on."""
    seconds = 10 + SITES // 25
    loaded = _schedule(folder, seconds)
    gateways = [Near(f"near {number}") for number in range(SITES)]
    chosen = settings.load()
    hosted = tuple(
        Hosted(
            Site(each.name, loaded, each, Recorder(writer, each.name), conduct(chosen)),
            folder / "many.yaml",
            None,
        )
        for each in gateways
    )
    presence = Presence(chosen.database_path)
    lock = Instance(chosen.database_path)
    lock.take()
    host = Host(Opened(chosen, writer.database, presence, hosted, None), lock)
    running = asyncio.create_task(host.run(alive_until=None))
    await host.started.wait()
    switch = _boundary(loaded)
    await asyncio.sleep((switch - clock.now()).total_seconds() + 5 + SITES / 100)
    host.signals.stop.set()
    await running
    lock.release()
    presence.leave()
    late = sorted(
        (min(at for at in each.asked if at >= switch) - switch).total_seconds() * 1e3
        for each in gateways
    )
    done = sum(each.setting.mode is Mode.BACKUP for each in gateways)
    worst = late[min(len(late) - 1, int(len(late) * 0.99))]
    return [
        Figure(f"sites of {SITES} switched at one boundary", done, "", None, done == SITES),
        Figure("lateness of its first request, first site", late[0], "ms", None, None),
        Figure("lateness, median", statistics.median(late), "ms", None, None),
        Figure("lateness, p99", worst, "ms", None, None),
    ]


def _schedule(folder: Path, seconds: int) -> Loaded:
    """One that changes so many seconds from now, shared by all sites."""
    start = clock.now() + timedelta(seconds=seconds)
    path = folder / "many.yaml"
    path.write_text(ALWAYS.format(start=start, end=start + timedelta(hours=2)))
    return load_schedule(path)


def _boundary(loaded: Loaded) -> datetime:
    from scheduler import plan

    found = plan.next_boundary(loaded.schedule, clock.now())
    assert found is not None
    return found.at
