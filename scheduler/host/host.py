"""The process around the sites: timers, signals, the supervisor, the pulse, the control socket.

Decides nothing about a battery. The pulse is a monotonic loop of our own, because APScheduler aims
at the wall clock and sleeps on through its steps.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from scheduler import clock, files, memory
from scheduler.advice import limits
from scheduler.asking import socket_path
from scheduler.audit.chain import Json
from scheduler.errors import AuditError, SchedulerError
from scheduler.host import supervisor
from scheduler.host.claim import Claims
from scheduler.host.control import Control, Findings
from scheduler.host.instance import Instance
from scheduler.host.keeper import Keeper
from scheduler.host.pulse import Pulse
from scheduler.host.reload import Reloads
from scheduler.host.sites import Hosted, Opened, accepted, open_sites
from scheduler.host.timers import Timers
from scheduler.host.views import Views
from scheduler.outlets import journal
from scheduler.plain import plain
from scheduler.settings import Settings
from scheduler.words import Wake

log = logging.getLogger(__name__)

# READY is said when every site has had its first look, or after this long: one gateway that is
# slow to refuse must not keep a thousand sites from counting as started.
FIRST_LOOK_SECONDS = 60.0
# How often a full disk is looked at again before anything is begun.
ROOM_SECONDS = 5.0
# Seconds between two signs of life, and between two tellings of the heads.
SIGN_OF_LIFE = 30.0
DAY = 86_400.0
# More sites than this, and the journal is not told of each one's next boundary.
FEW = 16


async def serve(settings: Settings, findings: Findings) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigurationError before anything was touched where
    the schedule or the settings are wrong."""
    signals = Signals()
    with signals.heard():
        lock = Instance(settings.database_path)
        alive_until = lock.take()
        try:
            await room(settings.database_path.absolute().parent, signals.stop)
            if signals.stop.is_set():
                return
            async with open_sites(settings) as opened:
                if not signals.stop.is_set():
                    await Host(opened, lock, signals, findings=findings).run(
                        alive_until=alive_until
                    )
        finally:
            lock.release()


async def room(folder: Path, stop: asyncio.Event) -> None:
    """Wait for room on the audit's disk. To end, and be started again by the supervisor, would be
    to stay down for good: it starts so often only."""
    if not files.full(folder):
        return
    log.error("The disk of %s is full. Free some space; nothing is begun until then.", folder)
    while files.full(folder) and not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), ROOM_SECONDS)


class Signals:
    """What the process was told to do: stop, or read its schedules again."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.reload = asyncio.Event()

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Listen for the signals while this lasts."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop.set)
        loop.add_signal_handler(signal.SIGINT, self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload.set)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.remove_signal_handler(number)


class Host:
    """The running process: one or many sites, and what turns them."""

    def __init__(
        self,
        opened: Opened,
        lock: Instance,
        signals: Signals | None = None,
        *,
        findings: Findings = lambda _: {},
    ) -> None:
        self.opened, self.lock = opened, lock
        self.signals = signals or Signals()
        self.since = clock.now()
        self.timers = Timers()
        self.keepers = tuple(
            Keeper(each.site, self.timers, turned=self._turned) for each in opened.hosted
        )
        read = partial(accepted, offers=limits.allowed_by(opened.settings))
        self.reloads = Reloads(self.keepers, opened.hosted, read=read)
        self.claims = Claims(opened.hosted)
        self.views = Views(opened, self.reloads, since=self.since)
        for each in opened.hosted:
            each.site.told_beside = partial(self.views.beside, each.site)
        self.pulse = Pulse(self.keepers, self.timers, opened.settings.pulse, beaten=self._beaten)
        self.control = Control(opened.settings, self.keepers, self.views, findings)
        self._alive = self._headed = clock.monotonic()
        self.started = asyncio.Event()
        """Set once READY was said."""
        self._next: dict[str, str | None] = {}
        self._status = ""

    @property
    def hosted(self) -> tuple[Hosted, ...]:
        """The sites, in their order."""
        return self.opened.hosted

    async def run(self, *, alive_until: datetime | None) -> None:
        """Start, turn until told to stop, end within two seconds."""
        working = asyncio.create_task(self._work(alive_until))
        stopped = asyncio.create_task(self._stopped())
        try:
            await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            supervisor.notify("STOPPING=1", "STATUS=Stopping")
            log.info("stopping")
            await self._end(working, stopped)
        await self._record_stop()
        if not working.cancelled():
            working.result()

    async def _stopped(self) -> None:
        await self.signals.stop.wait()

    async def _work(self, alive_until: datetime | None) -> None:
        """Start and pulse; returns only by an error or when cancelled."""
        await self._start(alive_until)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.pulse.run())
            group.create_task(self._hear_reloads())

    async def _end(self, *tasks: asyncio.Task[None]) -> None:
        for task in tasks:
            task.cancel()
        self.timers.stop()
        await asyncio.gather(
            self.control.close(),
            *(keeper.stop() for keeper in self.keepers),
            *tasks,
            return_exceptions=True,
        )
        self.claims.release()

    # --- start and stop

    async def _start(self, alive_until: datetime | None) -> None:
        """Ask the audit before anything is told; the first look before READY is said."""
        ran_before = await self._open_journal()
        address = await self.control.listen(socket_path(self.opened.settings.database_path))
        self.lock.describe(since=self.since, gateway=self.opened.simulation, control=address)
        await self.opened.start(alive_until=alive_until if ran_before else None)
        for keeper in self.keepers:
            told = self._describe(keeper, alive_until if ran_before else None)
            told["first"] = not ran_before
            await keeper.site.recorder.event("service", "start", told)
        self.claims.look()
        self.timers.start()
        for keeper in self.keepers:
            keeper.wake(Wake.START)
        await asyncio.wait(
            {asyncio.ensure_future(keeper.quiet()) for keeper in self.keepers},
            timeout=FIRST_LOOK_SECONDS,
        )
        self.lock.beat(clock.now())
        supervisor.notify("READY=1", f"STATUS={self.status_line()}")
        self.started.set()
        memory.stay()

    async def _open_journal(self) -> bool:
        """The first lines; returns whether the audit has entries of an earlier run."""
        ran_before = False
        for each in self.hosted:
            head = await each.site.recorder.ask(each.site.recorder.questions.head)
            ran_before = ran_before or head is not None
            if len(self.hosted) > FEW:
                continue
            state = self.views.state(each.site, clock.now())
            journal.opening(state, each.site.schedule, each.site.loaded.warnings)
        await self._tell_heads()
        return ran_before

    def _describe(self, keeper: Keeper, seen: datetime | None) -> dict[str, Json]:
        """What a start tells; `seen` is the last sign of life before it."""
        site = keeper.site
        state = self.views.state(site, clock.now())
        return {
            "version": state.version,
            "gateway": site.gateway.name,
            "schedule": site.schedule.name,
            "file": site.schedule.file,
            "digest": site.schedule.digest[:16],
            "dry_run": state.dry_run,
            "seen": plain(seen),
        }

    async def _record_stop(self) -> None:
        try:
            for each in self.hosted:
                await each.site.recorder.event("service", "stop", {})
        except AuditError as error:
            log.error("the stop is not recorded: %s", error)  # noqa: TRY400 -- no traceback
        await self._tell_heads()
        self.lock.beat(clock.now())

    async def _tell_heads(self) -> None:
        """The ends of the chains, to the journal: that a tail was cut off is invisible to the chain
        itself. At each start and stop, and once a day."""
        for each in self.hosted:
            with contextlib.suppress(AuditError):
                log.info("%s", await each.site.recorder.head_line())

    # --- what is told

    async def _beaten(self, now: datetime, ticks: float) -> None:
        """After each beat of the pulse: the files on the disk, a sign of life, and what is told."""
        await self.reloads.look()
        if ticks - self._alive >= min(SIGN_OF_LIFE, self.opened.settings.pulse.total_seconds()):
            self._alive = ticks
            await self._sign_of_life(now)
        self._tell_status()
        if ticks - self._headed >= DAY:
            self._headed = ticks
            await self._tell_heads()

    async def _sign_of_life(self, now: datetime) -> None:
        self.lock.beat(now)
        self.claims.look()
        if not self.lock.mend():
            log.error("another service has taken this database; stop one of the two")
        await self.control.mend()

    def _turned(self, keeper: Keeper, wake: Wake) -> None:
        """After each turn: a sign of life, and what comes next where that is news."""
        if wake is not Wake.PULSE:
            self.lock.beat(clock.now())
        if len(self.keepers) > FEW:
            return
        site = keeper.site
        following = journal.following(site.schedule, clock.now(), site.leases.known)
        if following and following != self._next.get(site.name):
            log.info("next: %s", following)
        self._next[site.name] = following
        self._tell_status()

    def _tell_status(self) -> None:
        """The line of `systemctl status`, where it has changed."""
        if not supervisor.listens():
            return
        line = self.status_line()
        if line != self._status:
            self._status = line
            supervisor.notify(f"STATUS={line}")

    def status_line(self) -> str:
        """One line on all sites."""
        now = clock.now()
        states = [self.views.state(each.site, now) for each in self.hosted]
        if len(states) != 1:
            return journal.status_of_many(states)
        site = self.hosted[0].site
        following = journal.following(site.schedule, now, site.leases.known)
        return journal.status_line(states[0], following)

    # --- reload

    async def _hear_reloads(self) -> None:
        while True:
            await self.signals.reload.wait()
            self.signals.reload.clear()
            supervisor.reloading()
            try:
                await self.reloads.reload()
            except SchedulerError as error:
                log.error("%s", error)  # noqa: TRY400 -- the message says it all
            supervisor.notify("READY=1", f"STATUS={self.status_line()}")
