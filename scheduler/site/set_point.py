"""The timed power set-point of a rule with `charge`: ordered for three pulses at a time, renewed
while the rule holds, released when it does not, and looked for in the meters.

Whoever dies in between leaves an order that ends by itself. Charging only.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from scheduler import clock
from scheduler.audit.chain import Json
from scheduler.audit.intent import Ended, Intent
from scheduler.audit.recorder import Recorder, Unrecorded
from scheduler.errors import GatewayError
from scheduler.gateway.abilities import PowerSetpoint, ability
from scheduler.gateway.base import Gateway, Part, Reading, Spend, Steps
from scheduler.schedule.values import Charge
from scheduler.site import act
from scheduler.site.act import Act
from scheduler.site.apply import outcome_of
from scheduler.site.backoff import Backoff, wait_after
from scheduler.site.known import Known
from scheduler.words import Outcome, Wake

log = logging.getLogger(__name__)

PULSES: Final = 3
_LOOKED_AT: Final = frozenset({Part.CHARGE, Part.POWERS, Part.HEALTH})
# What a full battery takes tapers off before the end.
_NEARLY_FULL: Final = 95.0
_RETRY: Final = Backoff(30.0, 300.0)


@dataclass(frozen=True, slots=True)
class Order:
    """What a rule asks for while its setting is in force."""

    rule: str
    charge: Charge


@dataclass(slots=True)
class Ordered:
    """An order that was given, and how it shows."""

    order: Order
    watts: float
    """What the gateway was told to take; for "full" the most that this battery takes."""
    run: int
    since: datetime
    act: Act | None
    """Its run, until the meters have shown it or the time for that is over."""
    renewed: int = 0
    renew_at: float = 0.0
    until: datetime | None = None
    effect: str = "cannot_tell"
    seen: dict[str, Json] = field(default_factory=dict)


def effect_of(watts: float, reading: Reading) -> str:
    """Whether the meters show an order: seen, not_seen, or cannot_tell."""
    battery = reading.powers.battery if reading.powers else None
    if battery is None:
        return "cannot_tell"
    if battery < 0 and -battery >= watts / 2:
        return "seen"
    full = reading.charge is not None and reading.charge >= _NEARLY_FULL
    return "cannot_tell" if full else "not_seen"


class SetPoint:
    """The orders of one site. Every coroutine raises AuditUnwritableError."""

    def __init__(
        self,
        gateway: Gateway,
        recorder: Recorder,
        known: Known,
        *,
        pulse: float,
        monotonic: Callable[[], float],
    ) -> None:
        self.standing: Ordered | None = None
        self.renews = True
        """Whether this process stays to renew an order; else none is given."""
        self._gateway, self._recorder, self._known = gateway, recorder, known
        self._pulse, self._monotonic = pulse, monotonic
        self._not_before, self._failed = 0.0, 0

    @property
    def seconds(self) -> int:
        """How long an order lives unless it is renewed."""
        return max(1, math.ceil(PULSES * self._pulse))

    def to_json(self) -> dict[str, Json] | None:
        """The order that stands, for the state."""
        found = self.standing
        if found is None:
            return None
        return {
            "rule": found.order.rule,
            "watts": found.watts,
            "since": clock.iso(found.since),
            "until": clock.iso(found.until) if found.until else None,
            "effect": found.effect,
            "run": found.run,
        }

    async def tend(self, order: Order | None, wake: Wake) -> None:
        """Bring the order that stands to the one wanted; once at every look."""
        kind = ability(self._gateway, PowerSetpoint)  # type: ignore[type-abstract]
        if kind is None or not (self.renews and self._gateway.limits.set_points):
            order = None
        if self.standing is not None and self.standing.order != order:
            await self._release(replaced=order is not None, wake=wake)
        if order is None or kind is None:
            self._not_before, self._failed = 0.0, 0
        elif self.standing is None:
            await self._begin(kind, order, wake)
        else:
            await self._renew(kind, self.standing)

    async def leave(self) -> None:
        """At a stop: the order ends by itself, and its run is not left open."""
        if self.standing is not None:
            await self._close(self.standing, Outcome.UNCONFIRMED, "stopped before it was seen")

    # --- one order

    async def _begin(self, kind: PowerSetpoint, order: Order, wake: Wake) -> None:
        if self._monotonic() < self._not_before:
            return
        begun = await act.begin(self._recorder, self._known, self._intent(order, wake))
        try:
            reading = await self._look(begun.run)
            if reason := _in_the_way(reading):
                self._wait(Outcome.DEFERRED, None)
                await begun.end(Ended(outcome=Outcome.DEFERRED, error=reason))
                return
            watts = await self._order(kind, order, begun.run)
        except GatewayError as error:
            outcome = outcome_of(error)
            self._wait(outcome, error)
            log.warning("%s: no charge was ordered: %s", order.rule, error)
            await begun.end(Ended(outcome=outcome, error=str(error)))
            return
        self._failed = 0
        self.standing = Ordered(order, watts, begun.run.number, begun.started, begun)
        self._ordered(self.standing)
        log.info("%s: ordered a charge of %.0f W for %d s", order.rule, watts, self.seconds)

    async def _renew(self, kind: PowerSetpoint, standing: Ordered) -> None:
        """Look at the meters, and order it again where it is time."""
        if self._monotonic() < standing.renew_at:
            return
        steps: Steps = standing.act.run if standing.act else Unrecorded(self._recorder)
        try:
            reading = await self._look(steps)
            await self._saw(standing, reading)
            if reason := _in_the_way(reading):
                await self._give_up(standing, Outcome.DEFERRED, reason)
                return
            await self._order(kind, standing.order, steps)
        except GatewayError as error:
            log.warning("%s: the charge was not renewed: %s", standing.order.rule, error)
            if self._lapsed(standing) or not self._gateway.limits.set_points:
                self._wait(outcome_of(error), error)
                await self._give_up(standing, outcome_of(error), str(error))
            return
        standing.renewed += 1
        self._ordered(standing)

    async def _order(self, kind: PowerSetpoint, order: Order, steps: Steps) -> float:
        watts = None if isinstance(order.charge, str) else order.charge
        return await kind.charge_with(steps, watts, self.seconds)

    def _ordered(self, standing: Ordered) -> None:
        standing.renew_at = self._monotonic() + 0.9 * self._pulse
        standing.until = self._recorder.now() + timedelta(seconds=self.seconds)

    def _lapsed(self, standing: Ordered) -> bool:
        return standing.until is None or self._recorder.now() >= standing.until

    async def _look(self, steps: Steps) -> Reading:
        return await self._known.reading(steps, spend=Spend.FREE, want=_LOOKED_AT)

    async def _saw(self, standing: Ordered, reading: Reading) -> None:
        """Keep what the meters show; the run ends with it."""
        standing.effect = effect_of(standing.watts, reading)
        battery = reading.powers.battery if reading.powers else None
        standing.seen = {
            "effect": standing.effect,
            "battery_watts": battery,
            "charge_percent": None if reading.charge is None else round(reading.charge, 1),
        }
        if standing.effect == "seen":
            await self._close(standing, Outcome.CONFIRMED, None)
        elif standing.renewed >= PULSES:
            note = "the meters do not show it"
            if standing.act is not None:
                log.warning(
                    "%s: a charge of %.0f W was ordered, and %s (battery %s W)",
                    standing.order.rule,
                    standing.watts,
                    note,
                    battery,
                )
            await self._close(standing, Outcome.UNCONFIRMED, note)

    async def _close(self, standing: Ordered, outcome: Outcome, note: str | None) -> None:
        if standing.act is None:
            return
        ended, standing.act = standing.act, None
        if standing.seen:
            await ended.run.evidence("effect", standing.seen)
        await ended.end(Ended(outcome=outcome, note=note, more={"watts": standing.watts}))

    async def _give_up(self, standing: Ordered, outcome: Outcome, why: str) -> None:
        """The order is left to its end."""
        self.standing = None
        await self._close(standing, outcome, why)

    async def _release(self, *, replaced: bool, wake: Wake) -> None:
        """The rule does not hold any more. One order replaces another without a release."""
        standing, self.standing = self.standing, None
        assert standing is not None
        await self._close(standing, Outcome.SUPERSEDED, "the rule ended before it was seen")
        kind = ability(self._gateway, PowerSetpoint)  # type: ignore[type-abstract]
        if replaced or kind is None or self._lapsed(standing):
            return
        intent = self._intent(standing.order, wake, released=True)
        begun = await act.begin(self._recorder, self._known, intent)
        ended = Ended(outcome=Outcome.COMPLETED, more={"renewed": standing.renewed})
        try:
            await kind.resume(begun.run)
        except GatewayError as error:
            log.warning("the charge was not ended, and ends by itself: %s", error)
            ended = Ended(outcome=outcome_of(error), error=str(error), note="it ends by itself")
        await begun.end(ended)

    def _intent(self, order: Order, wake: Wake, *, released: bool = False) -> Intent:
        asked: dict[str, Json] = {"released": True} if released else {"seconds": self.seconds}
        return Intent(
            kind="charge",
            name=order.rule,
            wake=wake,
            gateway=self._gateway.name,
            more={"charge": order.charge, **asked},
        )

    def _wait(self, outcome: Outcome, error: GatewayError | None) -> None:
        self._failed += 1
        wait = wait_after(outcome, error, attempt=self._failed, plain=_RETRY)
        self._not_before = self._monotonic() + wait


def _in_the_way(reading: Reading) -> str | None:
    """Why no charge is ordered now."""
    if reading.grid is False:
        return "the house is off the grid"
    return "a firmware update is under way" if reading.updating else None
