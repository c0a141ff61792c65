"""A site in pieces: a real audit file, the simulated gateway, and a clock that can be moved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scheduler.audit import review
from scheduler.audit.database import Database, open_database
from scheduler.audit.log import Log
from scheduler.audit.views import RunView
from scheduler.errors import Place
from scheduler.gateway.local.old import OldLocal as LocalGateway
from scheduler.schedule.tariff import bare
from scheduler.schedule.values import ClockWindow, Condition, Inset, Job, Rule, Schedule
from scheduler.setting import HOLD, Mode, Setting
from scheduler.simulated import DEFAULT_PASSWORD, SimulatedGateway
from scheduler.site.backoff import Backoff
from scheduler.site.controller import Controller
from scheduler.site.recorder import Recorder
from scheduler.site.switch import Attempt
from scheduler.site.wish import Conduct
from scheduler.words import Wake

NIGHT = Setting(Mode.BACKUP, 100.0)
DAY = Setting(Mode.SELF_CONSUMPTION, 5.0)
PLACE = Place("home.yaml", 1, 1)
HOUR = 3600


@dataclass
class Clock:
    """Wall time that the test moves by hand."""

    instant: datetime = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.instant += timedelta(milliseconds=1)
        return self.instant

    def move(self, **by: float) -> None:
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
class Home:
    """One house with everything in it."""

    folder: Path
    clock: Clock
    database: Database
    device: SimulatedGateway
    password: str = DEFAULT_PASSWORD
    username: str = "installer"
    schedule: Schedule = field(default_factory=schedule)
    dry_run: bool = False
    simulated: bool = False
    synchronised: Callable[[], bool | None] = field(default=lambda: True)
    controllers: list[Controller] = field(default_factory=list)

    @property
    def controller(self) -> Controller:
        return self.controllers[-1] if self.controllers else self.start()

    def start(self) -> Controller:
        """A process begins: new objects, the same files."""
        gateway = LocalGateway(
            url=self.device.url,
            username=self.username,
            email="",
            password=self.password,
            fingerprint=self.device.fingerprint,
            certificate=None,
            session_file=self.folder / "tou.session",
            pause=0.0,
            now=self.clock.now,
            simulated=self.simulated,
        )
        controller = Controller(
            self.schedule,
            gateway,
            Recorder(Log(self.database, "home"), now=self.clock.now),
            Conduct(Backoff(0.01, 0.02), dry_run=self.dry_run, confirm_seconds=0.5),
            now=self.clock.now,
            synchronised=self.synchronised,
        )
        self.controllers.append(controller)
        return controller

    async def look(self, wake: Wake) -> Attempt | None:
        return await self.controller.look(wake)

    def runs(self) -> list[RunView]:
        for controller in self.controllers:
            controller.recorder._thread.submit(int).result()
        return review.runs(self.database)

    def outcomes(self) -> list[str | None]:
        return [run.outcome for run in self.runs()]

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
        return self.sent("POST", "/api/operation")

    async def close(self) -> None:
        for controller in self.controllers:
            controller.recorder.close()
            await controller.gateway.close()
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
def holding() -> Schedule:
    return schedule(night=Setting(Mode.SELF_CONSUMPTION, HOLD))
