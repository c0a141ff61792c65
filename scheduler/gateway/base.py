"""What the site may ask of a gateway, whatever stands behind it: read, write, make safe.

What only some can do beside stands in `abilities.py`. App percent and watts everywhere; the wire's
scale does not leave a transport. None means "not known" or "not offered", never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from scheduler.setting import (
    RESERVE_TOLERANCE,
    Export,
    Mode,
    Setting,
    SettingRead,
)

# Float noise on the wire: 5.000019999999999 is a real body; one app percent is 0.95 raw.
RAW_TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class Step:
    """One request and how it ended; holds no body, header or secret."""

    at: datetime
    step: str
    """login, observe, write, commit, run, look, charge, grid, version, check, poll, install ..."""
    method: str
    path: str
    status: int | None
    duration_ms: float
    error: str | None = None


class Steps(Protocol):
    """Where a transport tells each step as it ends."""

    async def ended(self, step: Step) -> None:
        """Take a step. Raises AuditUnwritableError when it cannot be kept."""

    async def settled(self) -> None:
        """Awaited before a request that changes something. Raises AuditUnwritableError where an
        earlier step could not be written."""


class Spend(StrEnum):
    """What a read may cost."""

    FREE = "free"
    """Only what costs nothing: no login that stops a battery, no paid call. What is not to be had
    for nothing stays None in the reading."""
    SPARE = "spare"
    """A look about that may be paid for, at most every `read_every` and only while more than is
    kept for the plan is left; where nothing is, it is a free one."""
    DUE = "due"
    """A read that the plan needs: it may log in, and be paid for."""


class Part(StrEnum):
    """What a read is asked for; on some transports each is a call of its own."""

    SETTING = "setting"
    CHARGE = "charge"
    POWERS = "powers"
    """Powers and counters."""
    RUNNING = "running"
    """Whether the battery runs, and no more."""
    HEALTH = "health"
    """Whether the battery runs, the grid is there, an update is under way; and the firmware."""


SETTING_ONLY: frozenset[Part] = frozenset({Part.SETTING})


@dataclass(frozen=True, slots=True)
class Powers:
    """Watts at an instant. Battery: + discharging. Grid: + importing."""

    battery: float | None = None
    grid: float | None = None
    solar: float | None = None
    load: float | None = None


@dataclass(frozen=True, slots=True)
class Counters:
    """Lifetime energy in Wh; a 0 that cannot be is None."""

    grid_imported: float | None = None
    grid_exported: float | None = None
    battery_charged: float | None = None
    battery_discharged: float | None = None
    solar: float | None = None
    load: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read at an instant, each part known or not."""

    at: datetime
    setting: SettingRead | None = None
    charge: float | None = None
    """App percent."""
    powers: Powers | None = None
    counters: Counters | None = None
    running: bool | None = None
    """Whether the battery is at work (the sitemaster runs, where there is one)."""
    grid: bool | None = None
    """True: on the grid; False: islanded."""
    updating: bool | None = None
    """Whether a firmware update is being put in."""
    firmware: str | None = None
    in_the_way: tuple[str, ...] = ()
    """What the device itself says keeps a setting from having effect: storm_watch, calibrating,
    grid_services."""


@dataclass(frozen=True, slots=True)
class Reserves:
    """The reserves that a transport keeps, app percent: ranges, inclusive."""

    ranges: tuple[tuple[float, float], ...] = ((0.0, 100.0),)
    whole: bool = False
    """Only whole numbers."""

    def keeps(self, percent: float) -> bool:
        """Whether a reserve written is the reserve that will be in force."""
        inside = any(low <= percent <= high for low, high in self.ranges)
        return inside and (not self.whole or float(percent).is_integer())

    def words(self) -> str:
        """Such as `0-80 %, 100 %`."""
        return ", ".join(
            f"{low:g} %" if low == high else f"{low:g}-{high:g} %" for low, high in self.ranges
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What a gateway allows, by its transport, its firmware and what it has refused so far."""

    modes: frozenset[Mode] = frozenset(Mode)
    reserves: Reserves = Reserves()
    reserve_tolerance: float = RESERVE_TOLERANCE
    grid_charging: bool = False
    """Whether grid charging can be set."""
    exports: frozenset[Export] = frozenset()
    """The export rules that can be set; empty: not offered."""
    set_points: bool = False
    """Whether a power to charge with can be set for a time."""
    atomic: bool = True
    """Whether a setting is one write; else its parts may be in force one by one."""
    login_stops: bool = False
    """Whether a login of ours stops the battery for a moment."""
    free_reads: bool = True
    """Whether a pulse may look: nothing is paid and nothing stops."""
    confirm_after: tuple[float, ...] = (0.0, 0.1, 0.3, 1.0, 2.0)
    """Seconds after the write at which it is read back; the last step is repeated."""
    confirm_within: float = 30.0
    """Seconds after the write until which it must have been read back equal."""
    effect_within: float = 300.0
    """Seconds until the meters should show what was asked."""
    shows_pending: bool = False
    """Whether a read shows a setting that was sent but is not in force yet (not committed). Then
    after a write that was not seen to its end a reading that is equal proves nothing."""
    read_every: float = 0.0
    """Least seconds between two reads that are not needed by the plan."""
    can_write: bool = True
    why_not: str | None = None
    """Where it cannot be written: the reason and the way out, in words for the owner."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was sent: acknowledged, never "done"."""

    sent: tuple[str, ...] = ()
    """Names of the parts that were sent."""
    note: str | None = None
    by: str | None = None
    """The name of the gateway that took it, where several stand in line."""


class Gateway(Protocol):
    """One device behind one transport. Every method raises a GatewayError of `errors.py` with
    `delivered` and `retry_after`, AuditUnwritableError from its steps, and nothing of its library.
    """

    @property
    def name(self) -> str:
        """What the audit calls it, such as `local https://powerwall (1f2e3d4c)`; no secret."""

    @property
    def simulated(self) -> bool:
        """Whether a simulation stands behind it."""

    @property
    def limits(self) -> Limits:
        """What it allows as far as is known; may shrink while running."""

    @property
    def unsafe(self) -> str | None:
        """Why `make_safe` is owed, such as a login after which the battery was not yet seen
        running, in this process or an earlier one; None where nothing is."""

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = SETTING_ONLY
    ) -> Reading:
        """What the device shows now, never a cached answer. With FREE the parts that would cost
        something are None, and nothing is raised for them."""

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        """Ask for the end state (a hold resolved to a percentage); idempotent. The private steps
        (commit, sitemaster, order of commands, lock) are the transport's own. Says nothing of the
        effect: read back."""

    async def make_safe(self, steps: Steps) -> None:
        """Mend what an earlier write or login may have left behind, and nothing else; returns when
        it is seen mended. An error that is `unknown` to be delivered says that a request which may
        stop the battery itself was not answered: then it is tried ever more seldom."""

    async def close(self) -> None:
        """Close connections; what must outlive the process is on disk."""
