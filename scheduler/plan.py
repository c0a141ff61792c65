"""What should be true at an instant, and when that changes next.

Pure: no clock, no files, no network. Signatures are fixed; see the tests for the promises.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scheduler.schedule.setting import Setting
from scheduler.schedule.values import DayClass, Job, Schedule


@dataclass(frozen=True, slots=True)
class Override:
    """A person's setting that wins until an instant, then lapses by itself."""

    setting: Setting
    until: datetime


@dataclass(frozen=True, slots=True)
class Desired:
    """The setting that should be in force at an instant, and why."""

    rule: str
    setting: Setting
    season: str | None
    day_class: DayClass
    period: str | None


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


@dataclass(frozen=True, slots=True)
class Plan:
    """Boundaries and jobs from `start` to before `end`; the first entry is the setting in force
    at `start`."""

    start: datetime
    end: datetime
    entries: tuple[PlanEntry, ...]
    checksum: str


def desired_at(schedule: Schedule, instant: datetime, override: Override | None = None) -> Desired:
    """What should be true at an instant."""
    raise NotImplementedError


def began_at(schedule: Schedule, instant: datetime) -> datetime | None:
    """Since when the setting wanted at `instant` has been wanted without a break; None when for
    more than a year."""
    raise NotImplementedError


def next_boundary(schedule: Schedule, instant: datetime) -> PlanEntry | None:
    """The first change of the setting after an instant; None when there is none for a year."""
    raise NotImplementedError


def boundaries(schedule: Schedule, after: datetime, until: datetime) -> tuple[PlanEntry, ...]:
    """The switches with after < at <= until."""
    raise NotImplementedError


def jobs(schedule: Schedule, after: datetime, until: datetime) -> tuple[PlanEntry, ...]:
    """The jobs due with after < at <= until, by instant and then in their written order."""
    raise NotImplementedError


def next_job(schedule: Schedule, instant: datetime) -> PlanEntry | None:
    """The first job after an instant; None when there is none for a year."""
    raise NotImplementedError


def plan(schedule: Schedule, start: datetime, end: datetime) -> Plan:
    """Boundaries and jobs with start <= at < end, sorted, and their checksum."""
    raise NotImplementedError
