"""A whole site on each transport: from a schedule's file to a setting that is confirmed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler import clock
from scheduler.audit import review
from scheduler.audit.database import Database, open_database
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer
from scheduler.gateway.base import Gateway
from scheduler.schedule.load import load_schedule
from scheduler.setting import Mode, Setting
from scheduler.site.backoff import Backoff
from scheduler.site.shown import state_of
from scheduler.site.site import Site
from scheduler.site.wish import Conduct
from scheduler.words import Wake

from .stands import Stand

TEXT = """\
schedule: always full
timezone: Etc/UTC
rules:
  - name: stay full
    mode: backup
    reserve: 100%
"""
WITHIN = 60.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "tou.db", create=True)
    yield opened
    opened.close()


@pytest.fixture
def site(gateway: Gateway, database: Database, tmp_path: Path) -> Iterator[Site]:
    path = tmp_path / "always.yaml"
    path.write_text(TEXT)
    writer = Writer(database)
    recorder = Recorder(writer, "home")
    yield Site(
        "home",
        load_schedule(path),
        gateway,
        recorder,
        Conduct(Backoff(0.1, 1.0)),
        synchronised=lambda: True,
    )
    recorder.close()
    writer.close()


async def until_confirmed(site: Site) -> None:
    """Look whenever the site wants to, as its process would."""
    await site.start(alive_until=None, alone=True)
    await site.look(Wake.START)
    while state_of(site, clock.now()).confirmed is None:
        soonest = min(site.alarms(clock.now()), key=lambda alarm: alarm.at)
        await asyncio.sleep(min(1.0, max(0.0, (soonest.at - clock.now()).total_seconds())))
        await site.look(soonest.wake)


async def test_a_schedule_is_made_true_and_recorded(
    stand: Stand, site: Site, database: Database
) -> None:
    async with asyncio.timeout(WITHIN):
        await until_confirmed(site)
    await site.stop()

    assert stand.in_force().shows(Setting(Mode.BACKUP, 100))
    assert [run.outcome for run in review.runs(database)] == ["confirmed"]
