"""The long-running service: wires the controller to timers, signals and the supervisor.

APScheduler's jobs only wake the controller. The pulse is a monotonic loop of our own, because
APScheduler aims at the wall clock and sleeps on through its steps.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import signal
from datetime import UTC, datetime, timedelta

from scheduler import __version__, clock, plan
from scheduler.errors import AuditError, ConfigurationError, SchedulerError
from scheduler.host import instance, journal
from scheduler.host.change import change, effect_of
from scheduler.host.instance import Instance
from scheduler.host.sites import Site, accepted_schedule, open_site
from scheduler.host.supervisor import notify, reloading
from scheduler.plan import PlanEntry
from scheduler.settings import Settings
from scheduler.words import Wake

log = logging.getLogger(__name__)

# A wall clock that moved this much more than the monotonic one has been stepped.
STEP = 2.0
# The longest a single request may take (35 s for login and commit), and some: while
# one is under way the controller counts as alive.
LONGEST_STEP = 40.0
# Which wake is named where several come at once.
_RANK = (
    Wake.BOUNDARY,
    Wake.OVERRIDE,
    Wake.OPERATOR,
    Wake.RELOAD,
    Wake.CLOCK_STEP,
    Wake.START,
    Wake.RETRY,
    Wake.JOB,
    Wake.PULSE,
)


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigurationError before anything was touched where
    the schedule or the settings are wrong."""
    lock = Instance(settings.database_path)
    lock.take()
    alive_until = instance.inspect(instance.lock_path(settings.database_path)).seen
    try:
        async with open_site(settings) as site:
            await Service(site, lock).run(alive_until=alive_until)
    finally:
        lock.release()


class Service:
    """The running service of one site."""

    def __init__(self, site: Site, lock: Instance) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        self._site = site
        self._lock = lock
        self._controller = site.controller
        self._timers = AsyncIOScheduler(timezone=UTC)
        self._wakes: set[Wake] = set()
        self._due: datetime | None = None
        self._event = asyncio.Event()
        self._stop = asyncio.Event()
        self._reload_asked = False
        self._retry: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._next: PlanEntry | None = None
        self._handled = clock.now()
        self._audit_failed = False

    async def run(self, *, alive_until: datetime | None) -> None:
        """Start, turn until told to stop, end cleanly."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._ask_reload)
        try:
            await self._start(alive_until)
            pulse = asyncio.create_task(self._pulse())
            turn = asyncio.create_task(self._turn())
            await self._until_stopped(pulse, turn)
            notify("STOPPING=1", "STATUS=Stopping")
            log.info("stopping")
            self._event.set()
            await turn
            pulse.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pulse
            await self._end_jobs()
        finally:
            self._timers.shutdown(wait=False) if self._timers.running else None
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.remove_signal_handler(number)
        await self._record_stop()

    async def _until_stopped(self, *tasks: asyncio.Task[None]) -> None:
        """Wait for the stop signal; a task that ends by itself has failed, and so has the run."""
        stop = asyncio.create_task(self._stopped())
        done, _ = await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        if stop in done:
            return
        stop.cancel()
        for task in tasks:
            if not task.done():
                task.cancel()
        for task in done:
            task.result()

    async def _stopped(self) -> None:
        await self._stop.wait()

    # --- start and stop

    async def _start(self, alive_until: datetime | None) -> None:
        site, now = self._site, clock.now()
        recorder = site.recorder
        self._lock.describe(since=now, gateway=site.simulation)
        ran_before = await recorder.ask(recorder.log.head)
        journal.opening(site, ran_before)
        await site.recover(alive_until=alive_until if ran_before else None)
        await recorder.event("service", "start", self._describe(ran_before is not None))
        self._timers.start(paused=False)
        await self._look(Wake.START)
        self._lock.beat(clock.now())
        notify("READY=1", f"STATUS={self._status()}")
        _give_back_memory()

    def _describe(self, had_entries: bool) -> dict[str, object]:
        site = self._site
        return {
            "version": __version__,
            "gateway": site.gateway.name,
            "schedule": site.controller.schedule.name,
            "file": site.controller.schedule.file,
            "digest": site.controller.schedule.digest[:16],
            "dry_run": site.settings.dry_run,
            "first": not had_entries,
        }

    async def _record_stop(self) -> None:
        try:
            await self._site.recorder.event("service", "stop", {})
        except AuditError as error:
            log.error("the stop is not recorded: %s", error)  # noqa: TRY400 -- no traceback
        self._lock.beat(clock.now())

    async def _end_jobs(self) -> None:
        """Jobs may poll for a quarter of an hour; they end here, and are found at the next
        start as interrupted."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- turning

    def _wake(self, cause: Wake, due: datetime | None = None) -> None:
        self._wakes.add(cause)
        if due is not None:
            self._due = due
        self._event.set()

    async def _turn(self) -> None:
        while not self._stop.is_set():
            await self._event.wait()
            self._event.clear()
            if self._stop.is_set():
                return
            if self._reload_asked:
                self._reload_asked = False
                await self._reload()
            wakes, self._wakes = self._wakes, set()
            due, self._due = self._due, None
            cause = next((wake for wake in _RANK if wake in wakes), None)
            if cause is not None:
                await self._look(cause, due=due)

    async def _look(self, cause: Wake, *, due: datetime | None = None) -> None:
        try:
            await self._controller.look(cause, due=due)
            await self._start_jobs()
        except AuditError as error:
            self._tell_audit_failed(error)
        except SchedulerError as error:
            log.error("%s", error)  # noqa: TRY400 -- the message says it all
        except Exception:
            # The one place: a defect must not silence the service for a week.
            log.exception("an unexpected fault; the controller goes on at the next pulse")
        else:
            self._audit_failed = False
        # A timer may fire a moment early by the wall clock: what it was set for is done.
        self._handled = max(due or self._handled, clock.now())
        self._set_timers()

    def _tell_audit_failed(self, error: AuditError) -> None:
        if not self._audit_failed:
            log.error("%s Nothing is done until it can be written again.", error)
        self._audit_failed = True
        notify(f"STATUS={error}")

    def _set_timers(self) -> None:
        """One timer for the next boundary or job, one for the next attempt."""
        from apscheduler.triggers.date import DateTrigger

        schedule, now = self._controller.schedule, max(clock.now(), self._handled)
        switch, job = plan.next_boundary(schedule, now), plan.next_job(schedule, now)
        coming = sorted((entry for entry in (switch, job) if entry), key=lambda entry: entry.at)
        if switch != self._next:
            journal.following(self._site, switch)
        self._next = switch
        if coming:
            due = coming[0].at
            cause = Wake.BOUNDARY if coming[0].kind == "switch" else Wake.JOB
            self._timers.add_job(
                self._on_time,
                trigger=DateTrigger(due),
                args=(cause, due),
                id="next",
                replace_existing=True,
                misfire_grace_time=None,
            )
        self._set_retry()

    async def _on_time(self, cause: Wake, due: datetime) -> None:
        """Called by APScheduler; a coroutine, so that it runs in the loop."""
        self._wake(cause, due)

    def _set_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        wait = self._controller.retry_in()
        if wait is not None:
            loop = asyncio.get_running_loop()
            self._retry = loop.call_later(max(wait, 0.05), self._wake, Wake.RETRY)

    async def _start_jobs(self) -> None:
        if not self._controller.trust.given_once:
            return
        for entry in await self._site.jobs.due(clock.now() + timedelta(milliseconds=5)):
            task = asyncio.create_task(self._job(entry))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _job(self, entry: PlanEntry) -> None:
        assert entry.job is not None
        try:
            await self._site.jobs.run_until_done(entry)
        except AuditError as error:
            self._tell_audit_failed(error)
        except SchedulerError as error:
            log.error("%s: %s", entry.name, error)  # noqa: TRY400
        self._wake(Wake.PULSE)

    # --- the pulse

    async def _pulse(self) -> None:
        """Look again every pulse, notice steps of the clock, and keep the watchdog quiet."""
        period = self._site.settings.pulse.total_seconds()
        wall, mono = clock.now(), clock.monotonic()
        while True:
            await asyncio.sleep(period)
            now, ticks = clock.now(), clock.monotonic()
            step = (now - wall).total_seconds() - (ticks - mono)
            wall, mono = now, ticks
            if abs(step) > STEP:
                await self._note_step(step)
                self._wake(Wake.CLOCK_STEP)
            else:
                self._wake(Wake.PULSE)
            self._lock.beat(now)
            self._feed_watchdog(ticks, period)

    async def _note_step(self, step: float) -> None:
        log.warning("the clock was stepped by %.1f s, or the machine slept", step)
        with contextlib.suppress(AuditError):
            await self._site.recorder.event("clock", "step", {"seconds": round(step, 1)})

    def _feed_watchdog(self, ticks: float, period: float) -> None:
        """Only while the controller really turns: a look or a step has ended of late."""
        if ticks - self._site.recorder.last_turn <= max(2 * period, LONGEST_STEP):
            notify("WATCHDOG=1", f"STATUS={self._status()}")
        else:
            log.error("the controller does not turn any more")

    def _status(self) -> str:
        return journal.status_line(self._site, self._next)

    # --- reload

    def _ask_reload(self) -> None:
        self._reload_asked = True
        self._wake(Wake.RELOAD)

    async def _reload(self) -> None:
        """Read the schedule again; a broken one never replaces a good one."""
        reloading()
        old = self._controller.schedule
        try:
            loaded = await asyncio.to_thread(accepted_schedule, self._site.settings)
        except ConfigurationError as error:
            log.error("the schedule is broken; the last good one stays:\n%s", error)  # noqa: TRY400
            await self._note_reload("failed", {"problems": str(error).splitlines()[:100]})
            notify(
                "READY=1",
                f"STATUS=The schedule file is broken; the last good one is in force. "
                f"{self._status()}",
            )
            return
        for warning in loaded.warnings:
            log.warning("%s", warning)
        self._controller.schedule = loaded.schedule
        changed = old.digest != loaded.schedule.digest
        log.info("the schedule was read again%s", "" if changed else "; it is the same")
        summary = await asyncio.to_thread(effect_of, old, loaded.schedule, clock.now())
        log.info("the coming year: %s", summary)
        await self._note_reload("completed", change(old, loaded.schedule, summary))
        self._set_timers()
        notify("READY=1", f"STATUS={self._status()}")

    async def _note_reload(self, name: str, detail: dict[str, object]) -> None:
        try:
            await self._site.recorder.event("reload", name, detail)
        except AuditError as error:
            self._tell_audit_failed(error)


def _give_back_memory() -> None:
    """What a start needed once (parsers, TLS, migrations) goes back to the system: 3 to 5 MB
    resident, measured with glibc 2.36. Other C libraries have no such call."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
