"""A site in pieces: a real audit file, a gateway in memory or a simulated one, and a clock that can
be moved."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.audit import review
from scheduler.audit.database import Database, open_database
from scheduler.audit.recorder import Recorder
from scheduler.audit.views import RunView
from scheduler.audit.writer import Writer
from scheduler.errors import GatewayUnreachableError, Place
from scheduler.gateway.base import (
    Counters,
    Gateway,
    Limits,
    Part,
    Powers,
    Reading,
    Receipt,
    Spend,
    Step,
    Steps,
)
from scheduler.gateway.failover import Failover
from scheduler.gateway.local.client import LocalGateway
from scheduler.gateway.local.line import line_to
from scheduler.schedule.load import Loaded
from scheduler.schedule.tariff import bare
from scheduler.schedule.values import ClockWindow, Condition, Inset, Job, Rule, Schedule
from scheduler.setting import HOLD, Mode, Setting, SettingRead
from scheduler.simulated import DEFAULT_PASSWORD, SimulatedGateway
from scheduler.site.apply import Attempt
from scheduler.site.backoff import Backoff
from scheduler.site.controller import Controller
from scheduler.site.shown import state_of
from scheduler.site.site import Alarm, Site
from scheduler.site.state import SiteState
from scheduler.site.turn import Turn
from scheduler.site.wish import Conduct
from scheduler.words import Wake

NIGHT = Setting(Mode.BACKUP, 100.0)
DAY = Setting(Mode.SELF_CONSUMPTION, 5.0)
PLACE = Place("home.yaml", 1, 1)
HOUR = 3600


@dataclass
class Clock:
    """Wall time and elapsed time that the test moves by hand."""

    instant: datetime = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
    elapsed: float = 1000.0

    def now(self) -> datetime:
        self.move(milliseconds=1)
        return self.instant

    def monotonic(self) -> float:
        return self.elapsed

    def move(self, **by: float) -> None:
        self.step(**by)
        self.elapsed += timedelta(**by).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Hardly any real time, for whoever waits by this clock."""
        self.move(seconds=seconds)
        await asyncio.sleep(0.01)

    def step(self, **by: float) -> None:
        """Somebody sets the wall clock."""
        self.instant += timedelta(**by)


def schedule(*jobs: Job, night: Setting = NIGHT, peak: frozenset[str] = frozenset()) -> Schedule:
    """Backup from 22 to 8, self-powered by day, on a UTC wall clock."""
    window = Condition(windows=(ClockWindow(22 * HOUR, 8 * HOUR),))
    return Schedule(
        name="home",
        file="home.yaml",
        timezone="Etc/UTC",
        calendar=bare("Etc/UTC"),
        tariff_name=None,
        peak_periods=peak,
        rules=(
            Rule("charge overnight", window, Inset(), night, PLACE),
            Rule("run the house", Condition(), Inset(), DAY, PLACE),
        ),
        jobs=jobs,
        digest="0" * 64,
    )


@dataclass
class Device:
    """A battery in memory, as it lives on over restarts of ours."""

    clock: Clock
    active: SettingRead = field(default_factory=lambda: SettingRead("self_consumption", 20.0))
    coming: tuple[float, SettingRead] | None = None
    running: bool = True
    charge: float | None = 63.4
    clock_ahead: float | None = None
    grid: bool | None = None
    updating: bool | None = None
    in_the_way: tuple[str, ...] = ()
    powers: Powers | None = None
    counters: Counters | None = None
    asked: list[frozenset[Part]] = field(default_factory=list)
    """The parts of each read so far."""
    owed: str | None = None
    limits: Limits = field(default_factory=Limits)
    session: bool = True
    """Whether a free read shows the setting."""
    lag: float = 0.0
    """Seconds until a write is in force."""
    deaf: bool = False
    """Whether writes are accepted and lost."""
    snaps: bool = False
    """Whether a reserve of 81 to 99 becomes 80."""
    held: asyncio.Event | None = None
    """What each exchange waits for."""
    errors: dict[str, list[BaseException | None]] = field(default_factory=dict)
    """What the next exchanges of a kind raise (None: nothing): read, write, make_safe."""
    done: list[str] = field(default_factory=list)
    """The exchanges so far."""

    def shown(self) -> SettingRead:
        if self.coming and self.clock.elapsed >= self.coming[0]:
            self.active, self.coming = self.coming[1], None
        return self.active

    def take(self, setting: Setting) -> None:
        reserve = float(setting.reserve)
        wanted = SettingRead(
            setting.mode.value,
            80.0 if self.snaps and 80 < reserve < 100 else reserve,
            setting.grid_charging or self.active.grid_charging,
            setting.export or self.active.export,
        )
        if not self.deaf:
            self.coming = (self.clock.elapsed + self.lag, wanted)

    def fails(self, kind: str, *errors: BaseException) -> None:
        self.errors.setdefault(kind, []).extend(errors)


class MemoryGateway:
    """The client of a `Device`; one a process."""

    simulated = False

    def __init__(self, device: Device) -> None:
        self.device = device
        self.name = "memory"

    @property
    def limits(self) -> Limits:
        return self.device.limits

    @property
    def clock_ahead(self) -> float | None:
        return self.device.clock_ahead

    @property
    def unsafe(self) -> str | None:
        return self.device.owed

    async def _exchange(self, kind: str, steps: Steps) -> None:
        self.device.done.append(kind)
        if self.device.held is not None:
            await self.device.held.wait()
        waiting = self.device.errors.get(kind)
        error = waiting.pop(0) if waiting else None
        step = Step(self.device.clock.instant, kind, "GET", f"/{kind}", 200, 1.0)
        await steps.ended(step)
        if error is not None:
            raise error

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = frozenset({Part.SETTING})
    ) -> Reading:
        await self._exchange("read", steps)
        device = self.device
        device.asked.append(want)
        known = spend is Spend.DUE or device.session
        return Reading(
            at=device.clock.instant,
            setting=device.shown() if Part.SETTING in want and known else None,
            charge=device.charge if Part.CHARGE in want else None,
            running=device.running if want & {Part.HEALTH, Part.RUNNING} else None,
            powers=device.powers if Part.POWERS in want else None,
            counters=device.counters if Part.POWERS in want else None,
            **(self._health() if Part.HEALTH in want else {}),
        )

    def _health(self) -> dict[str, Any]:
        device = self.device
        return {
            "grid": device.grid,
            "updating": device.updating,
            "in_the_way": device.in_the_way,
        }

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        await steps.settled()
        await self._exchange("write", steps)
        self.device.take(setting)
        return Receipt(sent=("mode", "reserve"))

    async def make_safe(self, steps: Steps) -> None:
        await self._exchange("make_safe", steps)
        self.device.running, self.device.owed = True, None

    async def close(self) -> None:
        pass


@dataclass
class Home:
    """One house with everything in it."""

    folder: Path
    clock: Clock
    database: Database
    device: Device | SimulatedGateway
    password: str = DEFAULT_PASSWORD
    username: str = "installer"
    schedule: Schedule = field(default_factory=schedule)
    dry_run: bool = False
    soft_restart: bool = False
    simulated: bool = False
    synchronised: Callable[[], bool | None] = field(default=lambda: True)
    turn: Turn | None = None
    second: Gateway | None = None
    """Another way to the battery, for when the first does not serve."""
    client: dict[str, Any] = field(default_factory=dict)
    """More words for the client of a simulated gateway."""
    writer: Writer = field(init=False)
    sites: list[Site] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.writer = Writer(self.database)

    @property
    def site(self) -> Site:
        return self.sites[-1] if self.sites else self.start()

    @property
    def controller(self) -> Controller:
        return self.site.controller

    def start(self, name: str = "home") -> Site:
        """A process begins: new objects, the same files."""
        site = Site(
            name,
            Loaded(self.schedule),
            self._in_line(),
            Recorder(self.writer, name, now=self.clock.now),
            Conduct(Backoff(4.0, 60.0), dry_run=self.dry_run, soft_restart=self.soft_restart),
            now=self.clock.now,
            monotonic=self.clock.monotonic,
            synchronised=self.synchronised,
            turn=self.turn,
        )
        self.sites.append(site)
        return site

    async def restart(self, *, gone_for: float = 0.0) -> Site:
        """The process ends as a kill would end it, and another begins."""
        alive_until = self.clock.instant
        self.clock.move(seconds=gone_for)
        site = self.start()
        await site.start(alive_until=alive_until)
        return site

    def _in_line(self) -> Gateway:
        first = self._gateway()
        if self.second is None:
            return first
        return Failover((first, self.second), monotonic=self.clock.monotonic)

    def _gateway(self) -> Gateway:
        if isinstance(self.device, Device):
            return MemoryGateway(self.device)
        line = line_to(
            self.device.url,
            username=self.username,
            email="",
            password=self.password,
            fingerprint=self.device.fingerprint,
            certificate=None,
            session_file=self.folder / "tou.session",
            pause=0.0,
            now=self.clock.now,
            **self.client,
        )
        return LocalGateway(line, simulated=self.simulated)

    def change(self, **parts: Any) -> None:
        """Another schedule is in force from now on."""
        self.schedule = dataclasses.replace(self.schedule, **parts)
        self.controller.schedule = self.schedule
        self.site.loaded = Loaded(self.schedule)

    async def look(self, wake: Wake) -> Attempt | None:
        return await self.site.look(wake)

    def at(self, hour: int, minute: int = 0) -> None:
        """Move on to the next time of day."""
        then = self.clock.instant.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if then <= self.clock.instant:
            then += timedelta(days=1)
        self.clock.move(seconds=(then - self.clock.instant).total_seconds())

    async def next(self, *wakes: Wake) -> Alarm:
        """Move to the first alarm (of these wakes), and look."""
        alarms = [each for each in self.site.alarms(self.clock.instant) if each.wake in wakes]
        alarm = min(alarms, key=lambda each: each.at)
        self.clock.move(seconds=max(0.0, (alarm.at - self.clock.instant).total_seconds()))
        await self.site.look(alarm.wake, due=alarm.due)
        return alarm

    async def settle(self, seconds: float = 3600.0) -> None:
        """Heed the timers of retries and read-backs, and the pulse, until nothing is owed."""
        until = self.clock.elapsed + seconds
        while self.clock.elapsed < until:
            waits = (self.controller.retry_in(), self.controller.confirm_in())
            wait = min((each for each in waits if each is not None), default=None)
            if wait is None:
                return
            self.clock.move(seconds=min(wait, 30.0))
            due = [Wake.RETRY, Wake.CONFIRM][waits[0] is None] if wait <= 30.0 else Wake.PULSE
            await self.site.look(due)

    def runs(self) -> list[RunView]:
        self.writer.ask(int).result()
        return review.runs(self.database)

    def outcomes(self) -> list[str | None]:
        return [run.outcome for run in self.runs()]

    def events(self) -> list[tuple[str, str | None]]:
        self.runs()
        return [(each.kind, each.name) for each in review.events(self.database)]

    def state(self) -> SiteState:
        """What is known of the site now."""
        return state_of(self.site, self.clock.instant)

    def reasons(self) -> dict[str, str]:
        """Id and text of all that the state tells now."""
        return {each.id: each.text for each in self.state().reasons}

    def sent(self, method: str, path: str) -> int:
        """How many such requests reached the device."""
        return sum(
            seen.method == method and seen.path.partition("?")[0] == path
            for seen in self.device.device.requests
        )

    @property
    def logins(self) -> int:
        return self.sent("POST", "/api/login/Basic")

    @property
    def writes(self) -> int:
        if isinstance(self.device, Device):
            return self.device.done.count("write")
        return self.sent("POST", "/api/operation")

    async def close(self) -> None:
        for site in self.sites:
            await site.stop()
            site.recorder.close()
            await site.gateway.close()
        self.writer.close()
        self.database.close()


@pytest.fixture
def profile() -> str:
    return "1.49"


@pytest.fixture
async def home(tmp_path: Path, profile: str) -> AsyncIterator[Home]:
    async with SimulatedGateway(profile=profile, run_seconds=0.05, stop_seconds=0.02) as device:
        database = open_database(tmp_path / "tou.db", create=True)
        made = Home(tmp_path, Clock(), database, device)
        yield made
        await made.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Home]:
    """A home whose gateway lives in memory, so that a day takes no time."""
    clock = Clock()
    database = open_database(tmp_path / "tou.db", create=True)
    made = Home(tmp_path, clock, database, Device(clock))
    yield made
    await made.close()


@pytest.fixture
def holding() -> Schedule:
    return schedule(night=Setting(Mode.SELF_CONSUMPTION, HOLD))


Lost = Callable[[], GatewayUnreachableError]


@pytest.fixture
def lost() -> Lost:
    return lambda: GatewayUnreachableError("It does not answer.", delivered="no")
