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

from scheduler import plan
from scheduler.audit import proof, review
from scheduler.audit.database import Database, open_in_memory
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer
from scheduler.rehearsal.battery import RehearsedGateway
from scheduler.rehearsal.fast_clock import FastClock
from scheduler.rehearsal.report import Report
from scheduler.rehearsal.strikes import ONCE, Strike
from scheduler.rehearsal.witness import Onlooker
from scheduler.schedule.load import Loaded
from scheduler.site.backoff import Backoff
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
        self.strikes = tuple(each for each in strikes if start <= each.at < end)
        self.clock = FastClock(start)
        self.battery = RehearsedGateway(self.clock, loaded.schedule.timezone)
        self.witness = Onlooker(loaded.schedule, self.battery, start)
        self.looks = 0
        self._database, self._writer = database, Writer(database)
        begins = [(each.at, 1, each.fault) for each in self.strikes]
        ends = [(each.end, -1, each.fault) for each in self.strikes if each.fault not in ONCE]
        self._edges = sorted([*begins, *ends])
        self._site: Site | None = None
        self._alive_until: datetime | None = None
        self._pulse = self._restless_until = start

    async def play(self) -> Report:
        """From the start to the end. Raises AuditTamperedError where the audit does not verify."""
        began = time.perf_counter()
        await self._begin()
        while self.clock.now() < self.end:
            await self._go_on()
        self.witness.finish(self.clock.now())
        await self._stop()
        self._writer.close()
        return self._report(time.perf_counter() - began)

    # --- the service

    async def _begin(self) -> None:
        clock = self.clock
        self._site = Site(
            "home",
            self.loaded,
            self.battery,
            Recorder(self._writer, "home", now=clock.now),
            Conduct(_BACKOFF),
            kind="simulated",
            now=clock.now,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
            synchronised=lambda: True,
        )
        await self._site.start(alive_until=self._alive_until)
        await self._look(self._site, Wake.START, None)

    async def _stop(self) -> None:
        if self._site is None:
            return
        site, self._site = self._site, None
        self._alive_until = self.clock.now()
        await site.stop()
        site.recorder.close()
        self.witness.is_gone()

    # --- the course of time

    async def _go_on(self) -> None:
        """To the next event, and whatever is due there."""
        site, now = self._site, self.clock.now()
        alarms = () if site is None else site.alarms(now)
        ends = [self.end, self._pulse, *(max(each.at, now + SOONEST) for each in alarms)]
        ends += [each[0] for each in self._edges[:1]]
        if (waking := self.clock.next_waking()) is not None:
            ends.append(waking)
        if site is None:
            ends = [each for each in ends if each != self._pulse]
        self.clock.until(min(ends))
        now = self.clock.now()
        self._see(now)
        await self._strike(now)
        self.clock.wake()
        await self._at_rest()
        if site is None or site is not self._site:
            return
        due = [each for each in alarms if each.at <= now]
        for alarm in due:
            await self._look(site, alarm.wake, alarm.due)
        if not due and now >= self._pulse:
            await self._look(site, Wake.PULSE, None)

    async def _strike(self, now: datetime) -> None:
        while self._edges and self._edges[0][0] <= now:
            _, by, fault = self._edges.pop(0)
            self._restless_until = now + RESTLESS
            self._pulse = min(self._pulse, now + PULSE)
            self.battery.strike(fault, by)
            down = self.battery.faults["service_down"] > 0
            if down:
                await self._stop()
            elif self._site is None:
                await self._begin()

    async def _look(self, site: Site, wake: Wake, due: datetime | None) -> None:
        attempt = await site.look(wake, due=due)
        self.witness.is_told(self.clock.now(), attempt)
        await self._at_rest()
        self.looks += 1
        now = self.clock.now()
        self._see(now, during_turn=True)
        state = site.state(now)
        self.witness.hears(now, state.reasons)
        amiss = state.reasons or self.battery.amiss or now < self._restless_until
        self._pulse = now + (PULSE if amiss else QUIET_PULSE)

    def _see(self, now: datetime, *, during_turn: bool = False) -> None:
        wish = self._site.controller.wish if self._site else None
        setting = wish.setting if wish else None
        self.witness.looks(now, setting, during_turn=during_turn)

    async def _at_rest(self) -> None:
        """Jobs run beside the looks: until each of them is over, or sleeps."""
        # They wait for the audit's thread, of which no event tells.
        while self._site is not None and self._site.jobs_under_way > self.clock.sleeping:  # noqa: ASYNC110
            await asyncio.sleep(0.0005)

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
            outcomes=dict(Counter(str(each.outcome or "open") for each in runs)),
            entries=proof.verify(self._database).rows,
            standing=witness.standing,
            false_confirmations=tuple(witness.false_confirmations),
            took=took,
        )
