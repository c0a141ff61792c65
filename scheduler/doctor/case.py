"""All that can be learned of one gateway by looking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scheduler.errors import GatewayError, GatewayUnreachableError
from scheduler.gateway.abilities import FirmwareUpdates, Identity, RatePlan, ability
from scheduler.gateway.base import Gateway, Limits, Part, Reading, Spend, Step
from scheduler.schedule.load import Loaded

ALL = frozenset(Part)


@dataclass(slots=True)
class Passing:
    """The steps of a look: remembered here, and in no audit, since nothing is changed."""

    steps: list[Step] = field(default_factory=list)

    async def ended(self, step: Step) -> None:
        """Remember it."""
        self.steps.append(step)

    async def settled(self) -> None:
        """Nothing is pending."""


@dataclass(frozen=True, slots=True)
class Case:
    """What the checks go by."""

    transport: str
    settings: Any
    """The transport's own table."""
    gateway: Gateway
    limits: Limits
    reading: Reading | None = None
    identity: Identity | None = None
    error: GatewayError | None = None
    steps: tuple[Step, ...] = ()
    loaded: Loaded | None = None
    rate_plan: Mapping[str, object] | None = None
    """As the device tells it, where it can."""

    @property
    def reached(self) -> bool:
        """Whether anything was answered."""
        return any(step.status is not None for step in self.steps)


async def look(case: Case) -> Case:
    """Ask for everything that costs nothing; for the setting also where a look is paid for, but
    never by a login that stops a battery."""
    gateway, steps = case.gateway, Passing()
    identity, reading, error, plan = None, None, None, None
    updates = ability(gateway, FirmwareUpdates)  # type: ignore[type-abstract]
    try:
        if updates is not None:
            identity = await _identity(updates, steps)
        reading = await gateway.read(steps, spend=Spend.FREE, want=ALL)
        if reading.setting is None and _harmless(gateway, known=updates is None or bool(identity)):
            reading = await gateway.read(steps, spend=Spend.DUE, want=ALL)
        if (plans := ability(gateway, RatePlan)) is not None:  # type: ignore[type-abstract]
            plan = await plans.rate_plan(steps)
    except GatewayError as raised:
        error = raised
    return replace(
        case,
        limits=gateway.limits,
        identity=identity,
        reading=reading,
        error=error,
        steps=tuple(steps.steps),
        rate_plan=plan,
    )


def _harmless(gateway: Gateway, *, known: bool) -> bool:
    """Whether a login may be sent: it stops nothing, as far as the firmware is known, and there
    is something to gain."""
    limits = gateway.limits
    return known and limits.can_write and not limits.login_stops


async def _identity(updates: FirmwareUpdates, steps: Passing) -> Identity | None:
    """A Powerwall 3 does not tell, and that is no reason to stop looking."""
    try:
        return await updates.identify(steps)
    except GatewayUnreachableError:
        raise
    except GatewayError:
        return None
