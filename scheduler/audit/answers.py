"""What the audit answers, as values: a head, an open run, a setting that stands, an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from scheduler.audit.chain import Json
from scheduler.setting import Setting, setting_from_json
from scheduler.words import Wake


@dataclass(frozen=True, slots=True)
class Head:
    """An entry and its hash, which vouches for all before it of its site."""

    id: int
    hash: str

    def __str__(self) -> str:
        return f"{self.id}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """That a setting was sent, and waits to be confirmed."""

    at: datetime
    until: datetime
    detail: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run with an intent and no outcome: at work in some process, cut off, or waiting to be
    confirmed."""

    run: int
    site: str
    kind: str
    name: str | None
    wake: Wake | None
    started_at: datetime
    gateway: str
    detail: Mapping[str, Json]
    """Of the intent."""
    steps: tuple[str, ...]
    """The names of its steps so far."""
    accepted: Accepted | None

    @property
    def wanted(self) -> Setting | None:
        """As it was resolved when it was sent, or else as the intent has it."""
        sent = self.accepted.detail.get("wanted") if self.accepted else None
        wanted = sent or self.detail.get("wanted")
        return setting_from_json(wanted) if isinstance(wanted, Mapping) else None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A setting that was read back equal, with nothing since that could have changed it."""

    run: int
    at: datetime
    """When it was confirmed."""
    name: str | None
    """The rule that wanted it."""
    setting: Setting
    """Its reserve is a percentage, never a hold."""
    hold_from: str | None
    """Where the reserve is a held one: when the hold began, as the detail has it."""
    detail: Mapping[str, Json]
    """Of the intent and the outcome together."""

    @property
    def mode(self) -> str:
        return self.setting.mode.value


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A confirmed run of which nobody has said yet whether it took effect."""

    run: int
    kind: str
    name: str | None
    wake: Wake | None
    at: datetime
    """When it was confirmed."""
    setting: Setting


class Told(NamedTuple):
    """What the meters said of a setting that stands."""

    setting: Setting
    effect: Mapping[str, Any]
    """As the evidence has it."""
    of_the_newest: bool
    """False where the setting was written once more since, and they were not asked again yet."""


class Event(NamedTuple):
    """Something that is no run, as the audit has it."""

    at: datetime
    name: str
    detail: Mapping[str, Any]


class OpenIncident(NamedTuple):
    """An incident that was opened and not closed."""

    id: int
    """Of the entry that opened it."""
    reason: str
    text: str
    since: datetime
