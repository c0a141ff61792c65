"""One attempt to make a setting true: read, compare, write. It is confirmed later, elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scheduler.audit.chain import Json
from scheduler.audit.intent import Ended
from scheduler.errors import (
    GatewayError,
    GatewayIdentityError,
    GatewayProtocolError,
    GatewayRefusedError,
)
from scheduler.gateway.abilities import SoftRestart
from scheduler.gateway.base import SETTING_ONLY, Gateway, Limits, Part, Reading, Spend, Steps
from scheduler.setting import HOLD, GridCharging, Mode, Setting, SettingRead
from scheduler.site.known import Known
from scheduler.words import Outcome

DENIED_FOR_HOLD = "denied_for_hold"
"""The audit's key for grid charging that is to be allowed again when the hold is over."""
_WITH_CHARGE = frozenset({Part.SETTING, Part.CHARGE})


@dataclass(frozen=True, slots=True)
class Attempt:
    """How far one attempt came. While it waits to be read back its outcome is `accepted`."""

    outcome: Outcome
    setting: Setting
    """The setting wanted, a hold resolved where the charge could be read."""
    observed: SettingRead | None = None
    error: GatewayError | None = None
    note: str | None = None
    wrote: bool = False
    """A write went out, so that the setting in force is known only if this is confirmed."""
    more: Mapping[str, Json] = field(default_factory=dict)
    left: SettingRead | None = None
    """Somebody else's setting that is in force, and that the schedule wants left."""

    def ended(self) -> Ended:
        """What the outcome entry keeps."""
        return Ended(
            outcome=self.outcome,
            wanted=self.setting,
            observed=self.observed,
            error=str(self.error) if self.error else None,
            note=self.note,
            more=self.more,
        )

    def detail(self) -> dict[str, Any]:
        """As a command prints it in JSON."""
        return self.ended().detail()


@dataclass(frozen=True, slots=True)
class How:
    """What an attempt needs to know beside the setting."""

    gateway: Gateway
    known: Known
    """Reads, and remembers what was read."""
    halt: Callable[[], Outcome | None]
    """The outcome to end with before anything is written: a newer wish, or a stop."""
    known_in_force: bool
    """The audit shows this very setting confirmed on this gateway, and nothing written since."""
    asked: bool
    """A person asks for it, and is told what is seen, and not what was: the look is paid for."""
    in_doubt: bool
    """An earlier write was not seen to its end, and the gateway shows settings that are not in
    force yet: a reading that is equal proves nothing."""
    unverified: bool
    """The last attempt wrote, and what could be read was equal: it is not written again for what
    cannot be read."""
    dry_run: bool
    guarded: Callable[[], str | None]
    """Why acting waits, by what was read last; asked before anything is written."""
    look_around: bool
    """The device's health was not read lately, and is to be read before a write."""
    restart: SoftRestart | None
    """Writes with a restart of the device's own process around it; None: a plain write."""
    leaves: bool
    """Another setting than the one known in force is somebody else's, and is left to the next
    boundary."""


async def attempt(setting: Setting, how: How, run: Steps) -> Attempt:
    """Make a setting true once. Gateway errors become outcomes; audit errors are raised."""
    resolved, before, wrote = setting, None, False
    try:
        if how.gateway.unsafe and not how.dry_run:
            await how.gateway.make_safe(run)
        reading = await _look(setting, how, run)
        before = reading.setting
        resolved = resolve(setting, reading.charge, how.gateway.limits, dry_run=how.dry_run)
        if (found := _decided(resolved, before, how)) is not None:
            return found
        wrote = True
        if how.restart:
            receipt = await how.restart.write_restarting(run, resolved, reading)
        else:
            receipt = await how.gateway.write(resolved, reading, run)
    except GatewayError as error:
        wrote = wrote and error.delivered != "no"
        return Attempt(outcome_of(error), resolved, before, error, wrote=wrote)
    more: dict[str, Json] = {"before": before.to_json()} if before else {}
    if receipt.by:
        more["by"] = receipt.by
    if _denied_for_hold(setting, resolved, before):
        more[DENIED_FOR_HOLD] = True
    return Attempt(Outcome.ACCEPTED, resolved, before, note=receipt.note, wrote=True, more=more)


def _denied_for_hold(setting: Setting, resolved: Setting, before: SettingRead | None) -> bool:
    """Whether grid charging is denied only to hold the charge, and was not before."""
    if setting.grid_charging is resolved.grid_charging:
        return False
    return before is None or before.grid_charging is not GridCharging.DENY


def outcome_of(error: GatewayError) -> Outcome:
    """What an error means for a run in which nothing was confirmed."""
    refused = isinstance(error, GatewayRefusedError | GatewayIdentityError)
    return Outcome.REFUSED if refused else Outcome.UNREACHABLE


async def _look(setting: Setting, how: How, run: Steps) -> Reading:
    """What is in force; paid for only where the answer decides about a write."""
    known = how.known_in_force and not how.asked
    spend = Spend.FREE if known or how.dry_run else Spend.DUE
    want = _WITH_CHARGE if setting.reserve == HOLD else SETTING_ONLY
    if how.look_around:
        want |= {Part.HEALTH}
    return await how.known.reading(run, spend=spend, want=want)


def _decided(setting: Setting, seen: SettingRead | None, how: How) -> Attempt | None:
    """The end of an attempt that needs no write; None where one is needed. Raises
    GatewayRefusedError for a setting that this gateway does not keep."""
    if seen is None and how.known_in_force:
        note = "confirmed earlier, and to look again would cost something"
        return Attempt(Outcome.UNCHANGED, setting, note=note)
    found = None
    if setting.reserve != HOLD and seen is not None and not how.in_doubt:
        found = _left_as_it_is(setting, seen, how)
    return found or _kept_from(setting, seen, how)


def _left_as_it_is(setting: Setting, seen: SettingRead, how: How) -> Attempt | None:
    """The end of an attempt that finds nothing to write, or nothing that may be written over."""
    tolerance = how.gateway.limits.reserve_tolerance
    if seen.shows(setting, tolerance):
        return Attempt(Outcome.UNCHANGED, setting, seen)
    if seen.differing(setting, tolerance):
        if not how.leaves or not how.known_in_force:
            return None
        # As a note: an observed setting would end what the audit knows to be confirmed.
        note = f"the gateway shows {seen.words()}, which is left until the next boundary"
        return Attempt(Outcome.DEFERRED, setting, note=note, left=seen)
    if how.unverified:
        return Attempt(Outcome.UNCONFIRMED, setting, seen, note=unverified(setting, seen))
    return None


def _kept_from(setting: Setting, seen: SettingRead | None, how: How) -> Attempt | None:
    """The end of an attempt that must not write."""
    if how.dry_run:
        return Attempt(Outcome.DRY_RUN, setting, seen)
    if reason := objection(setting, how.gateway.limits):
        raise GatewayRefusedError(reason, delivered="no")
    if reason := how.guarded():
        return Attempt(Outcome.DEFERRED, setting, seen, note=reason)
    if outcome := how.halt():
        return Attempt(outcome, setting, seen)
    return None


def unverified(setting: Setting, seen: SettingRead) -> str:
    """Which parts cannot be verified, in words."""
    parts = " and ".join(seen.missing(setting)).replace("_", " ")
    return f"cannot be verified, since the gateway does not show it: {parts}"


def objection(setting: Setting, limits: Limits) -> str | None:
    """Why this gateway cannot keep a (resolved) setting; None where it can."""
    reserve = setting.reserve
    if setting.mode not in limits.modes:
        return f"This gateway does not offer the mode {setting.mode.app_name}."
    if not isinstance(reserve, str) and not limits.reserves.keeps(reserve):
        kept = limits.reserves.words()
        return f"This gateway does not keep a reserve of {reserve:g} %. It keeps {kept}."
    if setting.grid_charging is not None and not limits.grid_charging:
        return "Grid charging cannot be set on this gateway; leave it out."
    if setting.export is not None and setting.export not in limits.exports:
        return f"Export cannot be set to {setting.export.value} on this gateway."
    return None


def resolve(
    setting: Setting, charge: float | None, limits: Limits, *, dry_run: bool = False
) -> Setting:
    """A hold becomes the present charge, rounded down: a reserve above the charge would make the
    battery charge from the grid. Where the gateway would not keep that reserve, backup without
    grid charging holds the charge as well. Raises GatewayError where neither can be."""
    if setting.reserve != HOLD:
        return setting
    if charge is None:
        if dry_run:
            return setting
        raise GatewayProtocolError(
            "The gateway does not tell the charge, so it cannot be held yet.", delivered="no"
        )
    percent = float(max(0, min(100, int(charge)), setting.at_least or 0))
    if limits.reserves.keeps(percent):
        return replace(setting, reserve=percent)
    if limits.grid_charging and Mode.BACKUP in limits.modes and limits.reserves.keeps(100.0):
        return replace(setting, mode=Mode.BACKUP, reserve=100.0, grid_charging=GridCharging.DENY)
    raise GatewayRefusedError(
        f"The charge is {charge:.0f} %, and this gateway does not keep a reserve of {percent:g} % "
        "nor lets grid charging be denied, so the charge cannot be held. Name a reserve it keeps "
        "in place of hold.",
        delivered="no",
    )
