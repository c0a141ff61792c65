"""Whether the meters show what a setting asks: the sign and size of the battery's power, and which
way the charge moved. A pure rule; None is "not known".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from scheduler.audit.chain import Json
from scheduler.gateway.base import Powers, Reading
from scheduler.setting import GridCharging, Mode, Setting

# Meters jitter by tens of watts around zero; below this a battery is at rest.
AT_REST: Final = 100.0
# A house that draws less than this asks for nothing that could be told from jitter.
TOO_LITTLE: Final = 200.0
FULL: Final = 97.0
EMPTY: Final = 1.0
# A charge this near to the reserve is kept, neither filled up nor used.
NEAR: Final = 1.5
# App percent by which a charge has moved for certain.
MOVED: Final = 0.5


class Effect(StrEnum):
    """What the meters say of a setting that was confirmed."""

    SEEN = "seen"
    NOT_SEEN = "not_seen"
    CANNOT_TELL = "cannot_tell"


class Flow(StrEnum):
    """What a battery does."""

    CHARGES = "charges"
    DISCHARGES = "discharges"
    RESTS = "rests"


@dataclass(frozen=True, slots=True)
class Metered:
    """What the meters showed at an instant."""

    at: datetime
    charge: float | None = None
    powers: Powers = field(default_factory=Powers)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the effect is seen, and why in words."""

    effect: Effect
    why: str
    first: Metered | None = None
    last: Metered | None = None

    def to_json(self) -> dict[str, Json]:
        """The evidence of a run."""
        found: dict[str, Json] = {"effect": self.effect.value, "why": self.why}
        if self.last is not None:
            powers = self.last.powers
            found |= {
                "charge": self.last.charge,
                "battery_w": powers.battery,
                "load_w": powers.load,
                "solar_w": powers.solar,
                "grid_w": powers.grid,
            }
        if self.first is not None:
            found["charge_before"] = self.first.charge
        return found


def metered(reading: Reading) -> Metered | None:
    """The meters of a reading; None where it has none."""
    if reading.charge is None and reading.powers is None:
        return None
    return Metered(reading.at, reading.charge, reading.powers or Powers())


def judge(setting: Setting, first: Metered | None, last: Metered | None) -> Verdict:
    """Whether `last`, and the movement since `first`, show what the setting asks."""
    if last is None:
        return Verdict(Effect.CANNOT_TELL, "there is no reading of the meters", first)
    effect, why = _judge(setting, first, last)
    return Verdict(effect, why, first, last)


def _judge(setting: Setting, first: Metered | None, last: Metered) -> tuple[Effect, str]:
    flow, charge = flow_of(first, last), last.charge
    if flow is None or charge is None:
        return Effect.CANNOT_TELL, "the meters do not tell what the battery does"
    floor = 100.0 if setting.mode is Mode.BACKUP else float(setting.reserve)
    if charge < floor - NEAR:
        return _below(setting, flow, charge)
    if charge <= EMPTY and flow is not Flow.DISCHARGES:
        return Effect.CANNOT_TELL, "the battery is empty"
    if setting.mode is Mode.AUTONOMOUS:
        return Effect.CANNOT_TELL, "in this mode the gateway chooses what the battery does"
    near = charge <= floor + NEAR
    return _at_reserve(flow, last.powers) if near else _above(flow, charge, last.powers)


def flow_of(first: Metered | None, last: Metered) -> Flow | None:
    """What the battery does, by its power or else by its charge; None where that is not known, or
    the two speak against each other, as meters that stand still do."""
    moved = _moved(first, last)
    power = last.powers.battery
    if power is None:
        return moved
    flow = Flow.RESTS
    if abs(power) >= AT_REST:
        flow = Flow.DISCHARGES if power > 0 else Flow.CHARGES
    against = {Flow.CHARGES, Flow.DISCHARGES} == {flow, moved}
    return None if against else flow


def _moved(first: Metered | None, last: Metered) -> Flow | None:
    if first is None or first.charge is None or last.charge is None:
        return None
    by = last.charge - first.charge
    if abs(by) < MOVED:
        return None
    return Flow.CHARGES if by > 0 else Flow.DISCHARGES


def _below(setting: Setting, flow: Flow, charge: float) -> tuple[Effect, str]:
    """The charge is under the reserve: the battery fills up, and is not used."""
    if flow is Flow.CHARGES:
        return Effect.SEEN, "the battery charges"
    if flow is Flow.DISCHARGES:
        return Effect.NOT_SEEN, "the battery discharges below its reserve"
    if charge >= FULL:
        return Effect.CANNOT_TELL, "the battery is full"
    if setting.grid_charging is GridCharging.DENY or setting.mode is Mode.AUTONOMOUS:
        return Effect.CANNOT_TELL, "the battery waits for the sun"
    return Effect.NOT_SEEN, "the battery does not charge"


def _at_reserve(flow: Flow, powers: Powers) -> tuple[Effect, str]:
    """The charge is at the reserve: it is kept."""
    if flow is Flow.DISCHARGES:
        return Effect.NOT_SEEN, "the battery discharges below its reserve"
    needed = _needed(powers)
    if needed is None or needed < TOO_LITTLE:
        return Effect.CANNOT_TELL, "the house asks for too little"
    return Effect.SEEN, "the battery keeps its charge"


def _above(flow: Flow, charge: float, powers: Powers) -> tuple[Effect, str]:
    """The charge is above the reserve: the battery runs the house, and takes what is left over."""
    needed = _needed(powers)
    if needed is None or abs(needed) < TOO_LITTLE:
        return Effect.CANNOT_TELL, "the house asks for too little"
    if needed < 0 and charge >= FULL:
        return Effect.CANNOT_TELL, "the battery is full"
    asked = Flow.DISCHARGES if needed > 0 else Flow.CHARGES
    seen = Effect.SEEN if flow is asked else Effect.NOT_SEEN
    return seen, _SAID[asked, seen]


_SAID: Final = {
    (Flow.DISCHARGES, Effect.SEEN): "the battery runs the house",
    (Flow.DISCHARGES, Effect.NOT_SEEN): "the battery does not run the house",
    (Flow.CHARGES, Effect.SEEN): "the battery charges from the sun",
    (Flow.CHARGES, Effect.NOT_SEEN): "the battery does not take the sun",
}


def _needed(powers: Powers) -> float | None:
    """What the house draws beyond the sun, in watts."""
    return None if powers.load is None else powers.load - (powers.solar or 0.0)
