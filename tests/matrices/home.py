"""One process of a home, over files and a battery that outlive it, and the clock it waits by."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scheduler.audit.database import Database, open_database
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer
from scheduler.schedule.load import Loaded
from scheduler.site.apply import Attempt
from scheduler.site.backoff import Backoff
from scheduler.site.site import Site
from scheduler.site.wish import Conduct
from scheduler.words import Wake

# httpcore looks for it before each request, in vain: under pytest that is a tenth of the time.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

START = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
PULSE = 30.0


@dataclass
class Clock:
    """Moved on by whoever waits."""

    instant: datetime = START
    elapsed: float = 1000.0
    real: float = 0.0
    """Real seconds that a wait takes at most, for servers that live by the right time."""
    moved: Callable[[], None] | None = None
    """Called when it was moved."""

    def now(self) -> datetime:
        self.move(0.001)
        return self.instant

    def monotonic(self) -> float:
        return self.elapsed

    def move(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)
        self.elapsed += seconds

    async def sleep(self, seconds: float) -> None:
        self.move(seconds)
        if self.moved:
            self.moved()
        await asyncio.sleep(min(seconds, self.real))


@asynccontextmanager
async def process(
    path: Path,
    loaded: Loaded,
    gateway: Any,
    clock: Clock,
    *,
    kept: Callable[[Database], Any] = lambda database: database,
    alive_until: datetime | None = None,
) -> AsyncIterator[Site]:
    """From its start to its end; `kept` is put around its audit."""
    database = open_database(path, create=True)
    writer = Writer(kept(database))
    recorder = Recorder(writer, "home", now=clock.now)
    site = Site(
        "home",
        loaded,
        gateway,
        recorder,
        Conduct(Backoff(4.0, 60.0)),
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        synchronised=lambda: True,
    )
    await site.start(alive_until=alive_until)
    yield site
    await site.stop()
    recorder.close()
    writer.close()
    await gateway.close()
    database.close()


def settled(site: Site) -> bool:
    """Whether what is wanted is known to be in force, and nothing is owed."""
    controller = site.controller
    return bool(controller.wish and controller.wish.done and not controller.debt.owed)


async def look_until(
    site: Site,
    clock: Clock,
    enough: Callable[[], bool],
    *,
    within: float,
    seen: Callable[[Attempt | None], None] = lambda attempt: None,
) -> bool:
    """Look whenever the site wants to, and at each pulse; whether it was enough in time."""
    end = clock.elapsed + within
    while not enough():
        if clock.elapsed >= end:
            return False
        waits = (site.controller.confirm_in(), site.controller.retry_in())
        wait = min((each for each in waits if each is not None), default=PULSE)
        wake = Wake.CONFIRM if waits[0] is not None else Wake.RETRY
        await clock.sleep(min(PULSE, max(wait, 0.05)))
        seen(await site.look(wake if wait < PULSE else Wake.PULSE))
    return True
