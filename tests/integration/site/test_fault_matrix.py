"""Every fault at every step of a switch, once, three times and for ten minutes: no wrong
"confirmed", no loop of logins, no secret told, and the right setting in force with the battery
running soon after the fault is over."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from scheduler.audit.database import open_database
from scheduler.gateway.local import wire
from scheduler.setting import Mode, to_raw
from scheduler.simulated import ALWAYS, SimulatedGateway
from scheduler.simulated.faults import Faults
from scheduler.site.apply import Attempt
from scheduler.words import Outcome, Wake

from .conftest import Clock, Home

# Where a request must have been answered by, in real seconds; the client's own are 10 to 35.
PATIENCE = 0.2
# The longest a setting may take to be in force after its fault, by the clock of the house: a pulse,
# and the waits of the back-off after what the fault may have left behind.
PULSE = 30.0
SOON = 3 * PULSE
# A certificate is looked at again each minute, a refusal within five; a quarter more by jitter.
SOON_AFTER = {
    "another certificate": 75.0 + PULSE,
    "reads forbidden": 300.0 + PULSE,
    "password reverted": 300.0 + PULSE,
    "default password": 300.0 + PULSE,
    # A gateway that limits logins is left alone for five minutes, then ten (one that was armed too
    # late for its switch strikes beside the next one), or as long as it asks, up to fifteen.
    "limited": 300.0 + PULSE,
    "too many logins": 300.0 + 600.0 + 2 * PULSE,
    "asks for years": 900.0 + PULSE,
}
# How the simulation of these tests stands, whatever the fault.
STANDING = frozenset({"shows_active", "login_limit", "changed"})

# A fault that stays has lengthened the waits: those of a refusal to fifteen minutes, thrice.
SOON_AFTER_LONG = 5 * 60.0
SOON_AFTER_REFUSALS = 3 * 900.0 + PULSE
# How long a fault stays that stays "for ten minutes".
WINDOW = 600.0
# Logins while one fault stays and is overcome: one an attempt, and attempts are ever rarer.
LOGINS = 24
# By how often a fault strikes: before which requests, with a session and without one.
STEPS: dict[int, tuple[tuple[bool, tuple[int, ...]], ...]] = {
    1: ((False, tuple(range(6))), (True, tuple(range(10)))),
    3: ((True, (0, 2, 4, 6, 8)),),
    ALWAYS: ((True, (1, 5)),),
}
PASSWORD = "correct-horse-battery"

Arm = Callable[[Faults, str, int], None]


def once(name: str, value: object = None) -> Arm:
    """A switch has its value; a count is how often."""
    return lambda faults, path, times: setattr(faults, name, times if value is None else value)


def at_path(name: str) -> Arm:
    return lambda faults, path, times: setattr(faults, name, {path: times})


def keyed(name: str, key: str) -> Arm:
    return lambda faults, path, times: setattr(faults, name, {key: times})


FAULTS: dict[str, Arm] = {
    "refused": once("refuse", True),
    "silent": once("silent", True),
    "another certificate": once("stranger"),
    "cut off": once("drop"),
    "busy": once("busy"),
    "limited": at_path("limited"),
    "asks for years": lambda faults, path, times: vars(faults).update(busy=times, retry_after=1e9),
    "never answered": at_path("hang"),
    "drips": once("drip"),
    "endless": once("endless"),
    "huge": once("huge"),
    "deep": once("deep"),
    "garbage": once("garbage"),
    "blank": once("blank"),
    "packed": once("packed"),
    "bad gateway": once("bad_gateway"),
    "error in a body": once("error_body"),
    "missing": at_path("missing"),
    "answer lost": at_path("answer_lost"),
    "restarts": at_path("reboot"),
    "a null mode": keyed("null", "real_mode"),
    "no reserve": keyed("without", "backup_reserve_percent"),
    "a reserve in words": keyed("typed", "backup_reserve_percent"),
    "sessions gone": once("kill_tokens"),
    "too many logins": once("too_many"),
    "reads forbidden": once("reads_forbidden", True),
    "password reverted": once("password_reverted", True),
    "a dead session is forbidden": lambda faults, path, times: vars(faults).update(
        kill_tokens=times, dead_token=403
    ),
    "sessions die at once": once("token_life", 0.0),
    "default password": once("default_password", True),
    "off grid": once("islanded", True),
    "a stop refused": once("stop_refused", True),
    "a version of null": keyed("null", "version"),
    "a version that is a number": keyed("typed", "version"),
    "keys that nobody knows": once("extra_keys", True),
    "plain text": once("text_type", True),
    "float noise": once("noise", True),
    "a commit that lags": once("commit_lag", True),
    "its clock a day ahead": once("clock_offset", 86_400.0),
    "login lost": once("login_lost"),
    "commit lost": once("commit_lost"),
    "mode dropped": once("old_mode"),
    "stays down": once("stays_down"),
}


@dataclass
class Arming(httpx.AsyncBaseTransport):
    """Switches a fault on just before one request, and off so many answers later."""

    faults: Faults
    inner: httpx.AsyncBaseTransport = field(default_factory=wire._transport)
    arm: Arm | None = None
    at: int = 0
    """The number of the request, counted down to 0."""
    times: int = 1
    """How many requests meet it; ALWAYS: until it is called over."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["timeout"] |= {"connect": PATIENCE, "read": PATIENCE}
        self.at -= 1
        if self.arm is None or self.at >= 0:
            return await self.inner.handle_async_request(request)
        if self.at == -1:
            self.arm(self.faults, request.url.path.removeprefix("/api/"), self.times)
        try:
            return await self.inner.handle_async_request(request)
        finally:
            if self.at == -self.times:
                self.over()

    def over(self) -> None:
        """The switches are put back; counted faults that did not strike yet stay for the next, but
        for those that would strike for ever."""
        self.arm = None
        for each in dataclasses.fields(Faults):
            value = getattr(self.faults, each.name)
            if each.default is dataclasses.MISSING:
                setattr(self.faults, each.name, {k: n for k, n in value.items() if n != ALWAYS})
                continue
            counted = type(each.default) is int and value != ALWAYS
            if not counted and each.name not in STANDING:
                setattr(self.faults, each.name, each.default)

    async def aclose(self) -> None:
        await self.inner.aclose()


@dataclass
class Matrix:
    """A home, and the transport that lets faults strike."""

    home: Home
    transport: Arming

    def truth(self) -> bool:
        """Whether what is wanted is in force on the device."""
        active, wanted = self.home.device.device.active, self.home.controller.wish.desired.setting
        return active.mode == wanted.mode.value and active.reserve == pytest.approx(
            to_raw(float(wanted.reserve)), abs=0.01
        )

    async def switch(
        self,
        *,
        cold: bool,
        number: int,
        arm: Arm,
        soon: float,
        times: int = 1,
    ) -> None:
        """One boundary with a fault at the request of this number."""
        home = self.home
        home.at(8 if home.clock.instant.hour >= 22 or home.clock.instant.hour < 8 else 22)
        if cold:
            (home.folder / "tou.session").unlink(missing_ok=True)
            await home.site.gateway.close()
            home.start()
        self.transport.arm, self.transport.at, self.transport.times = arm, number, times
        logins = home.logins
        self.judge(await home.look(Wake.BOUNDARY))
        if times == ALWAYS:
            await self.pass_time(WINDOW, lambda: False)
        if times != 3:
            self.transport.over()
        while home.device.device.away_seconds_left > 0:
            await asyncio.sleep(0.02)
        began = home.clock.elapsed
        await self.pass_time(soon, self.settled)
        assert self.settled(), (number, home.clock.elapsed - began, home.outcomes()[-5:])
        assert home.logins - logins <= LOGINS
        self.transport.over()

    async def pass_time(self, most: float, enough: Callable[[], bool]) -> None:
        """Look at every timer and pulse until it is enough."""
        home, began = self.home, self.home.clock.elapsed
        while home.clock.elapsed - began <= most and not enough():
            waits = (home.controller.retry_in(), home.controller.confirm_in())
            wait = min((each for each in waits if each is not None), default=30.0)
            home.clock.move(seconds=min(wait, 30.0))
            while home.device.device.away_seconds_left > 0:
                began += 1.0  # it restarts by the real clock
                home.clock.move(seconds=1.0)
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.005)
            due = Wake.PULSE if wait > 30 else Wake.CONFIRM if waits[1] is not None else Wake.RETRY
            self.judge(await home.look(due))

    def settled(self) -> bool:
        controller = self.home.controller
        quiet = controller.debt.owed is None and controller.wish and controller.wish.done
        return bool(quiet) and self.home.device.device.sitemaster_running

    def judge(self, attempt: Attempt | None) -> None:
        if attempt is not None and attempt.outcome in {Outcome.CONFIRMED, Outcome.UNCHANGED}:
            assert self.truth(), f"{attempt.outcome}, and {self.home.device.device.active}"


@pytest.fixture
async def matrix(tmp_path: Path) -> AsyncIterator[Matrix]:
    async with SimulatedGateway(
        profile="1.49", password=PASSWORD, run_seconds=0.02, stop_seconds=0.01, away_seconds=0.1
    ) as device:
        clock = Clock()
        device.faults.login_limit = 100_000
        device.faults.shows_active = True
        transport = Arming(device.faults)
        home = Home(tmp_path, clock, open_database(tmp_path / "tou.db", create=True), device)
        home.password = PASSWORD
        home.client = {
            "means": wire.Means(transport=transport),
            "monotonic": clock.monotonic,
            "sleep": clock.sleep,
        }
        await home.look(Wake.START)
        yield Matrix(home, transport)
        await home.close()


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_at_any_step_is_overcome_and_never_called_confirmed(matrix, fault):
    soon = SOON_AFTER.get(fault, SOON)
    for cold, steps in STEPS[1]:
        for number in steps:
            await matrix.switch(cold=cold, number=number, arm=FAULTS[fault], soon=soon)

            assert matrix.truth(), (fault, cold, number)
    modes = {run.wanted["mode"] for run in matrix.home.runs() if run.wanted}
    assert modes == {Mode.BACKUP.value, Mode.SELF_CONSUMPTION.value}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("times", [3, ALWAYS], ids=["three times", "ten minutes"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_that_stays_is_overcome_and_told_to_nobody_as_confirmed(
    matrix, caplog, fault, times
):
    soon = SOON_AFTER_REFUSALS if fault in SOON_AFTER else SOON_AFTER_LONG
    for cold, steps in STEPS[times]:
        for number in steps:
            arm = FAULTS[fault]
            await matrix.switch(cold=cold, number=number, arm=arm, soon=soon, times=times)

            assert matrix.truth(), (fault, cold, number)
    matrix.home.runs()
    for file in matrix.home.folder.glob("tou.db*"):
        assert PASSWORD.encode() not in file.read_bytes()
    assert PASSWORD not in caplog.text
