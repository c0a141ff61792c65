"""A home on any transport, where a fault strikes just before the n-th request of a switch."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from scheduler import clock as real
from scheduler.audit import proof, review
from scheduler.audit.database import open_database
from scheduler.gateway.local import wire
from scheduler.gateway.local.client import LocalGateway
from scheduler.gateway.local.line import line_to
from scheduler.gateway.local.wire import Carrier
from scheduler.schedule.load import Loaded, parse_schedule
from scheduler.simulated import SimulatedGateway
from scheduler.site.apply import Attempt
from scheduler.site.site import Site
from scheduler.words import Outcome, Wake

from .home import Clock, look_until, process, settled
from .kinds import LOGINS, Cell

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
"""Seconds that a fault lasts that lasts "for ten minutes"."""
MOMENT = 30.0
"""Seconds that a fault lasts each time, where it is not counted."""
PATIENCE = 0.02
"""Real seconds in which an answer must come that never will."""


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

    def aim(self, cell: Cell) -> None:
        """Strike before the request of this number."""
        self.text, self.times, self.left = cell.text, cell.times, cell.at

    def comes(self, path: str = "") -> None:
        """A request is about to go out."""
        if self.left == 0:
            for text in self.text.split():
                self.faults.set(text.format(n=self.times, path=path))
        self.left = self.left - 1 if self.left else None

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


@dataclass
class StruckSteps:
    """Steps of a run; after each the next request comes."""

    steps: Any
    blow: Blow

    async def ended(self, step: Any) -> None:
        await self.steps.ended(step)
        self.blow.comes()

    async def settled(self) -> None:
        await self.steps.settled()


class StruckGateway:
    """Any gateway, whose requests are counted by its steps."""

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


@dataclass
class StruckRequests(httpx.AsyncBaseTransport):
    """The requests themselves, with their paths; none waits long for an answer that never comes."""

    blow: Blow
    inner: httpx.AsyncBaseTransport = field(default_factory=wire._transport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        endpoint = request.url.path.removeprefix("/api/")
        self.blow.comes(endpoint)
        faults = self.blow.faults
        if faults.silent or faults.hang.get(endpoint) or faults.drip:
            request.extensions["timeout"] |= {"connect": PATIENCE, "read": PATIENCE}
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


@dataclass
class LocalStand:
    """The simulated local gateway, which lives by the clock of the house."""

    server: SimulatedGateway
    folder: Path
    clock: Clock
    secret: str = stands.PASSWORD

    @property
    def faults(self) -> Any:
        return self.server.faults

    def open(self, blow: Blow) -> LocalGateway:
        line = line_to(
            self.server.url,
            username="installer",
            email="",
            password=self.secret,
            fingerprint=self.server.fingerprint,
            certificate=None,
            session_file=self.folder / "audit.session",
            pause=0.0,
            now=self.clock.now,
            monotonic=self.clock.monotonic,
            sleep=self.clock.sleep,
            carrier=Carrier(transport=StruckRequests(blow)),
        )
        return LocalGateway(line)

    def in_force(self) -> Any:
        return stands.of_device(self.server.device)

    def forget_session(self) -> None:
        (self.folder / "audit.session").unlink(missing_ok=True)

    @property
    def running(self) -> bool:
        return self.server.device.sitemaster_running

    @property
    def logins(self) -> int:
        seen = self.server.device.requests
        return sum(each.method == "POST" and "login" in each.path for each in seen)


@dataclass
class OtherStand:
    """The simulated server of the contract test."""

    stand: Any
    running: bool = True
    logins: int = 0

    @property
    def faults(self) -> Any:
        return self.stand.faults

    @property
    def secret(self) -> str:
        return str(self.stand.secret)

    def open(self, blow: Blow) -> Any:
        return StruckGateway(self.stand.open(), blow)

    def in_force(self) -> Any:
        return self.stand.in_force()

    def forget_session(self) -> None:
        """It has none that could be forgotten."""


@dataclass
class Struck:
    """A site, its server and what was seen."""

    stand: LocalStand | OtherStand
    clock: Clock
    blow: Blow
    folder: Path
    loaded: Loaded
    problems: list[str] = field(default_factory=list)
    cells: int = 0
    site: Site = field(init=False)
    _life: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def path(self) -> Path:
        return self.folder / "audit.db"

    async def begin(self) -> None:
        """A process begins."""
        gateway = self.stand.open(self.blow)
        living = process(self.path, self.loaded, gateway, self.clock)
        self.site = await self._life.enter_async_context(living)

    async def end(self) -> None:
        """It ends."""
        await self._life.aclose()
        self._life = AsyncExitStack()

    async def switch(self, cell: Cell) -> None:
        """One boundary with a fault at one of its requests, until all is well again."""
        self.cells += 1
        if cell.cold:
            await self.end()
            self.stand.forget_session()
            await self.begin()
        self._go_to_boundary()
        logins = self.stand.logins
        self.blow.aim(cell)
        if isinstance(self.stand, OtherStand):
            self.blow.comes()
        self.judge(await self.site.look(Wake.BOUNDARY))
        await self._last(cell)
        began = self.clock.elapsed
        well = await self._looks(within=cell.soon, settled=True)
        self.blow.over()
        if not (well and self.true):
            took = self.clock.elapsed - began
            self.problems.append(
                f"{cell}: not in force {took} s later: {self.site.controller.wish}"
            )
        if self.stand.logins - logins > LOGINS:
            self.problems.append(f"{cell}: {self.stand.logins - logins} logins")

    async def _last(self, cell: Cell) -> None:
        """The fault goes on for as long as it should."""
        if cell.times < 0:
            await self._looks(within=WINDOW, settled=False)
        elif not cell.counted:
            await self._looks(within=MOMENT * cell.times, settled=False)
        if cell.times < 0 or not cell.counted:
            self.blow.over()

    def _go_to_boundary(self) -> None:
        now = self.clock.instant
        hour = 8 if now.hour >= 22 or now.hour < 8 else 22
        then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
        then += timedelta(days=then <= now)
        self.clock.move((then - now).total_seconds())

    async def _looks(self, *, within: float, settled: bool) -> bool:
        def enough() -> bool:
            return settled and self.settled

        return await look_until(self.site, self.clock, enough, within=within, seen=self.judge)

    @property
    def settled(self) -> bool:
        return settled(self.site) and self.stand.running

    @property
    def true(self) -> bool:
        """Whether what is wanted is in force on the device."""
        wish, limits = self.site.controller.wish, self.site.gateway.limits
        assert wish is not None
        return bool(self.stand.in_force().shows(wish.setting, limits.reserve_tolerance))

    def judge(self, attempt: Attempt | None) -> None:
        """Nothing is called in force that is not."""
        done = {Outcome.CONFIRMED, Outcome.UNCHANGED}
        if attempt is not None and attempt.outcome in done and not self.true:
            shown = self.stand.in_force().words()
            self.problems.append(f"{self.blow.text}: {attempt.outcome}, and it is {shown}")

    def check_record(self) -> None:
        """The record is whole, tells how every run ended, and holds no secret."""
        database = open_database(self.path)
        open_runs = [run.run for run in review.runs(database) if run.outcome is None]
        found = proof.verify(database).complaints
        database.close()
        secret = self.stand.secret.encode()
        told = [each.name for each in self.folder.glob("audit.db*") if secret in each.read_bytes()]
        for what in (open_runs, found, told):
            if what:
                self.problems.append(f"on the record: {what}")


@asynccontextmanager
async def struck(name: str, folder: Path) -> AsyncIterator[Struck]:
    """A simulated server, and a site before it that waits for nothing."""
    async with AsyncExitStack() as stack:
        clock = Clock()
        stand: LocalStand | OtherStand
        if name == "local":
            stand = LocalStand(await stack.enter_async_context(_local(clock)), folder, clock)
        else:
            clock.real = 0.001
            served = await stack.enter_async_context(stands.STANDS[name](folder))
            # Dates and tokens go by the right time; only waits are short.
            around = replace(served.surroundings, now=real.now, monotonic=clock.monotonic)
            stand = OtherStand(replace(served, surroundings=around))
        loaded = parse_schedule(TEXT, "home.yaml", folder=folder)
        home = Struck(stand, clock, Blow(stand.faults), folder, loaded)
        await home.begin()
        await home.site.look(Wake.START)
        assert await home._looks(within=WINDOW, settled=True)
        yield home
        await home.end()
        home.check_record()


@asynccontextmanager
async def _local(clock: Clock) -> AsyncIterator[SimulatedGateway]:
    server = SimulatedGateway(
        profile="1.49",
        password=stands.PASSWORD,
        now=clock.now,
        monotonic=clock.monotonic,
        run_seconds=0.4,
        away_seconds=20.0,
    )
    server.faults.login_limit = 100_000
    server.faults.shows_active = True
    async with server:
        clock.moved = server.faults.changed
        yield server
