"""A stretch of time laid out: the setting in force, its changes, and the jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from scheduler import clock
from scheduler.plan import wall
from scheduler.plan.entry import Plan, PlanEntry, checksum
from scheduler.plan.job_times import due, without_skips
from scheduler.plan.leases import Lease
from scheduler.plan.switches import boundaries, desired_at, entry
from scheduler.schedule.values import Schedule

_MICROSECOND = timedelta(microseconds=1)


def plan(schedule: Schedule, start: datetime, end: datetime, leases: Sequence[Lease] = ()) -> Plan:
    """Boundaries and jobs with start <= at < end, sorted, and their checksum. The first entry is
    the setting in force at `start`; at one instant the switch stands before the jobs, and those
    in their written order. Without entries when `end` is not after `start`. Raises ValueError at
    the ends of datetime's range."""
    entries = _entries(schedule, start, end, leases) if start < end else ()
    return Plan(_utc(start), _utc(end), entries, checksum(entries))


def _entries(
    schedule: Schedule, start: datetime, end: datetime, leases: Sequence[Lease]
) -> tuple[PlanEntry, ...]:
    last = wall.ceil_seconds(end) - 1
    found = [entry(_utc(start), desired_at(schedule, start, leases))]
    found += boundaries(schedule, start, end - _MICROSECOND, leases)
    found += without_skips(due(schedule, wall.ceil_seconds(start) - 1, last), leases)
    return tuple(sorted(found, key=lambda entry: entry.at))


def _utc(instant: datetime) -> datetime:
    return clock.from_micros(clock.to_micros(instant))
