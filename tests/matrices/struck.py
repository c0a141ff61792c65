"""A home on any transport, where a fault strikes just before the n-th request of a switch."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scheduler import clock as real
from scheduler.audit import proof, review
from scheduler.audit.database import Database, open_database
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer
from scheduler.schedule.load import parse_schedule
from scheduler.site.apply import Attempt
from scheduler.site.backoff import Backoff
from scheduler.site.site import Site
from scheduler.site.wish import Conduct
from scheduler.words import Outcome, Wake

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))
import stands

TEXT = """\
schedule: night and day
timezone: Etc/UTC
rules:
  - {name: night, during: 22:00-08:00, mode: backup, reserve: 100%}
  - {name: day, mode: self_consumption, reserve: 10%}
"""
WINDOW = 600.0
"""Seconds that "all the window" lasts."""
SOON = 20 * 60.0
"""Seconds until the setting is in force after a fault: a wait of fifteen minutes, and a pulse."""


@dataclass
class StruckSteps:
    """Counts the requests of a run."""

    steps: Any
    blow: Blow

    async def ended(self, step: Any) -> None:
        await self.steps.ended(step)
        self.blow.passes()

    async def settled(self) -> None:
        await self.steps.settled()


@dataclass
class Blow:
    """One fault, before one request, so many times."""

    faults: Any
    text: str = ""
    times: int = 1
    left: int | None = None
    """Requests until it strikes; None: it struck."""
    usual: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.usual = self._values()

    def aim(self, text: str, *, at: int, times: int) -> None:
        """Strike before the request of this number."""
        self.text, self.times, self.left = text, times, at + 1
        self.passes()

    def passes(self) -> None:
        """A request is over."""
        if self.left is None:
            return
        self.left -= 1
        if self.left == 0:
            self.left = None
            self.faults.set(self.text.format(n=self.times))

    def over(self) -> None:
        """Nothing is wrong any more."""
        self.left = None
        for name, value in self.usual.items():
            if getattr(self.faults, name) != value:
                setattr(self.faults, name, dict(value) if isinstance(value, dict) else value)

    def _values(self) -> dict[str, Any]:
        found = {each.name: getattr(self.faults, each.name) for each in fields(self.faults)}
        found.pop("changed", None)
        return {key: dict(old) if isinstance(old, dict) else old for key, old in found.items()}


class StruckGateway:
    """Any gateway, whose requests are counted."""

    def __init__(self, inner: Any, blow: Blow) -> None:
        self.inner, self._blow = inner, blow

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def read(self, steps: Any, **words: Any) -> Any:
        return await self.inner.read(StruckSteps(steps, self._blow), **words)

    async def write(self, setting: Any, before: Any, steps: Any) -> Any:
        return await self.inner.write(setting, before, StruckSteps(steps, self._blow))

    async def make_safe(self, steps: Any) -> None:
        await self.inner.make_safe(StruckSteps(steps, self._blow))


class Clock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.instant, self.elapsed = datetime(2026, 7, 6, 9, 0, tzinfo=UTC), 1000.0

    def now(self) -> datetime:
        self.move(0.001)
        return self.instant

    def monotonic(self) -> float:
        return self.elapsed

    def move(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)
        self.elapsed += seconds


@dataclass
class Struck:
    """A site, its server and what was seen."""

    stand: Any
    site: Site
    clock: Clock
    blow: Blow
    database: Database
    false: list[str] = field(default_factory=list)
    """Confirmations of what was not in force."""
    late: list[str] = field(default_factory=list)
    """Switches that took too long after their fault."""
    cells: int = 0

    async def switch(self, text: str, *, at: int, times: int) -> None:
        """One boundary with a fault at the request of this number, until all is well again."""
        self.cells += 1
        hour = 8 if self.clock.instant.hour >= 22 or self.clock.instant.hour < 8 else 22
        then = self.clock.instant.replace(hour=hour, minute=0, second=0, microsecond=0)
        if then <= self.clock.instant:
            then += timedelta(days=1)
        self.clock.move((then - self.clock.instant).total_seconds())
        self.blow.aim(text, at=at, times=times)
        self.judge(await self.site.look(Wake.BOUNDARY))
        if times < 0:
            await self.until(self.clock.elapsed + WINDOW, settled=False)
        elif not text.endswith("{n}"):
            await self.until(self.clock.elapsed + 30 * times, settled=False)
        if times < 0 or not text.endswith("{n}"):
            self.blow.over()
        await self.until(self.clock.elapsed + SOON, settled=True)
        self.blow.over()
        if not (self.settled() and self.true()):
            self.late.append(f"{text} at {at}, {times} times: {self.site.controller.wish}")

    async def until(self, end: float, *, settled: bool) -> None:
        """Look whenever the site wants to, and every thirty seconds."""
        while self.clock.elapsed < end and not (settled and self.settled()):
            waits = (self.site.controller.confirm_in(), self.site.controller.retry_in())
            wait = min((each for each in waits if each is not None), default=30.0)
            wake = Wake.PULSE
            if wait < 30.0:
                wake = Wake.CONFIRM if waits[0] is not None else Wake.RETRY
            self.clock.move(min(30.0, max(wait, 0.05)))
            await asyncio.sleep(0.001)
            self.judge(await self.site.look(wake))

    def settled(self) -> bool:
        controller = self.site.controller
        return bool(controller.wish and controller.wish.done and not controller.debt.owed)

    def true(self) -> bool:
        """Whether what is wanted is in force on the device."""
        wish = self.site.controller.wish
        assert wish is not None
        return bool(self.stand.in_force().shows(wish.setting, self.tolerance))

    @property
    def tolerance(self) -> float:
        return self.site.gateway.limits.reserve_tolerance

    def judge(self, attempt: Attempt | None) -> None:
        done = {Outcome.CONFIRMED, Outcome.UNCHANGED}
        if attempt is not None and attempt.outcome in done and not self.true():
            shown = self.stand.in_force().words()
            self.false.append(f"{self.blow.text}: {attempt.outcome}, and it is {shown}")

    def secrets_kept(self) -> list[str]:
        """Files of the audit in which the secret stands."""
        folder = self.database.path.parent
        return [
            each.name
            for each in folder.glob("audit.db*")
            if self.stand.secret.encode() in each.read_bytes()
        ]

    def open_runs(self) -> list[int]:
        """Runs that have no outcome."""
        return [run.run for run in review.runs(self.database) if run.outcome is None]

    def verifies(self) -> bool:
        """Whether the chain of the audit does."""
        return not proof.verify(self.database).complaints


@asynccontextmanager
async def struck(name: str, folder: Path) -> AsyncIterator[Struck]:
    """The simulated server of the contract test, and a site before it that waits for nothing."""
    async with stands.STANDS[name](folder) as served:
        clock = Clock()
        # Dates and tokens go by the right time; only waits are short.
        around = replace(served.surroundings, now=real.now, monotonic=clock.monotonic)
        stand = replace(served, surroundings=around)
        database = open_database(folder / "audit.db", create=True)
        writer = Writer(database)
        recorder = Recorder(writer, "home", now=clock.now)
        blow = Blow(stand.faults)
        opened = stand.open()
        site = Site(
            "home",
            parse_site(folder),
            StruckGateway(opened, blow),
            recorder,
            Conduct(Backoff(4.0, 60.0)),
            now=clock.now,
            monotonic=clock.monotonic,
            synchronised=lambda: True,
        )
        home = Struck(stand, site, clock, blow, database)
        await site.start(alive_until=None)
        await site.look(Wake.START)
        await home.until(clock.elapsed + SOON, settled=True)
        yield home
        await site.stop()
        recorder.close()
        writer.close()
        await opened.close()
        database.close()


def parse_site(folder: Path) -> Any:
    return parse_schedule(TEXT, "home.yaml", folder=folder)
