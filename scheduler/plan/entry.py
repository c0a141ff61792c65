"""The answers of a plan, as values and in JSON, and the checksum by which two people compare
them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from scheduler import clock
from scheduler.schedule.values import Charge, DayClass, Job, Schedule
from scheduler.setting import HOLD, Setting


@dataclass(frozen=True, slots=True)
class Desired:
    """The setting that should be in force at an instant, and why."""

    rule: str
    setting: Setting
    season: str | None
    day_class: DayClass
    period: str | None
    charge: Charge | None = None
    """A power set-point beside the setting."""
    lease: str | None = None
    """The id of the lease that decides in the rules' place."""


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One switch or job of a plan. `setting` for a switch, `job` for a job."""

    at: datetime
    kind: Literal["switch", "job"]
    name: str
    setting: Setting | None
    job: Job | None
    period: str | None
    season: str | None
    day_class: DayClass
    charge: Charge | None = None

    def named(self) -> dict[str, str | float]:
        """The parts that only some settings name, as every JSON form has them: keys that do not
        apply are left out."""
        named = self.setting is not None and (
            self.setting.grid_charging or self.setting.export or self.setting.at_least is not None
        )
        parts = self.setting.to_json() if self.setting and named else {}
        found: dict[str, str | float] = {key: parts[key] for key in NAMED if key in parts}
        return found if self.charge is None else {**found, "charge": self.charge}


NAMED: Final[tuple[str, ...]] = ("at_least_percent", "grid_charging", "export")


@dataclass(frozen=True, slots=True)
class Plan:
    """Boundaries and jobs from `start` to before `end`; the first entry is the setting in force
    at `start`."""

    start: datetime
    end: datetime
    entries: tuple[PlanEntry, ...]
    checksum: str


def entry_json(schedule: Schedule, entry: PlanEntry) -> dict[str, Any]:
    """The one JSON form of a switch or job to come, and what else its setting names."""
    setting = entry.setting.to_json() if entry.setting else {}
    local = clock.localise(entry.at, schedule.calendar.display_zone)
    return {
        "at": clock.iso(entry.at),
        "local": local.isoformat(),
        "kind": entry.kind,
        "name": entry.name,
        "do": entry.job.do.value if entry.job else None,
        "mode": setting.pop("mode", None),
        "reserve_percent": setting.pop("reserve_percent", None),
        "period": entry.period,
        "season": entry.season,
        "day_class": entry.day_class.value,
        **setting,
        **({} if entry.charge is None else {"charge": entry.charge}),
    }


def checksum(entries: Iterable[PlanEntry]) -> str:
    """The first 16 hex digits of the SHA-256 of the entries' canonical JSON: an array of objects
    with `at` (ISO 8601 UTC), `kind`, `name`, `do`, `mode`, `reserve_percent` (a float, or "hold"),
    `period`, `season` and `day_class`, and what `PlanEntry.named` adds; sorted keys, no spaces,
    UTF-8."""
    text = json.dumps(
        [_canonical(entry) for entry in entries],
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _canonical(entry: PlanEntry) -> dict[str, str | float | None]:
    setting, job = entry.setting, entry.job
    return {
        "at": clock.iso(entry.at),
        "kind": entry.kind,
        "name": entry.name,
        "do": job.do.value if job else None,
        "mode": setting.mode.value if setting else None,
        "reserve_percent": _reserve(setting) if setting else None,
        "period": entry.period,
        "season": entry.season,
        "day_class": entry.day_class.value,
        **entry.named(),
    }


def _reserve(setting: Setting) -> float | str:
    return HOLD if isinstance(setting.reserve, str) else float(setting.reserve)
