"""Looks that cost nothing: whether the battery runs, and whether somebody else changed the setting.

They leave no entry; what they find is acted on by a run of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from scheduler.audit.recorder import Recorder, Unrecorded
from scheduler.errors import GatewayError, GatewayIdentityError
from scheduler.gateway.base import Gateway, Part, Reading, Spend
from scheduler.setting import HOLD
from scheduler.site.debt import Debt
from scheduler.site.known import Known
from scheduler.site.wish import Wish
from scheduler.words import Wake

log = logging.getLogger(__name__)

_WATCHED: Final = frozenset({Part.SETTING, Part.HEALTH})


class Lookout:
    """Watches one gateway between the attempts."""

    def __init__(
        self,
        gateway: Gateway,
        recorder: Recorder,
        known: Known,
        debt: Debt,
        monotonic: Callable[[], float],
    ) -> None:
        self._gateway, self._known, self._debt = gateway, known, debt
        self._monotonic = monotonic
        self._steps = Unrecorded(recorder)
        self._at: float | None = None

    async def drifted(self, wish: Wish, wake: Wake) -> bool:
        """Whether another setting is shown than the one in force."""
        seen = await self.look(wake)
        return seen is not None and self._differs(wish, seen)

    async def look(self, wake: Wake) -> Reading | None:
        """What is seen, where it is time for a look. A battery that is seen standing still is
        brought back."""
        limits, at = self._gateway.limits, self._monotonic()
        soon = self._at is not None and at - self._at < limits.read_every
        if not limits.free_reads or soon:
            return None
        self._at = at
        try:
            seen = await self._look()
        except GatewayError:
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
            await self._look()
        except GatewayError as error:
            return isinstance(error, GatewayIdentityError)
        return False

    async def _look(self) -> Reading:
        return await self._known.reading(self._steps, spend=Spend.FREE, want=_WATCHED)

    def _differs(self, wish: Wish, seen: Reading) -> bool:
        shown = seen.setting
        if not wish.done or shown is None or wish.setting.reserve == HOLD:
            return False
        if not shown.differing(wish.setting, self._gateway.limits.reserve_tolerance):
            return False
        told = "the gateway shows %s, which nobody here wrote; %s is wanted"
        log.warning(told, shown.words(), wish.setting.words())
        self._known.foreign = (seen.at, shown)
        self._known.doubt()
        wish.lacking_since = wish.lacking_since or seen.at
        return True
