"""Leases that are asked for while no service runs: kept in the audit for the next start.

Talks to no gateway.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from scheduler import clock
from scheduler.advice import limits
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer
from scheduler.errors import LeaseError
from scheduler.host.sites import open_audit, read_schedule
from scheduler.plan import Lease
from scheduler.settings import Settings
from scheduler.site.apply import objection
from scheduler.site.asked import Asked, LeaseEnding, lease_of
from scheduler.site.leases import Leases


async def grant(settings: Settings, asked: Asked) -> Lease:
    """Keep a lease. Raises LeaseError where it cannot be had, AuditUnwritableError, and
    ScheduleError."""
    schedule, now = read_schedule(settings).schedule, clock.now()
    async with _leases(settings, schedule.calendar.display_zone) as leases:
        lease = lease_of(asked, schedule, leases.known, now)
        for each in limits.allowed_by(settings):
            reason = lease.setting and objection(lease.setting, each.limits)
            if reason:
                raise LeaseError(reason)
        await leases.lapse(now)
        await leases.grant(lease)
    return lease


async def end(settings: Settings, ending: LeaseEnding) -> tuple[Lease, ...]:
    """End leases before their time, and return them. Raises AuditUnwritableError."""
    async with _leases(settings) as leases:
        return await leases.end(ending, clock.now())


@asynccontextmanager
async def _leases(settings: Settings, zone: ZoneInfo | None = None) -> AsyncIterator[Leases]:
    database = open_audit(settings)
    writer = Writer(database)
    try:
        leases = Leases(Recorder(writer, settings.site), lambda: zone)
        await leases.load(clock.now())
        yield leases
    finally:
        writer.close()
        database.close()
