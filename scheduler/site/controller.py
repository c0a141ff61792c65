"""The controller: on every wake it computes what should be true now, and makes it so.

Level-triggered. It does not matter which wake came, how late, or how often: the answer is computed
from the schedule and the instant. It runs one attempt at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from scheduler import clock, plan
from scheduler.errors import GatewayError
from scheduler.gateway.base import LocalRest as Gateway
from scheduler.plan import Desired, Lease
from scheduler.schedule.values import Schedule
from scheduler.setting import HOLD, Setting
from scheduler.site import recovery, switch
from scheduler.site.backoff import REFUSED_WAIT
from scheduler.site.recorder import Recorder, Unrecorded
from scheduler.site.recovery import Debt
from scheduler.site.switch import Attempt, Switch, describe
from scheduler.site.trust import Trust
from scheduler.site.turn import Turn
from scheduler.site.wish import DONE, Conduct, Wish, began_text, instant_text, tell
from scheduler.words import Outcome, Wake

log = logging.getLogger(__name__)

# A wake may come a moment before its boundary: timers count on another clock than the wall's.
EARLY = timedelta(seconds=1)
# Wakes that ask nothing: where the setting is in force they only look whether it still is.
_IDLE_WAKES = frozenset({Wake.PULSE, Wake.RETRY, Wake.JOB})
# Wakes that bring or repeat a wish of their own; the audit cannot know it in force yet.
_FRESH_WAKES = frozenset({Wake.BOUNDARY, Wake.RETRY})


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
        synchronised: Callable[[], bool | None] = clock.synchronised,
        turn: Turn | None = None,
    ) -> None:
        self.schedule = schedule
        self.gateway = gateway
        self.recorder = recorder
        self.conduct = conduct
        self.leases: tuple[Lease, ...] = ()
        self.wish: Wish | None = None
        self.installing = False
        """A firmware install is under way; switching is deferred until it ends."""
        self.unreachable_since: datetime | None = None
        self._now = now
        self.turn = turn or Turn()
        self.debt = Debt(gateway, recorder, conduct.backoff)
        self.trust = Trust(recorder, gateway, synchronised)
        self._alive_until: datetime | None = None
        self._in_doubt: bool | None = None

    async def look(self, wake: Wake, *, due: datetime | None = None) -> Attempt | None:
        """Look once and act if needed; None when there was nothing to do, or nothing may be done
        yet. `due` is the boundary a timer was set for. Raises AuditUnwritableError: then the
        gateway was not touched, or was left running."""
        async with self.turn:
            now = self._now()
            if due is not None and now < due <= now + EARLY:
                now = due
            try:
                return await self._look(wake, now)
            finally:
                self.recorder.turned()

    async def _look(self, wake: Wake, now: datetime) -> Attempt | None:
        if self.debt.owed and not await self.debt.paid(wake):
            return None
        if not await self.trust.given(now, wake, rule=self.wanted(now).rule):
            return None
        await self._record_missed(now)
        wish = await self._wish_at(now, wake)
        if self.installing:
            return await self._defer(wish, wake, "a firmware update is being installed")
        if not self._may_act(wish, wake):
            return None
        if wake in _IDLE_WAKES and wish.done and not await self._drifted(wish):
            return None
        return await self._attempt(wish, wake)

    def wanted(self, now: datetime) -> Desired:
        """What should be true at an instant."""
        return plan.desired_at(self.schedule, now, self.leases)

    def retry_in(self) -> float | None:
        """Seconds until the next attempt is due; None when nothing is owed."""
        if self.debt.owed:
            return max(0.0, self.debt.not_before - clock.monotonic())
        if self.wish is None or self.wish.done:
            return None
        return max(0.0, self.wish.not_before - clock.monotonic())

    async def recover(self, *, alive_until: datetime | None, alone: bool = True) -> None:
        """At start, before the first look: close what was interrupted, and remember since when
        nobody was there. Unless `alone`, another process may have a run under way, and open runs
        are left to a later start."""
        interrupted = await recovery.close_interrupted(self.recorder) if alone else 0
        self.debt.owed = self.debt.owed or interrupted > 0
        self._alive_until = alive_until

    async def _record_missed(self, now: datetime) -> None:
        alive_until, self._alive_until = self._alive_until, None
        if alive_until is not None and alive_until < now:
            await recovery.record_missed(
                self.recorder, self.schedule, self.gateway.name, alive_until=alive_until, now=now
            )

    # --- the wish

    async def _wish_at(self, now: datetime, wake: Wake) -> Wish:
        desired = self.wanted(now)
        old = self.wish
        began = plan.began_at(self.schedule, now, self.leases)
        same = old is not None and old.desired.setting == desired.setting
        if old is not None and same and (desired.setting.reserve != HOLD or old.began == began):
            old.desired = desired
            return old
        if old is not None and old.attempts and not old.done and not old.superseded:
            await self._supersede(old, desired, wake)
        setting = await self._held(desired.setting, began)
        self.wish = Wish(desired, began, setting)
        return self.wish

    async def _held(self, setting: Setting, began: datetime | None) -> Setting:
        """A hold keeps the percentage that was read when it began, also across a restart."""
        if setting.reserve != HOLD:
            return setting
        confirmed = await self.recorder.ask(
            lambda: self.recorder.log.last_confirmed(self.gateway.name)
        )
        if confirmed is None or confirmed.mode != setting.mode.value:
            return setting
        if confirmed.hold_from is None or confirmed.hold_from != began_text(began):
            return setting
        return replace(setting, reserve=confirmed.reserve_percent)

    async def _supersede(self, old: Wish, new: Desired, wake: Wake) -> None:
        log.warning("superseded: %s never took effect; now %s", old.desired.rule, new.rule)
        await self.recorder.decided(
            Outcome.SUPERSEDED,
            kind="switch",
            name=old.desired.rule,
            wake=wake,
            detail={
                "gateway": self.gateway.name,
                "planned_at": instant_text(old.began),
                "attempt": old.attempts,
                "wanted": describe(old.setting),
                "error": f'"{new.rule}" replaced it before it succeeded.',
            },
        )

    # --- acting

    def _may_act(self, wish: Wish, wake: Wake) -> bool:
        """Pulses and timers keep the back-off; a person does not, nor does a new wish."""
        if wake in {Wake.OPERATOR, Wake.RELOAD, Wake.CLOCK_STEP} or wish.last is None:
            return True
        return wish.done or clock.monotonic() >= wish.not_before

    async def _drifted(self, wish: Wish) -> bool:
        """Whether somebody else changed the setting; looks with the session in hand only, since
        a login would stop the battery merely to look."""
        if self.conduct.dry_run or wish.setting.reserve == HOLD:
            return False
        steps = Unrecorded(self.recorder)
        try:
            if self.gateway.owes_restart:
                return True
            observed = await self.gateway.observe(steps, login=False)
        except GatewayError as error:
            await self._note_reachable(str(error))
            return False
        await self._note_reachable(None)
        return observed is not None and not observed.matches(wish.setting)

    async def _note_reachable(self, error: str | None) -> None:
        """One event when contact is lost, one when it is back."""
        since = self.unreachable_since
        if error is not None and since is None:
            self.unreachable_since = self._now()
            log.warning("the gateway does not answer: %s", error)
            detail = {"gateway": self.gateway.name, "error": error}
            await self.recorder.event("gateway", "lost", detail)
        if error is None and since is not None:
            self.unreachable_since = None
            seconds = round((self._now() - since).total_seconds())
            log.info("the gateway answers again after %s s", seconds)
            await self.recorder.event(
                "gateway", "back", {"gateway": self.gateway.name, "seconds": seconds}
            )

    async def _defer(self, wish: Wish, wake: Wake, reason: str) -> Attempt | None:
        if wish.last is not None and wish.last.outcome is Outcome.DEFERRED:
            return None
        attempt = Attempt(Outcome.DEFERRED, wish.setting, note=reason)
        if wish.done:
            return None
        wish.last = attempt
        await self.recorder.decided(
            Outcome.DEFERRED,
            kind="switch",
            name=wish.desired.rule,
            wake=wake,
            detail={**self._intent(wish, wake), "error": f"Deferred: {reason}."},
        )
        return attempt

    async def _attempt(self, wish: Wish, wake: Wake) -> Attempt:
        wish.attempts = 1 if wish.done else wish.attempts + 1
        known = wake not in _FRESH_WAKES and await self._known_in_force(wish.setting)
        in_doubt = await self._write_in_doubt()
        run = await self.recorder.begin(
            kind="switch", name=wish.desired.rule, wake=wake, detail=self._intent(wish, wake)
        )
        how = Switch(
            gateway=self.gateway,
            still_wanted=lambda: self._still_wanted(wish),
            known_in_force=known,
            in_doubt=in_doubt,
            dry_run=self.conduct.dry_run,
            confirm_seconds=self.conduct.confirm_seconds,
        )
        result = await switch.attempt(wish.setting, how, run)
        held = {"hold_from": began_text(wish.began)} if wish.desired.setting.reserve == HOLD else {}
        await run.end(result.outcome, {**result.detail(), **held})
        self._take(wish, result)
        tell(wish, result)
        if result.error is None:
            await self._note_reachable(None)
        return result

    def _intent(self, wish: Wish, wake: Wake) -> dict[str, Any]:
        at_boundary = wake in {Wake.BOUNDARY, Wake.RETRY}
        return {
            "gateway": self.gateway.name,
            "planned_at": instant_text(wish.began) if at_boundary else None,
            "attempt": wish.attempts,
            "wanted": describe(wish.setting),
            "period": wish.desired.period,
            "season": wish.desired.season,
            "day_class": wish.desired.day_class.value,
            "schedule": self.schedule.digest[:16],
        }

    async def _known_in_force(self, setting: Setting) -> bool:
        confirmed = await self.recorder.ask(
            lambda: self.recorder.log.last_confirmed(self.gateway.name)
        )
        if confirmed is None or isinstance(setting.reserve, str):
            return False
        same_reserve = confirmed.reserve_percent == setting.reserve
        return confirmed.mode == setting.mode.value and same_reserve

    async def _write_in_doubt(self) -> bool:
        """What this process knows of its own writes; at first, what the audit knows."""
        if self._in_doubt is None:
            self._in_doubt = await self.recorder.ask(
                lambda: self.recorder.log.write_in_doubt(self.gateway.name)
            )
        return self._in_doubt

    def _still_wanted(self, wish: Wish) -> bool:
        if self.wish is not wish:
            return False
        return self.wanted(self._now()).setting == wish.desired.setting

    def _take(self, wish: Wish, result: Attempt) -> None:
        wish.last = result
        wish.setting = result.setting
        if result.wrote:
            self._in_doubt = result.outcome is not Outcome.CONFIRMED
        if result.outcome in DONE:
            wish.not_before = 0.0
            return
        wait = self.conduct.backoff.delay(wish.attempts)
        if result.outcome is Outcome.REFUSED:
            wait = max(wait, REFUSED_WAIT)
        wish.not_before = clock.monotonic() + max(wait, result.retry_after or 0.0)
