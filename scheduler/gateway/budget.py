"""What a gateway may cost: reads an hour, calls a month, logins a day, counted on the disk so that
a restart does not forget them.

Stands around any transport and knows none. A share of each is kept for what the plan needs, so
that looking about never uses up what a write and its confirmation take.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from scheduler import files
from scheduler.errors import BudgetSpentError
from scheduler.gateway.base import (
    SETTING_ONLY,
    Gateway,
    Limits,
    Part,
    Reading,
    Receipt,
    Spend,
    Step,
    Steps,
)
from scheduler.setting import Setting

_LARGEST: Final = 10_000
_WORDS: Final = {"reads": "reads an hour", "calls": "calls a month", "logins": "logins a day"}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Budget:
    """None: not limited."""

    reads: int | None = None
    """An hour."""
    calls: int | None = None
    """A month (UTC)."""
    logins: int | None = None
    """A day (UTC)."""
    kept: float = 0.2
    """The share of each that is kept for what the plan needs."""

    def of(self, name: str) -> int | None:
        """The figure of that name."""
        found: int | None = getattr(self, name)
        return found


@dataclass(slots=True)
class Ledger:
    """What was spent, each within its own stretch of time."""

    stretches: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def spent(self, name: str, now: datetime) -> int:
        """Within the present stretch."""
        same = self.stretches.get(name) == _stretch(name, now)
        return self.counts.get(name, 0) if same else 0

    def add(self, name: str, now: datetime) -> None:
        """One more."""
        self.counts[name] = self.spent(name, now) + 1
        self.stretches[name] = _stretch(name, now)


def _stretch(name: str, now: datetime) -> str:
    utc = now.astimezone(UTC)
    return utc.strftime({"reads": "%Y-%m-%dT%H", "calls": "%Y-%m", "logins": "%Y-%m-%d"}[name])


def _next_stretch(name: str, now: datetime) -> datetime:
    utc = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if name == "reads":
        return utc + timedelta(hours=1)
    day = utc.replace(hour=0)
    return day + timedelta(days=1) if name == "logins" else _first_of_next_month(day)


def _first_of_next_month(day: datetime) -> datetime:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


class Budgeted:
    """A gateway within its budget; see `base.Gateway`.

    Raises BudgetSpentError before anything is sent. What the gateway can do beside settings is
    had by `base.ability`, and is counted as well.
    """

    def __init__(
        self, inner: Gateway, budget: Budget, path: Path, *, now: Callable[[], datetime]
    ) -> None:
        self.inner = inner
        self._budget, self._path, self._now = budget, path, now

    @property
    def name(self) -> str:
        """That of the gateway."""
        return self.inner.name

    @property
    def simulated(self) -> bool:
        """As the gateway."""
        return self.inner.simulated

    @property
    def limits(self) -> Limits:
        """Those of the gateway; looking about is not free."""
        return replace(self.inner.limits, free_reads=False)

    @property
    def unsafe(self) -> str | None:
        """As the gateway."""
        return self.inner.unsafe

    def left(self) -> dict[str, int]:
        """What is left of each figure that is limited, by its name."""
        ledger, now = self._ledger(), self._now()
        figures = {name: self._budget.of(name) for name in _WORDS}
        return {
            name: max(0, most - ledger.spent(name, now))
            for name, most in figures.items()
            if most is not None
        }

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = SETTING_ONLY
    ) -> Reading:
        """A free read where more than the kept share is left, else one that shows nothing."""
        if spend is Spend.FREE and self._short(("reads", "calls"), kept=self._budget.kept):
            return Reading(at=self._now())
        self._check("reads", "calls")
        ledger = self._ledger()
        ledger.add("reads", self._now())
        self._save(ledger)
        return await self.inner.read(_Counted(steps, self._count), spend=spend, want=want)

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        """A write, where a call is left."""
        self._check("calls")
        return await self.inner.write(setting, before, _Counted(steps, self._count))

    async def make_safe(self, steps: Steps) -> None:
        """Never held up by a budget: a battery may be standing still."""
        await self.inner.make_safe(_Counted(steps, self._count))

    async def close(self) -> None:
        """Close the gateway."""
        await self.inner.close()

    def __getattr__(self, name: str) -> Any:
        """An ability of the gateway's, counted."""
        if name in ("inner", "inside"):
            raise AttributeError(name)
        found = getattr(self.inner, name)

        async def counted(steps: Steps, *more: Any) -> Any:
            self._check("calls")
            work: Awaitable[Any] = found(_Counted(steps, self._count), *more)
            return await work

        return counted if callable(found) else found

    def _short(self, names: tuple[str, ...], *, kept: float = 0.0) -> str | None:
        """The first figure of which no more than the kept share is left."""
        left = self.left()
        for name in names:
            most = self._budget.of(name)
            if most is not None and left[name] <= most * kept:
                return name
        return None

    def _check(self, *names: str) -> None:
        """Raises BudgetSpentError. Logins cannot be told beforehand, so any act may need one."""
        short = self._short((*names, "logins"))
        if short is None:
            return
        end = _next_stretch(short, self._now())
        raise BudgetSpentError(
            f"{self.name}: the budget of {self._budget.of(short)} {_WORDS[short]} is used up, so "
            f"nothing was sent. It begins anew at {end:%Y-%m-%d %H:%M} UTC; raise it where the "
            "gateway allows more.",
            retry_after=(end - self._now()).total_seconds(),
            delivered="no",
        )

    def _count(self, step: Step) -> None:
        ledger = self._ledger()
        ledger.add("calls", self._now())
        if step.step == "login":
            ledger.add("logins", self._now())
        self._save(ledger)

    def _ledger(self) -> Ledger:
        """As it stands on the disk, where another process may have counted too."""
        try:
            data = json.loads(files.read_private(self._path, _LARGEST))
            counts = {name: int(data["counts"][name]) for name in _WORDS if name in data["counts"]}
            return Ledger({name: str(data["stretches"][name]) for name in counts}, counts)
        except FileNotFoundError:
            return Ledger()
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            logger.warning("%s: is not a budget's file; it is counted from nothing.", self._path)
            return Ledger()

    def _save(self, ledger: Ledger) -> None:
        data = {"stretches": ledger.stretches, "counts": ledger.counts}
        try:
            files.replace_private(self._path, json.dumps(data).encode())
        except OSError as error:
            raise BudgetSpentError(
                f"{self._path}: cannot be written ({error.strerror}), so nothing more is sent: "
                "nobody would know what was spent. Make its directory writable, or free space.",
                retry_after=60.0,
            ) from None


class _Counted:
    """Steps that are counted before they are told on."""

    def __init__(self, steps: Steps, count: Callable[[Step], None]) -> None:
        self._steps, self._count = steps, count

    async def ended(self, step: Step) -> None:
        """Count a request that went out, and tell it on."""
        await self._steps.ended(step)
        self._count(step)

    async def settled(self) -> None:
        """As the steps."""
        await self._steps.settled()
