"""Plays a stretch of time: moves the clock from event to event, and turns the site as its process
would.

Between two pulses nothing can be found where all is well, so there they are half an hour apart; as
soon as anything is amiss, or a fault begins or ends, they come as often as in the service.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from scheduler import clock, plan
from scheduler.audit import proof, review
from scheduler.audit.chain import Json
from scheduler.audit.database import Database, open_in_memory
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer
from scheduler.errors import ClockUntrustedError, LeaseError
from scheduler.plan import LeaseKind
from scheduler.rehearsal.battery import RehearsedGateway
from scheduler.rehearsal.fast_clock import FastClock
from scheduler.rehearsal.report import Report
from scheduler.rehearsal.strikes import LEASES, Edge, Strike
from scheduler.rehearsal.witness import Onlooker
from scheduler.schedule.load import Loaded
from scheduler.site.asked import Asked
from scheduler.site.backoff import Backoff
from scheduler.site.shown import state_of
from scheduler.site.site import Site
from scheduler.site.wish import Conduct
from scheduler.words import Wake

PULSE: Final = timedelta(seconds=30)
QUIET_PULSE: Final = timedelta(minutes=30)
# After a fault's beginning or end, pulses come often for so long.
RESTLESS: Final = timedelta(minutes=5)
# An alarm that is due already is brought so far ahead, as in the service.
SOONEST: Final = timedelta(milliseconds=50)
_BACKOFF: Final = Backoff(5.0, 300.0)


def rehearse(
    loaded: Loaded,
    start: datetime,
    end: datetime,
    *,
    strikes: Iterable[Strike] = (),
    database: Database | None = None,
) -> Report:
    """Play from start to end; the audit is kept where a database is given."""
    kept = database or open_in_memory()
    try:
        return asyncio.run(Rehearsal(loaded, start, end, strikes=strikes, database=kept).play())
    finally:
        if database is None:
            kept.close()


class Rehearsal:
    """One site, one battery, one clock."""

    def __init__(
        self,
        loaded: Loaded,
        start: datetime,
        end: datetime,
        *,
        strikes: Iterable[Strike],
        database: Database,
    ) -> None:
        self.loaded, self.start, self.end = loaded, start, end
        asked = tuple(strikes)
        self.strikes = tuple(each for each in asked if start <= each.at < end)
        self._unplayed = len(asked) - len(self.strikes)
        self.clock = FastClock(start)
        self.battery = RehearsedGateway(self.clock, loaded.schedule.timezone)
        self.witness = Onlooker(loaded.schedule, self.battery, start)
        self.looks = 0
        self._database, self._writer = database, Writer(database)
        edges = (edge for each in self.strikes for edge in each.edges())
        self._edges = sorted(edges, key=lambda edge: (edge.at, edge.by, edge.fault))
        self._faults: Counter[str] = Counter()
        """Of this machine: what is wrong now, and by how many strikes."""
        self._asked: list[Strike] = []
        """Leases that a person asks for as soon as there is anybody to ask."""
        self._site: Site | None = None
        self._alive_until: datetime | None = None
        self._pulse = self._restless_until = self._asleep_since = start

    async def play(self) -> Report:
        """From the start to the end. Raises AuditTamperedError where the audit does not verify."""
        began = time.perf_counter()
        await self._begin()
        while self.clock.true < self.end:
            await self._go_on()
        self.witness.finish(self.clock.true)
        await self._stop()
        self._writer.close()
        return self._report(time.perf_counter() - began)

    # --- the service

    async def _begin(self) -> None:
        fast = self.clock
        self._site = Site(
            "home",
            self.loaded,
            self.battery,
            Recorder(self._writer, "home", now=fast.now),
            Conduct(_BACKOFF),
            kind="simulated",
            now=fast.now,
            monotonic=fast.monotonic,
            sleep=fast.sleep,
            # A time service tells when it has put the clock right, and nothing while it is wrong.
            synchronised=lambda: True if not fast.ahead else None,
        )
        await self._site.start(alive_until=self._alive_until)
        await self._site.recorder.event("service", "start", self._told())
        await self._look(self._site, Wake.START, None)

    def _told(self) -> dict[str, Json]:
        """What a start tells of itself, so that the record can be asked like a service's own."""
        seen = self._alive_until
        return {
            "digest": self.loaded.schedule.digest[:16],
            "seen": clock.iso(seen) if seen else None,
            "first": seen is None,
        }

    async def _stop(self) -> None:
        if self._site is None:
            return
        site, self._site = self._site, None
        self._alive_until = self.clock.now()
        await site.recorder.event("service", "stop")
        await site.stop()
        site.recorder.close()
        self.witness.is_gone()

    @property
    def _present(self) -> Site | None:
        """The site, where its process runs and its machine is awake."""
        return None if self.clock.suspended else self._site

    # --- the course of time

    async def _go_on(self) -> None:
        """To the next event, and whatever is due there."""
        site, now = self._present, self.clock.now()
        alarms = () if site is None else site.alarms(now)
        ends = [self.end, *(each.at for each in self._edges[:1])]
        if site is not None:
            ends += [self._pulse, *(self._true(max(each.at, now + SOONEST)) for each in alarms)]
            ends += [each for each in (self.clock.next_waking(),) if each is not None]
        self.clock.until(min(ends))
        self._see()
        await self._meet_events()
        if site is None or site is not self._present:
            return
        self.clock.wake()
        await self._at_rest()
        due = [each for each in alarms if each.at <= self.clock.now()]
        for alarm in due:
            await self._look(site, alarm.wake, alarm.due)
        if not due and self.clock.true >= self._pulse:
            await self._look(site, Wake.PULSE, None)

    def _true(self, instant: datetime) -> datetime:
        """When the wall clock shows an instant."""
        return instant - self.clock.ahead

    async def _look(self, site: Site, wake: Wake, due: datetime | None) -> None:
        attempt = await site.look(wake, due=due)
        self.witness.is_told(self.clock.true, attempt)
        await self._at_rest()
        self.looks += 1
        self._see(during_turn=True)
        now = self.clock.true
        self.witness.hears(now, state_of(site, self.clock.now()).reasons)
        amiss = self.witness.restless or self.battery.amiss or now < self._restless_until
        self._pulse = now + (PULSE if amiss else QUIET_PULSE)

    def _see(self, *, during_turn: bool = False) -> None:
        wish = self._site.controller.wish if self._site else None
        setting = wish.setting if wish else None
        self.witness.looks(self.clock.true, setting, during_turn=during_turn)

    async def _at_rest(self) -> None:
        """Jobs run beside the looks: until each of them is over, or sleeps."""
        # They wait for the audit's thread, of which no event tells.
        while self._site is not None and self._site.jobs_under_way > self.clock.sleeping:  # noqa: ASYNC110
            await asyncio.sleep(0.0005)

    # --- what happens meanwhile

    async def _meet_events(self) -> None:
        while self._edges and self._edges[0].at <= self.clock.true:
            edge = self._edges.pop(0)
            self._restless_until = edge.at + RESTLESS
            self._pulse = min(self._pulse, edge.at + PULSE)
            await self._meet(edge)
            await self._ask()

    async def _meet(self, edge: Edge) -> None:
        """One fault begins or ends: of this machine, of its service, or of the gateway."""
        self._faults[edge.fault] += edge.by
        match edge.fault:
            case "clock_ahead" | "clock_behind":
                await self._clock_set(edge)
            case "suspend":
                await self._suspend(edge)
            case "service_down":
                await self._attend()
            case lease if lease in LEASES:
                self._asked.append(edge.strike)
            case _:
                self.battery.meets(edge)

    async def _clock_set(self, edge: Edge) -> None:
        sign = 1 if edge.fault == "clock_ahead" else -1
        step = sign * edge.by * edge.strike.by
        self.clock.ahead += step
        await self._stepped(step)

    async def _suspend(self, edge: Edge) -> None:
        if not self.clock.suspended:
            self._asleep_since = self.clock.true
            self.witness.is_gone()
        self.clock.suspended = self._faults["suspend"] > 0
        if not self.clock.suspended:
            await self._stepped(edge.at - self._asleep_since)

    async def _stepped(self, step: timedelta) -> None:
        """As the service's own pulse meets a clock that was set, or a machine that slept."""
        await self._attend()
        if (site := self._present) is None:
            return
        await site.recorder.event("clock", "step", {"seconds": step.total_seconds()})
        await self._look(site, Wake.CLOCK_STEP, None)

    async def _attend(self) -> None:
        """The service runs where it should, and nowhere else."""
        if self._faults["service_down"] > 0:
            await self._stop()
        elif self._site is None and not self.clock.suspended:
            await self._begin()

    async def _ask(self) -> None:
        """For the leases that are wanted, where somebody hears it."""
        site = self._present
        if site is None or not self._asked:
            return
        asked, self._asked = self._asked, []
        for strike in asked:
            try:
                lease = await site.grant(_asked_by(strike))
            except (LeaseError, ClockUntrustedError) as error:
                self.witness.is_refused(error, self.clock.true)
                continue
            self.witness.is_asked(lease, self.clock.true)
            await self._look(site, Wake.OVERRIDE, None)

    # --- the report

    def _report(self, took: float) -> Report:
        schedule, witness = self.loaded.schedule, self.witness
        runs = review.runs(self._database)
        return Report(
            schedule=schedule.name,
            start=self.start,
            end=self.end,
            boundaries=len(plan.boundaries(schedule, self.start, self.end)),
            writes=self.battery.writes,
            looks=self.looks,
            stretches=tuple(witness.stretches),
            incidents=tuple(witness.incidents),
            strikes=self.strikes,
            unplayed=self._unplayed,
            outcomes=dict(Counter(str(each.outcome or "open") for each in runs)),
            entries=proof.verify(self._database).rows,
            standing=witness.standing,
            false_confirmations=tuple(witness.false_confirmations),
            took=took,
        )


def _asked_by(strike: Strike) -> Asked:
    kind = LeaseKind(strike.fault)
    return Asked(
        kind,
        until=None if kind is LeaseKind.SKIP else strike.end,
        setting=strike.setting if kind is LeaseKind.OVERRIDE else None,
        name=strike.name if kind is LeaseKind.SKIP else None,
        who="somebody",
    )
