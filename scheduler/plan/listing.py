"""A stretch of time laid out: the setting in force, its changes, and the jobs."""

from __future__ import annotations

from datetime import datetime

from scheduler import clock
from scheduler.plan import wall
from scheduler.plan.entry import Plan, PlanEntry, checksum
from scheduler.plan.job_times import due
from scheduler.plan.switches import changes, switch
from scheduler.schedule.values import Schedule


def plan(schedule: Schedule, start: datetime, end: datetime) -> Plan:
    """Boundaries and jobs with start <= at < end, sorted, and their checksum. The first entry is
    the setting in force at `start`; at one instant the switch stands before the jobs, and those
    in their written order. Without entries when `end` is not after `start`. Raises ValueError at
    the ends of datetime's range."""
    entries = _entries(schedule, start, end) if start < end else ()
    return Plan(_utc(start), _utc(end), entries, checksum(entries))


def _entries(schedule: Schedule, start: datetime, end: datetime) -> tuple[PlanEntry, ...]:
    last = wall.ceil_seconds(end) - 1
    found = [switch(schedule, _utc(start))]
    for at, rule in changes(schedule, wall.floor_seconds(start), last):
        found.append(switch(schedule, wall.instant_of(at), rule))
    found.extend(due(schedule, wall.ceil_seconds(start) - 1, last))
    return tuple(sorted(found, key=lambda entry: entry.at))


def _utc(instant: datetime) -> datetime:
    return clock.from_micros(clock.to_micros(instant))
