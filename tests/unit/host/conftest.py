"""A site without a battery: it turns, is late, hangs or fails as it is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from scheduler.host.timers import Timers
from scheduler.site.site import Alarm
from scheduler.site.state import Reason
from scheduler.words import Wake

NOON = datetime(2026, 7, 6, 12, 0, tzinfo=UTC)


@dataclass
class Recorder:
    events: list[tuple[str, str]] = field(default_factory=list)

    async def event(self, kind: str, name: str, detail: object = None) -> int:
        del detail
        self.events.append((kind, name))
        return len(self.events)


@dataclass
class PlainSite:
    """Stands where a `Site` does."""

    name: str = "home"
    looks: list[tuple[Wake, datetime | None]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    door: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: tuple[Alarm, ...] = ()
    last_turn: float = 0.0
    at_once: int = 0
    most_at_once: int = 0
    reasons: dict[str, Reason] = field(default_factory=dict)
    recorder: Recorder = field(default_factory=Recorder)
    stopped: bool = False

    def __post_init__(self) -> None:
        self.door.set()

    async def look(self, wake: Wake, *, due: datetime | None = None) -> None:
        self.looks.append((wake, due))
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await self.door.wait()
            if self.faults:
                raise self.faults.pop(0)
        finally:
            self.at_once -= 1

    def alarms(self, now: datetime) -> tuple[Alarm, ...]:
        del now
        return self.wanted

    def concern(self, reason: Reason) -> None:
        self.reasons.setdefault(reason.id, reason)

    def withdraw(self, id: str) -> None:
        self.reasons.pop(id, None)

    async def stop(self) -> None:
        self.stopped = True


class Wall:
    """The clock on the wall, moved by hand."""

    def __init__(self) -> None:
        self.instant = NOON

    def now(self) -> datetime:
        return self.instant

    def move(self, **by: float) -> None:
        self.instant += timedelta(**by)


class FakeScheduler:
    """APScheduler's surface as far as it is used; fires when told."""

    running = False

    def __init__(self) -> None:
        self.jobs: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {}

    def add_job(
        self, work: Any, *, trigger: Any, args: tuple[Any, ...], id: str, **more: Any
    ) -> Any:
        assert id not in self.jobs
        self.jobs[id] = (work, args, {"trigger": trigger, **more})
        return SimpleNamespace(id=id)

    def remove_job(self, id: str) -> None:
        del self.jobs[id]

    def wakeup(self) -> None:
        pass

    @property
    def instants(self) -> list[datetime]:
        return sorted(args[0] for _, args, _ in self.jobs.values())

    async def fire(self, at: datetime) -> None:
        for id, (work, args, _) in list(self.jobs.items()):
            if args[0] == at:
                del self.jobs[id]
                await work(*args)


@pytest.fixture
def site() -> PlainSite:
    return PlainSite()


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def scheduler() -> FakeScheduler:
    return FakeScheduler()


@pytest.fixture
def timers(scheduler: FakeScheduler) -> Timers:
    return Timers(lambda: scheduler)
