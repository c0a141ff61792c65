"""One attempt to make a setting true: observe, compare, write, confirm, record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scheduler import clock
from scheduler.errors import (
    AuditError,
    GatewayBusyError,
    GatewayError,
    GatewayIdentityError,
    GatewayRefusedError,
    NotConfirmedError,
)
from scheduler.gateway.base import LocalRest as Gateway
from scheduler.gateway.base import Observed
from scheduler.setting import HOLD, Setting
from scheduler.site.recorder import Run
from scheduler.words import Outcome

# The gateway applies a local write at once; the read-back is asked again for this long before the
# attempt counts as unconfirmed; reports of 2019 saw the effect in under a minute.
CONFIRM_SECONDS = 30.0
_CONFIRM_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended."""

    outcome: Outcome
    setting: Setting
    """The setting wanted, a hold resolved where the charge could be read."""
    observed: Observed | None = None
    error: GatewayError | None = None
    retry_after: float | None = None
    """Seconds the gateway asked for, where it did."""
    note: str | None = None
    wrote: bool = False
    """A write was begun, so that the setting in force is known only if this is confirmed."""

    def detail(self) -> Mapping[str, Any]:
        """What the outcome entry keeps."""
        return {
            "wanted": describe(self.setting),
            "observed": observed_detail(self.observed),
            "error": str(self.error) if self.error else None,
            **({"note": self.note} if self.note else {}),
        }


def describe(setting: Setting) -> dict[str, Any]:
    """A setting as the audit and the JSON views show it; a hold has no percentage yet."""
    if isinstance(setting.reserve, str):
        return {"mode": setting.mode.value, "reserve_percent": None, "hold": True}
    return {"mode": setting.mode.value, "reserve_percent": setting.reserve}


def observed_detail(observed: Observed | None) -> dict[str, Any] | None:
    """What was read, on both scales."""
    if observed is None:
        return None
    return {
        "mode": observed.mode,
        "reserve_percent": round(observed.reserve, 2),
        "raw_reserve": observed.raw_reserve,
    }


@dataclass(frozen=True, slots=True)
class Switch:
    """What an attempt needs to know beside the setting."""

    gateway: Gateway
    still_wanted: Callable[[], bool]
    """False once a newer wish has replaced this one, or the service stops."""
    known_in_force: bool
    """The audit shows this very setting confirmed on this gateway, and nothing written since."""
    in_doubt: bool
    """An earlier write was not seen to its end: a reading that matches proves nothing, since a
    gateway shows a setting that was sent before it is committed."""
    dry_run: bool
    confirm_seconds: float = CONFIRM_SECONDS
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


async def attempt(setting: Setting, switch: Switch, run: Run) -> Attempt:
    """Make a setting true once. Gateway errors become outcomes; audit errors are raised."""
    resolved, wrote = setting, False
    try:
        if switch.gateway.owes_restart and not switch.dry_run:
            await switch.gateway.restore(run)
        resolved = await _resolve_hold(setting, switch, run)
        observed = await _look(switch, run)
        if observed is None and switch.known_in_force:
            note = "confirmed earlier, and there is no session to look again without a login"
            return Attempt(Outcome.UNCHANGED, resolved, note=note)
        if _in_force(observed, resolved) and not switch.in_doubt:
            return Attempt(Outcome.UNCHANGED, resolved, observed)
        if switch.dry_run:
            return Attempt(Outcome.DRY_RUN, resolved, observed)
        if not switch.still_wanted():
            return Attempt(Outcome.SUPERSEDED, resolved, observed)
        wrote = True
        return await _write(resolved, switch, run)
    except AuditError:
        raise
    except GatewayError as error:
        wait = error.retry_after if isinstance(error, GatewayBusyError) else None
        return Attempt(outcome_of(error), resolved, error=error, retry_after=wait, wrote=wrote)


def outcome_of(error: GatewayError) -> Outcome:
    """What an error means for a run in which nothing was confirmed."""
    refused = isinstance(error, GatewayRefusedError | GatewayIdentityError)
    return Outcome.REFUSED if refused else Outcome.UNREACHABLE


def _in_force(observed: Observed | None, setting: Setting) -> bool:
    return observed is not None and setting.reserve != HOLD and observed.matches(setting)


async def _look(switch: Switch, run: Run) -> Observed | None:
    """What is in force; a login only where the answer decides about a write."""
    login = not (switch.known_in_force or switch.dry_run)
    return await switch.gateway.observe(run, login=login)


async def _resolve_hold(setting: Setting, switch: Switch, run: Run) -> Setting:
    """A hold becomes the present charge, rounded down: a reserve above the charge would make the
    battery charge from the grid."""
    if setting.reserve != HOLD or switch.dry_run:
        return setting
    charge = await switch.gateway.charge(run)
    return replace(setting, reserve=float(max(0, min(100, int(charge)))))


async def _write(setting: Setting, switch: Switch, run: Run) -> Attempt:
    """Write and confirm. From here on an error means that the effect is not known."""
    await switch.gateway.write(setting, run)
    deadline = clock.monotonic() + switch.confirm_seconds
    observed: Observed | None = None
    error: GatewayError | None = None
    for number in range(10_000):
        try:
            observed, error = await switch.gateway.observe(run), None
        except AuditError:
            raise
        except GatewayError as caught:
            error = caught
        if observed is not None and error is None and observed.matches(setting):
            return Attempt(Outcome.CONFIRMED, setting, observed, wrote=True)
        if not switch.still_wanted():
            return Attempt(Outcome.SUPERSEDED, setting, observed, error, wrote=True)
        if clock.monotonic() >= deadline:
            break
        await switch.sleep(_CONFIRM_PAUSES[min(number, len(_CONFIRM_PAUSES) - 1)])
    problem = _not_confirmed(observed, error)
    return Attempt(Outcome.UNCONFIRMED, setting, observed, problem, wrote=True)


def _not_confirmed(observed: Observed | None, error: GatewayError | None) -> NotConfirmedError:
    if error is not None:
        return NotConfirmedError(f"The write was accepted, but it cannot be read back: {error}")
    seen = f"{observed.mode}, {observed.reserve:.0f} %" if observed else "nothing"
    return NotConfirmedError(f"The write was accepted, but the gateway shows {seen}.")
