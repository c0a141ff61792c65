"""What a gateway may cost: reads an hour, calls and dollars a month, logins a day, counted on the
disk so that a restart does not forget them.

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

from scheduler import clock, files
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
_WORDS: Final = {
    "reads": "reads an hour",
    "calls": "calls a month",
    "logins": "logins a day",
    "dollars": "dollars a month",
}
_MILLS: Final = 1000
"""Dollars are counted in thousandths, in whole numbers."""

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
    dollars: float | None = None
    """A month (UTC); what a call costs is told by `price`."""
    price: Callable[[Step], int] = lambda step: 0
    """Thousandths of a dollar that a request cost."""
    kept: float = 0.2
    """The share of each that is kept for what the plan needs."""

    def of(self, name: str) -> int | None:
        """The figure of that name, as it is counted."""
        found: float | None = getattr(self, name)
        if found is None:
            return None
        return round(found * _MILLS) if name == "dollars" else int(found)


@dataclass(slots=True)
class Ledger:
    """What was spent, each within its own stretch of time."""

    stretches: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def spent(self, name: str, now: datetime) -> int:
        """Within the present stretch."""
        same = self.stretches.get(name) == _stretch(name, now)
        return self.counts.get(name, 0) if same else 0

    def add(self, name: str, now: datetime, much: int = 1) -> None:
        """So much more."""
        self.counts[name] = self.spent(name, now) + much
        self.stretches[name] = _stretch(name, now)


def _stretch(name: str, now: datetime) -> str:
    utc = now.astimezone(UTC)
    return utc.strftime({"reads": "%Y-%m-%dT%H", "logins": "%Y-%m-%d"}.get(name, "%Y-%m"))


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
        self._last: Ledger | None = None
        """As it was last saved; the state is shown without reading a file."""

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

    @property
    def budget(self) -> dict[str, Any]:
        """As the state shows it: each limited figure, what is left of it, and until when."""
        now, ledger = self._now(), self._last or self._ledger()
        return {
            name: {
                "of": self._shown(name, self._budget.of(name) or 0),
                "left": self._shown(name, left),
                "until": clock.iso(_next_stretch(name, now)),
            }
            for name, left in self._left(ledger).items()
        }

    def left(self) -> dict[str, float]:
        """What is left of each figure that is limited, by its name."""
        return {name: self._shown(name, left) for name, left in self._left(self._ledger()).items()}

    def _left(self, ledger: Ledger) -> dict[str, int]:
        """As it is counted."""
        now = self._now()
        figures = {name: self._budget.of(name) for name in _WORDS}
        return {
            name: max(0, most - ledger.spent(name, now))
            for name, most in figures.items()
            if most is not None
        }

    def _shown(self, name: str, figure: int) -> float:
        return figure / _MILLS if name == "dollars" else figure

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = SETTING_ONLY
    ) -> Reading:
        """A read that the plan does not need is had where more than the kept share is left."""
        short = self._short(("reads", "calls", "dollars"), kept=self._budget.kept)
        if short and spend is Spend.FREE:
            return Reading(at=self._now())
        if short and spend is Spend.SPARE:
            # What costs nothing is done all the same: a sign-in must not age out meanwhile.
            return await self.inner.read(_Counted(steps, self._count), spend=Spend.FREE, want=want)
        self._check("reads", "calls", "dollars")
        ledger = self._ledger()
        ledger.add("reads", self._now())
        self._save(ledger)
        return await self.inner.read(_Counted(steps, self._count), spend=spend, want=want)

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        """A write, where a call is left."""
        self._check("calls", "dollars")
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
            self._check("calls", "dollars")
            work: Awaitable[Any] = found(_Counted(steps, self._count), *more)
            return await work

        return counted if callable(found) else found

    def _short(self, names: tuple[str, ...], *, kept: float = 0.0) -> str | None:
        """The first figure of which no more than the kept share is left."""
        left = self._left(self._ledger())
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
            f"{self.name}: the budget of {self._of(short)} {_WORDS[short]} is used up, so "
            f"nothing was sent. It begins anew at {end:%Y-%m-%d %H:%M} UTC; raise it where the "
            "gateway allows more.",
            retry_after=(end - self._now()).total_seconds(),
            delivered="no",
        )

    def _of(self, name: str) -> str:
        return f"{self._shown(name, self._budget.of(name) or 0):g}"

    def _count(self, step: Step) -> None:
        ledger = self._ledger()
        ledger.add("calls", self._now())
        ledger.add("dollars", self._now(), self._budget.price(step))
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
        self._last = ledger
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
