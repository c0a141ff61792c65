"""The controller: on every wake it computes what should be true now, and makes it so.

Level-triggered. It does not matter which wake came, how late, or how often: the answer is computed
from the schedule and the instant. It runs one exchange at a time, and never sleeps.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from scheduler import clock, plan
from scheduler.audit.answers import OpenRun
from scheduler.audit.intent import Ended
from scheduler.audit.recorder import Recorder
from scheduler.gateway.base import Gateway
from scheduler.plan import Desired, Lease
from scheduler.schedule.values import Schedule
from scheduler.site import act, leases, recovery
from scheduler.site.apply import Attempt
from scheduler.site.confirm import Sent
from scheduler.site.debt import Debt
from scheduler.site.drift import DriftWatch
from scheduler.site.guards.watch import Guards
from scheduler.site.known import Known
from scheduler.site.lookout import Lookout
from scheduler.site.maker import Maker
from scheduler.site.set_point import Order, SetPoint
from scheduler.site.standing import Standing
from scheduler.site.trust import Trust
from scheduler.site.turn import Turn
from scheduler.site.wish import Conduct, Wish
from scheduler.site.witness import Witness
from scheduler.words import Outcome, Wake

log = logging.getLogger(__name__)

# A wake may come a moment before its boundary: timers count on another clock than the wall's.
EARLY: Final = timedelta(seconds=1)
# Wakes that ask nothing: where the setting is in force they only look whether it still is.
_IDLE_WAKES: Final = frozenset({Wake.PULSE, Wake.RETRY, Wake.JOB, Wake.CONFIRM})
# Wakes that do not keep a back-off: a person waits, or the wish may be another one.
_EAGER_WAKES: Final = frozenset({Wake.OPERATOR, Wake.OVERRIDE, Wake.RELOAD, Wake.CLOCK_STEP})


class Controller:
    """Keeps one site's gateway at the setting its schedule wants."""

    def __init__(
        self,
        schedule: Schedule,
        gateway: Gateway,
        recorder: Recorder,
        conduct: Conduct,
        *,
        now: Callable[[], datetime] = clock.now,
        monotonic: Callable[[], float] = clock.monotonic,
        synchronised: Callable[[], bool | None] = clock.synchronised,
        turn: Turn | None = None,
    ) -> None:
        self.schedule = schedule
        self.gateway, self.recorder, self.conduct = gateway, recorder, conduct
        self.leases: tuple[Lease, ...] = ()
        self.wish: Wish | None = None
        self.installing = False
        """A firmware install is under way; switching is deferred until it ends."""
        self.stopping = False
        self.now, self.monotonic = now, monotonic
        self.turn = turn or Turn()
        self.known = Known(gateway, recorder)
        self.known.meters.keep_days = conduct.readings_keep
        self.debt = Debt(gateway, recorder, self.known, monotonic)
        self.drift = DriftWatch(recorder, lambda: self.schedule)
        self.guards = Guards(recorder, self.known, lambda: self.schedule)
        self.lookout = Lookout(
            gateway, recorder, self.debt, self.drift, known=self.known, monotonic=monotonic
        )
        self.standing = Standing(gateway, recorder)
        self.witness = Witness(gateway, recorder, self.known, monotonic)
        self.trust = Trust(recorder, gateway, synchronised, monotonic)
        self.set_point = SetPoint(
            gateway, recorder, self.known, pulse=conduct.pulse, monotonic=monotonic
        )
        self._connect()
        self.maker = Maker(self)
        self._taken_up: OpenRun | None = None
        self._alive_until: datetime | None = None
        self._handled: datetime | None = None

    def _connect(self) -> None:
        """What its parts ask of each other."""
        self.guards.clock_held = lambda: self.trust.held
        self.lookout.wants_meters = self.witness.wants_meters
        self.witness.in_the_way = self.guards.words
        self.lookout.excused = lambda: self.guards.holding(self.now()) is not None

    @property
    def sent(self) -> Sent | None:
        """What was sent for the present wish, and waits to be read back."""
        return self.maker.sent

    async def look(self, wake: Wake, *, due: datetime | None = None) -> Attempt | None:
        """Look once and act if needed; None when there was nothing to do, or nothing may be done
        yet. `due` is the boundary a timer was set for. Raises AuditUnwritableError: then the
        gateway was not touched, or was left running; and LockedError."""
        async with self.turn:
            self._handled = due or self._handled
            try:
                attempt = await self._look(wake, self.instant(self.now()))
                await self.guards.note(self.now())
                await self.witness.look()
                await self.set_point.tend(self._order(), wake)
                # What the attempt itself left behind is paid at once, and not at the next wake.
                if self.debt.due() and not self.stopping:
                    await self.debt.paid(wake)
            except asyncio.CancelledError:
                self.maker.hand_in()
                raise
            finally:
                self.recorder.turned()
            return attempt

    def instant(self, now: datetime) -> datetime:
        """The instant to go by: a timer that fired a moment early has brought its boundary, which
        counts from then on. After a step of the clock back it does not."""
        handled = self._handled
        return handled if handled is not None and now < handled <= now + EARLY else now

    async def _look(self, wake: Wake, now: datetime) -> Attempt | None:
        await act.settle(self.known)
        if not await self._free_to_act(now, wake):
            return None
        await self._record_missed(now)
        wish = await self._wish_at(now, wake)
        if self.sent is not None:
            return await self.maker.read_back(wish, self.sent, eager=wake in _EAGER_WAKES)
        if reason := await self._kept_off(wish, wake, now):
            return await self._defer(wish, wake, reason)
        if not await self._called_for(wish, wake):
            return None
        if wake in _IDLE_WAKES and await self.lookout.still_a_stranger(wish):
            self.maker.wait(wish)
            return None
        drifted = self.drift.open and wish.done and wake in _IDLE_WAKES
        return await self.maker.attempt(wish, Wake.DRIFT if drifted else wake)

    async def _free_to_act(self, now: datetime, wake: Wake) -> bool:
        """The battery runs, and the clock is right."""
        if not await self.debt.paid(wake):
            return False
        if not self.guards.heeds("clock"):
            return True
        return await self.trust.given(now, wake, rule=self.wanted(now).rule)

    def wanted(self, now: datetime) -> Desired:
        """What should be true at an instant."""
        return plan.desired_at(self.schedule, now, self.leases)

    def _order(self) -> Order | None:
        """The charge to order beside the setting that is in force."""
        wish, now = self.wish, self.instant(self.now())
        if wish is None or not wish.done or self.stopping or self.installing:
            return None
        if self.conduct.dry_run or self.trust.held or self.paused(now):
            return None
        if self.guards.holding(now) is not None:
            return None
        desired = self.wanted(now)
        return None if desired.charge is None else Order(desired.rule, desired.charge)

    def paused(self, now: datetime) -> str | None:
        """Why nothing is done at an instant, where a person asked for that."""
        pause = plan.pause_at(self.leases, now)
        zone = self.schedule.calendar.display_zone
        return None if pause is None else leases.pause_words(pause, zone)

    def retry_in(self) -> float | None:
        """Seconds until the next attempt is due; None when nothing is owed."""
        if self.debt.owed:
            return max(0.0, self.debt.not_before - self.monotonic())
        if self.wish is None or self.wish.done or self.wish.deferred or self.sent is not None:
            return None
        return max(0.0, self.wish.not_before - self.monotonic())

    def confirm_in(self) -> float | None:
        """Seconds until what was sent is read back again; None where nothing waits for it."""
        if self.sent is None:
            return None
        return max(0.0, self.sent.due(self.gateway.limits) - self.monotonic())

    # --- at start

    async def recover(self, *, alive_until: datetime | None, alone: bool = True) -> None:
        """Before the first look: close what was interrupted, take up what waits to be confirmed,
        and remember since when nobody was there. Unless `alone`, another process may have a run
        under way, and open runs are left to a later start."""
        self._alive_until = alive_until
        await self.drift.recall(self.now())
        await self.witness.recall()
        if not alone:
            return
        self._taken_up, interrupted = await recovery.close_interrupted(
            self.recorder, self.gateway.name
        )
        if interrupted:
            self.debt.find("an earlier process ended in the middle of a run")

    async def _record_missed(self, now: datetime) -> None:
        alive_until = self._alive_until
        # The clock may have been held and put right since; what passed meanwhile was seen.
        began = now - timedelta(seconds=self.trust.waited())
        if alive_until is not None and alive_until < began:
            await recovery.record_missed(
                self.recorder,
                self.schedule,
                self.gateway.name,
                alive_until=alive_until,
                now=began,
                leases=self.leases,
            )
        self._alive_until = None

    # --- the wish

    async def _wish_at(self, now: datetime, wake: Wake) -> Wish:
        desired, old = self.wanted(now), self.wish
        began = plan.began_at(self.schedule, now, self.leases)
        if old is not None and old.is_for(desired, began):
            old.desired = desired
            if old.lacking_since is not None:
                # After a clock was set back, from then on: else it is overdue hours later.
                old.lacking_since = min(old.lacking_since, now)
            return old
        if old is not None:
            await self.maker.supersede(old, desired, wake)
        self.witness.forget()
        self.wish = wish = Wish(desired, began, desired.setting, lacking_since=now)
        found, self._taken_up = self._taken_up, None
        if found is None or not await self.maker.take_up(wish, found, now):
            wish.setting = await self.standing.continued(wish, old)
        return wish

    # --- looking

    def _may_act(self, wish: Wish, wake: Wake) -> bool:
        """Pulses and timers keep the back-off; a person does not, nor does a new wish."""
        if wake in _EAGER_WAKES or wish.last is None:
            return True
        if wish.deferred and self.gateway.limits.free_reads:
            return True
        return wish.done or self.monotonic() >= wish.not_before

    async def _called_for(self, wish: Wish, wake: Wake) -> bool:
        """Whether to attempt it now. Where not, the battery is seen running all the same."""
        if not self._may_act(wish, wake):
            if wake is Wake.PULSE:
                await self._drifted(wish, wake)
            return False
        if not wish.done or wake not in _IDLE_WAKES:
            return True
        return await self._drifted(wish, wake) or self.witness.doubts

    async def _drifted(self, wish: Wish, wake: Wake) -> bool:
        return not self.conduct.dry_run and await self.lookout.drifted(wish, wake)

    async def _kept_off(self, wish: Wish, wake: Wake, now: datetime) -> str | None:
        """Why nothing is attempted now, in words; a guard that held is looked at again first."""
        if self.installing:
            return "a firmware update is being installed"
        if reason := self.paused(now):
            if wake is Wake.PULSE and not self.conduct.dry_run:
                await self.lookout.look(wake)
            return reason
        if wish.done or self.conduct.dry_run:
            return None
        if wake in _IDLE_WAKES and self.guards.holding(self.now()):
            await self._drifted(wish, wake)
        return self.guards.holding(self.now())

    async def _defer(self, wish: Wish, wake: Wake, reason: str) -> Attempt | None:
        """On the record once, and whenever a person asks."""
        deferred = Attempt(Outcome.DEFERRED, wish.setting, note=reason)
        if wake is not Wake.OPERATOR and (wish.done or wish.deferred):
            return None
        if not wish.done:
            wish.last = deferred
        ended = Ended(outcome=Outcome.DEFERRED, error=f"Deferred: {reason}.")
        await self.recorder.decided(ended, self.maker.intent(wish, wake))
        return deferred

    def halted(self, wish: Wish) -> Outcome | None:
        """The outcome with which an attempt ends before its next request that changes anything."""
        if self.stopping:
            return Outcome.INTERRUPTED
        wanted = self.wanted(self.instant(self.now())).setting
        current = self.wish is wish and wanted == wish.desired.setting
        return None if current else Outcome.SUPERSEDED

    def held_back(self) -> Outcome | None:
        """The same, where a person asked for a pause."""
        return Outcome.DEFERRED if self.paused(self.instant(self.now())) else None
