"""A process of one site with the built-in simulated gateway, in the test's own loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scheduler import settings
from scheduler.host.host import Host, Signals
from scheduler.host.instance import Instance
from scheduler.host.sites import open_sites
from scheduler.simulated import SimulatedGateway

ALWAYS = """\
schedule: always
timezone: Etc/UTC
rules:
  - {name: run the house, mode: self_consumption, reserve: 5%}
jobs:
  - {name: look for firmware, do: commit, at: "03:00"}
"""


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    """Settings of a folder of its own."""
    for name in [name for name in os.environ if name.startswith("TOU_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home.yaml").write_text(ALWAYS)
    monkeypatch.setenv("TOU_SCHEDULE", "home.yaml")
    monkeypatch.setenv("TOU_DATABASE", str(tmp_path / "tou.db"))
    monkeypatch.setenv("TOU_PULSE", "1s")
    return settings.load()


@pytest.fixture
async def device() -> AsyncIterator[SimulatedGateway]:
    """A gateway that is quick."""
    async with SimulatedGateway(profile="1.49", run_seconds=0.0, stop_seconds=0.0) as made:
        yield made


@pytest.fixture
async def host(chosen: settings.Settings, device: SimulatedGateway) -> AsyncIterator[Host]:
    """Running, after its first look."""
    offered = {"url": device.url, "fingerprint": device.fingerprint}
    lock, signals = Instance(chosen.database_path), Signals()
    lock.take()
    async with open_sites(chosen, offered=offered) as opened:
        made = Host(opened, lock, signals)
        running = asyncio.create_task(made.run(alive_until=None))
        begun = asyncio.create_task(made.started.wait())
        await asyncio.wait({begun, running}, return_when=asyncio.FIRST_COMPLETED)
        yield made
        signals.stop.set()
        await running
    lock.release()
