"""What a reader of the audit is shown: runs, their steps, raw entries; as values and as JSON.

The JSON is a contract: keys are only ever added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from scheduler import clock
from scheduler.audit.chain import Json
from scheduler.plain import as_json


@dataclass(frozen=True, slots=True)
class StepView:
    """One request of a run, as it ended."""

    at: datetime
    step: str
    method: str | None
    path: str | None
    status: int | None
    duration_ms: float | None
    error: str | None

    def to_json(self) -> dict[str, Json]:
        return as_json(self)


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """What is known of a run beside its requests: accepted, a later reading, the effect."""

    at: datetime
    name: str
    detail: Mapping[str, Json]

    def to_json(self) -> dict[str, Json]:
        return {"at": clock.iso(self.at), **self.detail}


@dataclass(frozen=True, slots=True)
class RunView:
    """One run with its steps. `finished_at` is None while it is open, and then `outcome` is
    `accepted` where it waits to be confirmed, else None."""

    run: int
    site: str
    kind: str
    name: str | None
    wake: str | None
    planned_at: datetime | None
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    wanted: Mapping[str, Json] | None
    observed: Mapping[str, Json] | None
    attempt: int | None
    error: str | None
    note: str | None
    gateway: str | None
    detail: Mapping[str, Json]
    """All that the intent and the outcome say."""
    steps: tuple[StepView, ...]
    evidence: tuple[EvidenceView, ...] = ()

    @property
    def simulated(self) -> bool | None:
        """Whether its gateway was a simulated one; None where no gateway is named."""
        return is_simulated(self.gateway)

    def to_json(self) -> dict[str, Json]:
        return {**as_json(self, "detail"), "simulated": self.simulated}


@dataclass(frozen=True, slots=True)
class EntryView:
    """One row of the audit as it stands."""

    id: int
    at: datetime
    site: str
    entry: str
    kind: str
    run: int | None
    name: str | None
    wake: str | None
    outcome: str | None
    detail: Mapping[str, Json]
    hash: str
    gateway: str | None
    """As the entry names it, or the first of its run."""

    @property
    def simulated(self) -> bool | None:
        """Whether its gateway is a simulated one; None where no gateway is named."""
        return is_simulated(self.gateway)

    def to_json(self) -> dict[str, Json]:
        return {**as_json(self), "simulated": self.simulated}


def is_simulated(gateway: object) -> bool | None:
    """Whether the audit's name of a gateway is that of a simulated one."""
    return gateway.startswith("simulated") if isinstance(gateway, str) else None
