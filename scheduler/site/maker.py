"""The acting half of the controller: one attempt to make the wish true, its rung on the ladder, and
the read-back that ends it. When to act is not decided here.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from scheduler.audit.answers import OpenRun
from scheduler.audit.intent import Ended, Intent
from scheduler.errors import GatewayError
from scheduler.gateway.abilities import SoftRestart, ability
from scheduler.gateway.base import SETTING_ONLY, Spend
from scheduler.plan import Desired
from scheduler.schedule.values import Drift as Policy
from scheduler.site import act, apply, confirm, recovery
from scheduler.site.act import Act
from scheduler.site.apply import DENIED_FOR_HOLD, Attempt, How
from scheduler.site.backoff import MOST, wait_after
from scheduler.site.confirm import Sent
from scheduler.site.wish import DONE, Wish, tell
from scheduler.site.witness import Rung, rung
from scheduler.words import Outcome, Wake

if TYPE_CHECKING:
    from scheduler.site.controller import Controller

log = logging.getLogger(__name__)

# Wakes that bring or repeat a wish of their own; the audit cannot know it in force yet.
_FRESH_WAKES: Final = frozenset({Wake.BOUNDARY, Wake.RETRY})


class Maker:
    """Makes the wish of one controller true."""

    def __init__(self, controller: Controller) -> None:
        self.sent: Sent | None = None
        """What was sent for the present wish, and waits to be read back."""
        self._of = controller
        self.gateway, self.recorder = controller.gateway, controller.recorder
        self.known, self.standing = controller.known, controller.standing
        self.witness, self.drift = controller.witness, controller.drift
        self.now, self.monotonic = controller.now, controller.monotonic
        self._act: Act | None = None

    def hand_in(self) -> None:
        """Hand in the steps of a run that is broken off."""
        if self._act is not None:
            self._act.run.hand_in()

    async def attempt(self, wish: Wish, wake: Wake) -> Attempt:
        """Look, and write where that is needed; the attempt as it then stands."""
        wish.attempts = 1 if wish.done else wish.attempts + 1
        rung, intent = self._rung(wish), self.intent(wish, wake)
        if rung is not None:
            intent = replace(intent, more={**intent.more, "rung": rung.value})
        how = await self._how(wish, wake, rung)
        before = self.known.proven or self.standing.proven(wish.desired.rule, wish.setting)
        self._act = await act.begin(self.recorder, self.known, intent)
        wish.number, wish.started_at = self._act.run.number, self._act.started
        result = await apply.attempt(wish.setting, how, self._act.run)
        await self.drift.met(result, before, self.gateway.limits.reserve_tolerance)
        if result.outcome is not Outcome.ACCEPTED:
            if result.error is not None:
                await self.known.met(result.error)
            return await self._finish(wish, result)
        self.standing.wrote(confirmed=False)
        self.known.doubt()
        hold = wish.hold_from
        more = {**result.more, **({"hold_from": hold} if hold else {})}
        self.sent = Sent(result.setting, self.monotonic(), note=result.note, more=more)
        return await self.read_back(wish, self.sent)

    @property
    def _restart(self) -> SoftRestart | None:
        return ability(self.gateway, SoftRestart)  # type: ignore[type-abstract]

    def _rung(self, wish: Wish) -> Rung | None:
        """How this attempt differs from a first one, after others in vain."""
        in_vain = self.witness.not_seen if self.witness.doubts else wish.in_vain
        return rung(in_vain, restarts=self._of.conduct.soft_restart and self._restart is not None)

    async def _how(self, wish: Wish, wake: Wake, rung: Rung | None) -> How:
        fresh = wake in _FRESH_WAKES or wake is Wake.DRIFT
        return How(
            gateway=self.gateway,
            known=self.known,
            halt=lambda: self._of.halted(wish) or self._of.held_back(),
            known_in_force=await self.standing.in_force(wish.setting, fresh=fresh),
            # A login that stops the battery is no price for a look.
            asked=wake is Wake.OPERATOR and not self.gateway.limits.login_stops,
            in_doubt=self.witness.doubts or await self.standing.in_doubt(),
            unverified=wish.unverified,
            dry_run=self._of.conduct.dry_run,
            guarded=lambda: self._of.guards.holding(self.now()),
            look_around=not self._of.guards.fresh(self.now()),
            restart=self._restart if rung is Rung.SOFT_RESTART else None,
            leaves=self.drift.policy is not Policy.REASSERT and wake is not Wake.OPERATOR,
        )

    async def read_back(self, wish: Wish, sent: Sent, *, eager: bool = False) -> Attempt:
        """Read back what was sent, where it is time; the attempt as it then stands."""
        limits = self.gateway.limits
        assert self._act is not None
        if not eager and self.monotonic() < sent.due(limits):
            await self._keep(sent)
            return self._waits(wish, sent)
        try:
            reading = await self.known.reading(self._act.run, spend=Spend.DUE, want=SETTING_ONLY)
        except GatewayError as error:
            sent.saw(None, error, self.monotonic())
        else:
            sent.saw(reading.setting, None, self.monotonic())
        halted = None if self._of.stopping else self._of.halted(wish)
        result = confirm.verdict(sent, limits, self.monotonic(), halted=halted)
        if result is None:
            await self._keep(sent)
            return self._waits(wish, sent)
        result = await self._finish(wish, result)
        self.sent = None
        return result

    def _waits(self, wish: Wish, sent: Sent) -> Attempt:
        waiting = confirm.waiting(sent)
        if wish.last is None or wish.last.outcome is not Outcome.ACCEPTED:
            tell(wish, waiting)
        wish.last, wish.setting = waiting, sent.setting
        return waiting

    async def _keep(self, sent: Sent) -> None:
        """The audit is told that a setting is on its way only where it has to wait: most are read
        back equal in the same turn, and an entry more would cost as much as a request."""
        if sent.kept or self._act is None:
            return
        left = sent.until(self.gateway.limits) - self.monotonic()
        until = self.now() + timedelta(seconds=left)
        await self._act.run.accepted(until=until, wanted=sent.setting, more=confirm.kept(sent))
        sent.kept = True

    def _with_what_is_in_the_way(self, result: Attempt) -> Attempt:
        """It is set, and may have no effect all the same: whoever reads the outcome is told."""
        why = self._of.guards.seen(self.now())
        if why is None or result.outcome not in (Outcome.CONFIRMED, Outcome.UNCHANGED):
            return result
        notes = (result.note, f"may not be in effect, because {why}")
        return replace(result, note="; ".join(note for note in notes if note))

    async def _finish(self, wish: Wish, result: Attempt) -> Attempt:
        result = self._with_what_is_in_the_way(result)
        if result.wrote:
            self.standing.wrote(confirmed=result.outcome is Outcome.CONFIRMED)
        tell(wish, result)
        wish.take(result, self.now())
        if result.outcome not in DONE:
            self.wait(wish)
        elif result.outcome is not Outcome.DRY_RUN:
            at, run = self.standing.since or (self.now(), wish.number)
            self.known.prove(wish.desired.rule, wish.setting, at, run)
        if result.outcome is Outcome.CONFIRMED and self._act is not None:
            self.witness.watch(self._act.run, wish.setting)
        elif result.outcome is Outcome.UNCHANGED:
            self.witness.go_on(wish.setting)
        await self._end(result.ended(), wish.hold_from)
        return result

    def wait(self, wish: Wish) -> None:
        """Keep the back-off after an attempt that did not succeed."""
        assert wish.last is not None
        plain, last = self._of.conduct.backoff, wish.last
        wait = wait_after(last.outcome, last.error, attempt=wish.alike, plain=plain)
        if wish.deferred:  # where a look is free, a pulse sees when it is over
            wait = MOST
        wish.not_before = self.monotonic() + wait

    def intent(self, wish: Wish, wake: Wake, *, planned: bool = False) -> Intent:
        """What the audit keeps of an attempt, or of one that is not made."""
        return wish.intent(
            wake,
            gateway=self.gateway.name,
            schedule=self._of.schedule.digest[:16],
            planned=planned or wake in _FRESH_WAKES,
        )

    async def _end(self, ended: Ended, hold_from: str | None = None) -> None:
        """The outcome of the run under way."""
        assert self._act is not None
        if hold_from is not None:
            ended = replace(ended, more={**ended.more, "hold_from": hold_from})
        await self._act.end(ended)

    async def take_up(self, wish: Wish, found: OpenRun, now: datetime) -> bool:
        """Go on waiting for what an earlier process sent, if it is still wanted."""
        assert found.accepted is not None
        intent, detail = recovery.intent_of(found), found.accepted.detail
        setting = found.wanted
        same = intent.wanted == wish.desired.setting and detail.get("hold_from") == wish.hold_from
        self._act = act.take_up(self.recorder, self.known, found, intent)
        if setting is None or not same:
            newer = f'"{wish.desired.rule}" replaced it before it was confirmed.'
            await self._act.end(Ended(outcome=Outcome.SUPERSEDED, error=newer))
            return False
        log.info("run %s waits to be confirmed; taken up again", found.run)
        waited = max(0.0, (now - found.accepted.at).total_seconds())
        more = {
            key: detail[key]
            for key in ("before", "by", "hold_from", DENIED_FOR_HOLD)
            if key in detail
        }
        self.sent = Sent(setting, self.monotonic() - waited, more=more, kept=True)
        wish.setting, wish.attempts, wish.number = setting, intent.attempt, found.run
        wish.started_at = found.started_at
        wish.last = confirm.waiting(self.sent)
        return True

    async def supersede(self, old: Wish, new: Desired, wake: Wake) -> None:
        """Record that another setting is wanted before this one took effect."""
        if old.over:
            return
        log.warning("superseded: %s never took effect; now %s", old.desired.rule, new.rule)
        error = f'"{new.rule}" replaced it before it succeeded.'
        ended = Ended(outcome=Outcome.SUPERSEDED, wanted=old.setting, error=error)
        if self.sent is not None:
            await self._end(replace(ended, observed=self.sent.observed))
            self.sent = None
            return
        await self.recorder.decided(ended, self.intent(old, wake, planned=True))
