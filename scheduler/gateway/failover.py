"""Several gateways to one battery, in an order of preference: one acts at a time.

It changes between transactions and never within one: a way that wrote is read back by the same
way until that is confirmed or given up, and another one reads before anything is decided for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from scheduler.errors import (
    Delivered,
    GatewayError,
    GatewayIdentityError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.abilities import SoftRestart, ability
from scheduler.gateway.base import (
    SETTING_ONLY,
    Gateway,
    Limits,
    Part,
    Reading,
    Receipt,
    Spend,
    Steps,
)
from scheduler.setting import Setting

# Seconds until a way that failed is looked at again: at first, and at most.
LOOK_AGAIN: Final = 300.0
SELDOM: Final = 3600.0
IN_VAIN: Final = 2
"""Writes of one setting by one way that were never read back before the next way is taken."""
_SLACK: Final = 1.0

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Way:
    """One gateway, and why it is not asked at present."""

    gateway: Gateway
    error: str | None = None
    again: float = 0.0
    """Monotonic seconds from which it is looked at again."""
    wait: float = LOOK_AGAIN

    def fell(self, why: str, at: float, asked: float = 0.0) -> None:
        """It failed."""
        if self.error is None:
            logger.warning("%s does not serve for now: %s", self.gateway.name, why)
        self.error, self.again = why, at + max(self.wait, asked)
        self.wait = min(2 * self.wait, SELDOM)

    def stands(self) -> None:
        """It served."""
        self.error, self.again, self.wait = None, 0.0, LOOK_AGAIN


@dataclass(slots=True)
class _Sent:
    """What was written and not yet read back equal."""

    setting: Setting
    until: float
    """Monotonic seconds until which it is read back by the way that wrote it."""
    count: int = 1


class Failover:
    """A gateway made of gateways; see `base.Gateway`."""

    def __init__(self, gateways: Sequence[Gateway], *, monotonic: Callable[[], float]) -> None:
        self._ways = tuple(_Way(gateway) for gateway in gateways)
        self._acting = self._ways[0]
        self._looked = False
        self._sent: _Sent | None = None
        self._monotonic = monotonic
        self._turn = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<Failover {self.name}>"

    @property
    def name(self) -> str:
        """Those of all, in their order: what is in force is the same whoever shows it."""
        return ", else ".join(way.gateway.name for way in self._ways)

    @property
    def inside(self) -> tuple[Gateway, ...]:
        """The gateways, the one that acts first."""
        others = (way.gateway for way in self._ways if way is not self._acting)
        return (self._acting.gateway, *others)

    @property
    def ways(self) -> tuple[dict[str, Any], ...]:
        """Each gateway in the order of preference: whether it acts, and why it does not serve."""
        return tuple(
            {"name": way.gateway.name, "acting": way is self._acting, "error": way.error}
            for way in self._ways
        )

    @property
    def simulated(self) -> bool:
        """Whether nothing real stands behind any."""
        return all(way.gateway.simulated for way in self._ways)

    @property
    def limits(self) -> Limits:
        """Those of the one that acts. A pulse may look where any can be looked at for nothing: so
        the preferred one is seen to be back."""
        free = any(way.gateway.limits.free_reads for way in self._ways)
        return replace(self._acting.gateway.limits, free_reads=free)

    @property
    def unsafe(self) -> str | None:
        """The first that owes something."""
        return next((why for way in self._ways if (why := way.gateway.unsafe)), None)

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = SETTING_ONLY
    ) -> Reading:
        """By the first that serves; while a write waits to be read back by the one that wrote."""
        async with self._turn:
            if self._sent and self._monotonic() < self._sent.until:
                reading = await self._acting.gateway.read(steps, spend=spend, want=want)
                self._seen(reading)
                return reading
            return await self._first(steps, spend, want)

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        """By the one that was read last. Where it fails the next attempt goes by another, after
        a look of its own."""
        return await self._send(setting, before, steps, restarting=False)

    async def write_restarting(
        self, steps: Steps, setting: Setting, before: Reading | None
    ) -> Receipt:
        """As `write`, with a restart where the one that acts can do that: its last rung, before
        another is taken."""
        return await self._send(setting, before, steps, restarting=True)

    async def _send(
        self, setting: Setting, before: Reading | None, steps: Steps, *, restarting: bool
    ) -> Receipt:
        async with self._turn:
            if self._acting.error is not None or not self._looked:
                before = await self._first(steps, Spend.DUE, SETTING_ONLY)
            way, count = self._acting, self._tried(setting)
            restart = ability(way.gateway, SoftRestart) if restarting else None  # type: ignore[type-abstract]
            if count >= IN_VAIN and restart is None and self._next() is not None:
                self._sent = None
                why = f"{way.gateway.name} took the setting {count} times, and never showed it."
                way.fell(why, self._monotonic())
                raise self._elsewhere(why, "no")
            try:
                if restart is None:
                    receipt = await way.gateway.write(setting, before, steps)
                else:
                    receipt = await restart.write_restarting(steps, setting, before)
            except GatewayError as error:
                self._sent = None
                way.fell(str(error), self._monotonic(), error.retry_after or 0.0)
                if self._next() is None:
                    raise
                raise self._elsewhere(str(error), error.delivered) from None
            until = self._monotonic() + way.gateway.limits.confirm_within + _SLACK
            self._sent = _Sent(setting, until, count + 1)
        if restarting and restart is None:
            receipt = replace(receipt, note=f"without a restart: {way.gateway.name} has none")
        return replace(receipt, by=way.gateway.name)

    async def make_safe(self, steps: Steps) -> None:
        """Each that owes it. One that does not act and cannot be reached keeps nobody from
        acting: it is tried again before each act."""
        for way in self._ways:
            if not way.gateway.unsafe:
                continue
            try:
                await way.gateway.make_safe(steps)
            except GatewayError as error:
                if way is self._acting and self._next() is None:
                    raise
                way.fell(str(error), self._monotonic())

    async def close(self) -> None:
        """Close them all."""
        for way in self._ways:
            await way.gateway.close()

    def __getattr__(self, name: str) -> Any:
        """An ability of the one that acts, else of the first that has it. None where each that
        has it knows nothing yet, such as a clock before the first answer."""
        if name.startswith("_"):
            raise AttributeError(name)
        able = [each for each in self.inside if hasattr(each, name)]
        if not able:
            raise AttributeError(name)
        told = (getattr(each, name) for each in able)
        return next((found for found in told if found is not None), None)

    def _tried(self, setting: Setting) -> int:
        """How often this very setting was sent by the one that acts and never read back."""
        return self._sent.count if self._sent and self._sent.setting == setting else 0

    def _next(self) -> _Way | None:
        """The first that may be asked, beside the one that acts."""
        return next((way for way in self._well() if way is not self._acting), None)

    def _well(self) -> Iterator[_Way]:
        at = self._monotonic()
        return (way for way in self._ways if way.error is None or at >= way.again)

    def _elsewhere(self, why: str, delivered: Delivered) -> GatewayUnreachableError:
        other = self._next()
        assert other is not None
        return GatewayUnreachableError(
            f"{why} The next attempt goes by {other.gateway.name}, after a look.",
            delivered=delivered,
        )

    async def _first(self, steps: Steps, spend: Spend, want: frozenset[Part]) -> Reading:
        """The reading of the first that serves and can write; it acts from now on. Else that of
        the first which can only be read."""
        readable: Reading | None = None
        errors: list[GatewayError] = []
        for way in self._order(spend):
            try:
                reading = await way.gateway.read(steps, spend=spend, want=want)
                self._judge(way, reading, spend, want)
            except GatewayError as error:
                errors.append(error)
                way.fell(str(error), self._monotonic(), error.retry_after or 0.0)
                continue
            if way.error is not None and spend is Spend.FREE and reading.setting is None:
                readable = readable or reading  # it was not asked, so it is not known to be back
                continue
            if not way.gateway.limits.can_write:
                readable = readable or reading
                way.fell(way.gateway.limits.why_not or "cannot be written to", self._monotonic())
                continue
            self._take(way, reading)
            return reading
        if readable is not None:
            return readable
        raise _all_of(errors)

    def _order(self, spend: Spend) -> list[_Way]:
        """Those that may be asked, the preferred first; where the plan needs it, the others too."""
        well = list(self._well())
        if spend is Spend.FREE:
            return well or [self._acting]
        return [*well, *(way for way in self._ways if way not in well)]

    def _judge(self, way: _Way, reading: Reading, spend: Spend, want: frozenset[Part]) -> None:
        """Raises GatewayUnreachableError for a way that answers, but knows nothing of the
        battery."""
        shown = reading.setting
        blind = shown is None or (shown.mode is None and shown.reserve is None)
        if spend is Spend.DUE and Part.SETTING in want and blind:
            raise GatewayUnreachableError(
                f"{way.gateway.name} answers, but cannot show the setting.", delivered="no"
            )

    def _take(self, way: _Way, reading: Reading) -> None:
        self._looked = True
        if way is not self._acting:
            logger.warning("%s acts from now on", way.gateway.name)
            self._acting, self._sent = way, None
        if way.error is not None and reading.setting is not None:
            logger.info("%s serves again", way.gateway.name)
            way.stands()
        self._seen(reading)

    def _seen(self, reading: Reading) -> None:
        sent, tolerance = self._sent, self._acting.gateway.limits.reserve_tolerance
        if sent and reading.setting and reading.setting.shows(sent.setting, tolerance):
            self._sent = None


def _all_of(errors: list[GatewayError]) -> GatewayError:
    """What to say where none serves: tried again, if only one of them may come back by itself."""
    kinds = (GatewayRefusedError, GatewayIdentityError)
    chosen = next((each for each in errors if not isinstance(each, kinds)), errors[0])
    chosen.args = (" ".join(dict.fromkeys(str(each) for each in errors)),)
    waits = [each.retry_after for each in errors if each.retry_after]
    chosen.retry_after = min(waits) if len(waits) == len(errors) else None
    chosen.delivered = "no"
    return chosen
