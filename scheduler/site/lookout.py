"""Looks that the plan does not need: whether the battery runs, what is in the way, and whether
somebody else changed the setting.

They leave no entry; what they find is acted on by a run of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from scheduler.audit.recorder import Recorder, Unrecorded
from scheduler.errors import GatewayError, GatewayIdentityError
from scheduler.gateway.base import Gateway, Part, Reading, Spend
from scheduler.setting import HOLD
from scheduler.site.debt import Debt
from scheduler.site.drift import DriftWatch
from scheduler.site.known import Known
from scheduler.site.meters import METERS
from scheduler.site.wish import Wish
from scheduler.words import Wake

# What changes without us in seconds is looked at by each pulse, a request each; the rest once in
# so many seconds, or by each pulse while something is odd.
_EACH: Final = frozenset({Part.SETTING, Part.RUNNING})
_WHOLE: Final = _EACH | {Part.HEALTH}
_WHOLE_EVERY: Final = 55.0


class Lookout:
    """Watches one gateway between the attempts."""

    def __init__(
        self,
        gateway: Gateway,
        recorder: Recorder,
        debt: Debt,
        drift: DriftWatch,
        *,
        known: Known,
        monotonic: Callable[[], float],
    ) -> None:
        self.wants_meters: Callable[[], bool] = lambda: False
        """Whether somebody waits for the meters."""
        self.excused: Callable[[], bool] = lambda: False
        """Whether a guard holds, which may change the setting by itself."""
        self._gateway, self._known, self._debt, self._drift = gateway, known, debt, drift
        self._recorder, self._monotonic = recorder, monotonic
        self._steps = Unrecorded(recorder)
        self._at: float | None = None
        self._whole_at: float | None = None
        self._odd = False

    async def drifted(self, wish: Wish, wake: Wake) -> bool:
        """Whether another setting is shown than the one in force, and is to be put right now."""
        seen = await self.look(wake)
        return seen is not None and await self._differs(wish, seen)

    async def look(self, wake: Wake) -> Reading | None:
        """What is seen, where it is time for a look. A battery that is seen standing still is
        brought back."""
        limits, at = self._gateway.limits, self._monotonic()
        if not limits.free_reads and self._at is None:
            self._at = at  # the first attempt was a look, and was paid for
        soon = self._at is not None and at - self._at < limits.read_every
        if soon or not (limits.free_reads or limits.read_every):
            return None
        self._at = at
        try:
            seen = await self._look(self._parts(at))
            if seen.running is False and not self._odd:
                seen = await self._look(_WHOLE)
        except GatewayError:
            self._odd = True
            return None
        if seen.running is False and not seen.updating:
            self._debt.find("the battery was seen standing still")
            await self._debt.paid(wake)
        return seen

    async def still_a_stranger(self, wish: Wish) -> bool:
        """Whether the certificate is still another one, where it was: seen without an attempt."""
        if wish.last is None or not isinstance(wish.last.error, GatewayIdentityError):
            return False
        try:
            await self._look(_EACH)
        except GatewayError as error:
            return isinstance(error, GatewayIdentityError)
        return False

    def _parts(self, at: float) -> frozenset[Part]:
        stale = self._whole_at is None or at - self._whole_at >= _WHOLE_EVERY
        want = _WHOLE if stale or self._odd else _EACH
        metered = self.wants_meters() or self._known.meters.due(self._recorder.now())
        return want | METERS if metered else want

    async def _look(self, want: frozenset[Part]) -> Reading:
        spend = Spend.FREE if self._gateway.limits.free_reads else Spend.SPARE
        seen = await self._known.reading(self._steps, spend=spend, want=want)
        if Part.HEALTH in want:
            self._whole_at = self._monotonic()
            away = seen.grid is False or bool(seen.updating) or bool(seen.in_the_way)
            self._odd = seen.running is False or away
        return seen

    async def _differs(self, wish: Wish, seen: Reading) -> bool:
        shown = seen.setting
        if not wish.done or shown is None or wish.setting.reserve == HOLD:
            return False
        if not shown.differing(wish.setting, self._gateway.limits.reserve_tolerance):
            if self._drift.open:
                await self._drift.ended("it was changed back", at=seen.at)
                self._known.prove(wish.desired.rule, wish.setting, seen.at, wish.number)
                wish.lacking_since = None
            return False
        if self.excused():
            return False
        if self._known.proven is not None:
            await self._drift.saw(shown, self._known.proven, at=seen.at)
            self._known.doubt()
        wish.lacking_since = wish.lacking_since or seen.at
        return self._drift.reasserts(seen.at)
