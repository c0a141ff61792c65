"""What a run is about to do, and how it ended: the typed form of the audit's details.

Made here and nowhere else, so that every run says the same things under the same keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scheduler.audit.chain import Json
from scheduler.plain import plain
from scheduler.setting import Setting, SettingRead
from scheduler.words import Outcome, Wake


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a run wants, written before its first request."""

    kind: str
    """switch, or the job's do."""
    name: str
    """The rule, the job or the lease."""
    wake: Wake
    gateway: str
    planned_at: datetime | None = None
    attempt: int = 1
    wanted: Setting | None = None
    period: str | None = None
    season: str | None = None
    day_class: str | None = None
    schedule: str | None = None
    """The beginning of the digest of the schedule in force."""
    more: Mapping[str, Json] = field(default_factory=dict)

    def detail(self) -> dict[str, Json]:
        optional = {
            "period": self.period,
            "season": self.season,
            "day_class": self.day_class,
            "schedule": self.schedule,
        }
        return {
            "gateway": self.gateway,
            "planned_at": plain(self.planned_at),
            "attempt": self.attempt,
            "wanted": plain(self.wanted),
            **{key: value for key, value in optional.items() if value is not None},
            **self.more,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run ended."""

    outcome: Outcome
    wanted: Setting | None = None
    """As it was resolved, where a hold now has its percentage."""
    observed: SettingRead | None = None
    error: str | None = None
    note: str | None = None
    more: Mapping[str, Json] = field(default_factory=dict)

    def detail(self) -> dict[str, Json]:
        return {
            **({"wanted": self.wanted.to_json()} if self.wanted else {}),
            "observed": plain(self.observed),
            "error": self.error,
            **({"note": self.note} if self.note else {}),
            **self.more,
        }
