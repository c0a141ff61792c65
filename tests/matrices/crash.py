"""Kills a process at every point of an act, looks at what is left, and starts it again.

Run as a program of its own, so that it may fork: a child with one thread is killed by SIGKILL
before or after its n-th request, its n-th commit of the audit or its n-th file, and the parent
starts over the same files. Prints what it found as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, event

from scheduler import clock as real
from scheduler.audit import proof
from scheduler.audit.database import Database, open_database
from scheduler.audit.schema import SCHEMA
from scheduler.gateway.base import Step
from scheduler.gateway.fleet.tokens import TokenFile
from scheduler.gateway.local import wire
from scheduler.gateway.local.client import LocalGateway
from scheduler.gateway.local.line import line_to
from scheduler.gateway.local.wire import Carrier, Waits
from scheduler.gateway.registry import Surroundings, transport
from scheduler.schedule.load import Loaded, parse_schedule
from scheduler.simulated import DEFAULT_PASSWORD
from scheduler.site.site import Site
from scheduler.words import Wake

from .home import START, Clock, look_until, process, settled
from .remote import Remote, child, gateway

TEXT = """\
schedule: one setting
timezone: Etc/UTC
rules:
  - {{name: {name}, mode: {mode}, reserve: {reserve}%}}
jobs:
  - {{name: look, do: firmware_check, at: 12:00, limit: 10m}}
"""
SETTINGS = {"backup": 100, "self_consumption": 10}
MOST = 200
"""Points of one act; more would be an act without an end."""


class Fate:
    """Counts the points of an act, and ends the process at one of them."""

    def __init__(self, at: int | None, side: str, told: int) -> None:
        self.at, self.side, self.told = at, side, told
        self.passed = 0

    def tell(self, **words: Any) -> None:
        """Tell the parent at once, over whatever comes."""
        os.write(self.told, json.dumps(words).encode() + b"\n")

    @contextlib.contextmanager
    def point(self, name: str) -> Iterator[None]:
        """One point, before and after."""
        if self.side == "torn" and name != "audit":
            yield
            return
        here, self.passed = self.passed == self.at, self.passed + 1
        if here:
            self.tell(point=name)
        if here and self.side == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        yield
        if here:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Mortal(httpx.AsyncBaseTransport):
    """Requests that may be the last."""

    fate: Fate
    inner: httpx.AsyncBaseTransport = field(default_factory=wire._transport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with self.fate.point(f"{request.method} {request.url.path}"):
            return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


class MortalDatabase:
    """Commits that may be the last; tells how long the log was after each, and the last entry."""

    def __init__(self, database: Database, fate: Fate) -> None:
        self._database, self._fate = database, fate

    @classmethod
    def around(cls, fate: Fate) -> Callable[[Database], MortalDatabase]:
        return lambda database: cls(database, fate)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Any]:
        wal = self._database.path.with_name("tou.db-wal")
        self._fate.tell(wal=wal.stat().st_size if wal.exists() else 0)
        with self._fate.point("audit"):
            with self._database.writing() as connection:
                yield connection
                last = connection.exec_driver_sql("SELECT max(id) FROM audit").scalar()
            self._fate.tell(last=last, torn=self._fate.side == "torn")


class MortalSteps:
    """Steps of a run that may be the last."""

    def __init__(self, steps: Any, fate: Fate) -> None:
        self._steps, self._fate = steps, fate

    async def ended(self, step: Step) -> None:
        with self._fate.point(f"told {step.step}"):
            await self._steps.ended(step)

    async def settled(self) -> None:
        with self._fate.point("settled"):
            await self._steps.settled()


class MortalGateway:
    """Any gateway, by the steps that it tells."""

    def __init__(self, inner: Any, fate: Fate) -> None:
        self.inner, self._fate = inner, fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def read(self, steps: Any, **words: Any) -> Any:
        return await self.inner.read(MortalSteps(steps, self._fate), **words)

    async def write(self, setting: Any, before: Any, steps: Any) -> Any:
        return await self.inner.write(setting, before, MortalSteps(steps, self._fate))

    async def make_safe(self, steps: Any) -> None:
        await self.inner.make_safe(MortalSteps(steps, self._fate))


@dataclass
class House:
    """What outlives every process: the files, the battery, the time."""

    folder: Path
    remote: Remote
    instant: datetime = START
    waits: Waits = field(default_factory=Waits)
    wanted: str = "backup"

    @property
    def path(self) -> Path:
        return self.folder / "tou.db"

    def loaded(self) -> Loaded:
        words = {"name": self.wanted, "mode": self.wanted, "reserve": SETTINGS[self.wanted]}
        return parse_schedule(TEXT.format(**words), "one.yaml", folder=self.folder)

    @contextlib.asynccontextmanager
    async def site(self, fate: Fate | None = None) -> AsyncIterator[tuple[Site, Clock]]:
        """A process begins over the files."""
        clock = Clock(self.instant, real=0.01)
        gateway = self.gateway(clock, fate)
        before = self.instant - timedelta(minutes=1)
        kept = MortalDatabase.around(fate) if fate else (lambda database: database)
        living = process(self.path, self.loaded(), gateway, clock, kept=kept, alive_until=before)
        async with living as site:
            yield site, clock

    def gateway(self, clock: Clock, fate: Fate | None) -> Any:
        """The client, as a process opens it."""
        if self.remote.name != "local":
            # Signed requests are taken only by the right time.
            around = Surroundings(self.path, real.now, real.monotonic, "Etc/UTC")
            opened = transport(self.remote.name).open_gateway(self.remote.settings, around)
            return MortalGateway(opened, fate) if fate else opened
        line = line_to(
            self.remote.url,
            username="installer",
            email="",
            password=DEFAULT_PASSWORD,
            fingerprint=self.remote.fingerprint,
            certificate=None,
            session_file=self.folder / "tou.session",
            pause=0.0,
            now=clock.now,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
            carrier=Carrier(transport=Mortal(fate) if fate else None, patience=self.waits),
        )
        return LocalGateway(line)


async def until_true(site: Site, clock: Clock) -> None:
    """Look whenever the site wants to, until what is wanted is known to be in force."""
    await site.look(Wake.START)
    well = await look_until(site, clock, lambda: settled(site), within=3600.0)
    assert well, f"it never became true: {site.controller.wish}"


async def switch(house: House, fate: Fate) -> None:
    """A boundary, with a session that lives."""
    async with house.site(fate) as (site, clock):
        await until_true(site, clock)


async def firmware(house: House, fate: Fate) -> None:
    """A look for an update."""
    async with house.site(fate) as (site, _):
        await site.run_job(site.schedule.jobs[0], Wake.JOB, planned_at=house.instant)


Act = Callable[[House, Fate], Coroutine[Any, Any, None]]


def other(house: House) -> None:
    """Something else is wanted than what is in force."""
    mode = house.remote.state()["active"]["mode"]
    house.wanted = next(each for each in SETTINGS if each != mode)


def login(house: House) -> None:
    """The same with no session, so that a login stops the battery first."""
    other(house)
    (house.folder / "tou.session").unlink(missing_ok=True)


def expired(house: House) -> None:
    """The same with a session that the gateway has forgotten."""
    other(house)
    house.remote.post("/sessions/drop")


def after_a_crash(house: House) -> None:
    """The same right after another crash, with the battery stopped."""
    login(house)
    die(house, switch, 2, "after")


def expired_tokens(house: House) -> None:
    """The same with a sign-in whose access token is over, so that it is renewed first."""
    other(house)
    file = TokenFile(house.path.with_suffix(".fleet"))
    tokens = file.read()
    assert tokens is not None
    file.keep(replace(tokens, expires_at=real.now() - timedelta(minutes=1)))


ACTS: dict[str, tuple[Callable[[House], None], Act]] = {
    "switch": (other, switch),
    "login": (login, switch),
    "expired session": (expired, switch),
    "second crash": (after_a_crash, switch),
    "firmware check": (other, firmware),
    "renewal": (expired_tokens, switch),
}


@dataclass
class Death:
    """How a child ended."""

    killed: bool
    point: str = ""
    promised: int = 0
    """The last entry that was on disk before anything was built upon it."""
    synced: int = 0
    """The length of the log that the disk has for certain."""


def die(house: House, act: Act, at: int, side: str) -> Death:
    """Run an act in a child that is killed at a point."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with child():
            os.close(reading)
            fate = Fate(at, side, writing)
            mortal_files(fate)
            asyncio.run(act(house, fate))
    os.close(writing)
    with os.fdopen(reading) as told:
        words = [json.loads(line) for line in told]
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in (0, -signal.SIGKILL), f"the child ended with {status}"
    ended = Death(killed=status != 0)
    for each in words:
        ended.point = each.get("point", ended.point)
        ended.synced = each.get("wal", ended.synced)
        if not (each.get("torn") and ended.point == "audit"):
            ended.promised = each.get("last", ended.promised)
    return ended


def mortal_files(fate: Fate) -> None:
    """Files that may be the last: each is put in its place by a rename."""
    rename = os.rename

    def mortal(*words: Any, **more: Any) -> None:
        with fate.point("file"):
            rename(*words, **more)

    os.rename = mortal


def cut_power(house: House, synced: int) -> None:
    """What the last commit wrote was on its way to the disk: half of it is there."""
    wal = house.path.with_name("tou.db-wal")
    whole = wal.stat().st_size
    os.truncate(wal, synced + (whole - synced) // 2 if whole > synced else whole // 2)
    house.path.with_name("tou.db-shm").unlink(missing_ok=True)


def judge(house: House, ended: Death) -> None:
    """Start again over what is left. Raises AssertionError with what is wrong."""
    with contextlib.closing(sqlite3.connect(house.path)) as raw:
        asked = "SELECT count(*) FROM audit WHERE id <= ?"
        (there,) = raw.execute(asked, (ended.promised,)).fetchone()
    assert there == ended.promised, f"{ended.promised - there} entries are lost"
    house.instant += timedelta(minutes=5)
    asyncio.run(_start_again(house))
    state = house.remote.state()
    assert state["running"], "the battery stands still"
    assert state["active"]["mode"] == house.wanted, f"in force is {state['active']}"


async def _start_again(house: House) -> None:
    async with house.site() as (site, clock):
        await until_true(site, clock)
        assert site.controller.wish is not None
        house.instant = clock.instant + timedelta(minutes=30)
        open_runs = [run.run for run in site.recorder.questions.open_runs()]
    assert not open_runs, f"runs {open_runs} are open for ever"


def verified(house: House) -> tuple[str, ...]:
    """What speaks against the chain; a link that was broken once stays so."""
    with contextlib.closing(open_database(house.path)) as database:
        return tuple(map(str, proof.verify(database).complaints))


@dataclass
class Found:
    """What came of one act."""

    tried: int = 0
    survived: int = 0
    points: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def crash(house: House, name: str) -> Found:
    """An act, killed at every point of it, before and after, and with the power gone."""
    prepare, act = ACTS[name]
    found = Found()
    for side in ("before", "after", "torn"):
        for at in range(MOST):
            prepare(house)
            ended = die(house, act, at, side)
            if not ended.killed:
                break
            if side == "torn":
                cut_power(house, ended.synced)
            found.tried += 1
            name_of = f"{side} {ended.point}"
            found.points[name_of] = found.points.get(name_of, 0) + 1
            try:
                judge(house, ended)
            except AssertionError as error:
                found.problems.append(f"{side} {ended.point} ({at}): {error}")
                house.instant += timedelta(minutes=30)
                continue
            found.survived += 1
        found.problems += verified(house)
    return found


def migration(old: Path, folder: Path) -> Found:
    """An old audit, killed before each statement of its upgrade and once the last is done."""
    found, path = Found(), folder / "old.db"
    for at in range(MOST):
        for each in folder.glob("old.db*"):
            each.unlink()
        shutil.copy(old, path)
        pid = os.fork()
        if pid == 0:
            with child():
                _count_statements(at)
                open_database(path, create=True).close()
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0:
            return found
        found.tried += 1
        database = open_database(path, create=True)
        with contextlib.closing(database), contextlib.closing(sqlite3.connect(old)) as raw:
            (before,) = raw.execute("SELECT count(*) FROM audit").fetchone()
            verified = proof.verify(database)
        if verified.complaints or verified.rows != before:
            found.problems.append(f"statement {at}: {verified.rows} of {before} entries")
        else:
            found.survived += 1
    return found


def _count_statements(at: int) -> None:
    left = iter(range(at, -1, -1))

    def counted(*_: Any) -> None:
        if next(left, 0) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", counted)


OLD = sorted((Path(__file__).parents[1] / "data" / "databases").glob("*.sqlite"))


def main(folder: Path, name: str) -> dict[str, Any]:
    """One act: of the local gateway, a migration, or a switch of another transport."""
    if name == "migration":
        each = [migration(old, folder) for old in OLD if old.stem != SCHEMA]
        return {
            "tried": sum(found.tried for found in each),
            "survived": sum(found.survived for found in each),
            "problems": [problem for found in each for problem in found.problems],
        }
    act, _, kind = name.partition(" of ")
    with gateway(kind or "local", folder) as remote:
        house = House(folder, remote)
        asyncio.run(_start_again(house))
        return asdict(crash(house, act))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
