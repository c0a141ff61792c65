"""The state of a site where no service runs: what its schedule wants, and what the audit knows.

The same value that a running service makes, with `running_since` None; needs no gateway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from scheduler import __version__, clock, files, plan
from scheduler.audit import review
from scheduler.audit.database import Database, open_to_look
from scheduler.audit.questions import Questions
from scheduler.audit.views import RunView
from scheduler.errors import AuditError, ConfigurationError, ScheduleError, SchedulerError
from scheduler.host.instance import Running
from scheduler.host.watch import problems_of
from scheduler.plain import plain
from scheduler.plan import Lease, LeaseKind, PlanEntry
from scheduler.plan.entry import entry_json
from scheduler.schedule import zones
from scheduler.schedule.load import load_schedule
from scheduler.schedule.values import Schedule
from scheduler.settings import Settings
from scheduler.site.leases import KIND, asked_since, kept
from scheduler.site.state import (
    GatewayState,
    Proven,
    Reason,
    SiteState,
    Wanted,
    health_json,
    schedule_state,
    with_reasons,
)

_NEWEST = 30
_GOOD = frozenset({"confirmed", "unchanged", "dry_run"})


def last_known(settings: Settings, running: Running, reason: Reason, *, now: datetime) -> SiteState:
    """What is known without asking a service; `reason` says why none was asked. Raises
    ScheduleError where the schedule cannot be read, AccessError where the audit may not be."""
    schedule = load_schedule(settings.schedule_path).schedule
    past, troubles = _past(settings, now)
    leases = past.get("leases", ())
    wanted_by = [each for each in leases if each.kind is not LeaseKind.PAUSE]
    state = SiteState(
        site=settings.site,
        now=now,
        running_since=None,
        pid=running.pid,
        version=__version__,
        schedule=schedule_state(schedule, now),
        wanted=_wanted(schedule, now, leases),
        confirmed=past.get("confirmed"),
        read=None,
        attempt=None,
        next=_entry(schedule, plan.next_boundary(schedule, now, wanted_by)),
        next_job=_entry(schedule, plan.next_job(schedule, now, leases)),
        last_run=past.get("last_run"),
        gateway=_gateway(settings),
        leases=tuple(each.to_json() for each in leases if each.active(now)),
        dry_run=settings.dry_run,
        database=str(settings.database_path),
        seen=running.seen,
    )
    return with_reasons(state, reason, *troubles, *_doubts(state))


def not_running(running: Running) -> Reason:
    """Why no service was asked."""
    return Reason("not_running", "the service is not running", running.seen, "failing")


def silent(running: Running, error: SchedulerError) -> Reason:
    """Why the service that runs was not heard."""
    who = f"process {running.pid}" if running.pid else "its process"
    text = f"the service does not answer ({who}): {error}"
    return Reason("silent", text, running.seen, "failing")


def nothing_known(
    settings: Settings, running: Running, reason: Reason, error: ScheduleError, *, now: datetime
) -> dict[str, Any]:
    """The answer where no service runs and the schedule cannot be read: what is left of a state."""
    broken = [Reason("file_broken", text, None, "failing") for text in problems_of(error)]
    past, troubles = _past(settings, now)
    reasons = (reason, *broken, *troubles)
    return {
        "site": settings.site,
        "schedule": None,
        "timezone": "Etc/UTC",
        "now": clock.iso(now),
        "health": health_json("failing", reasons),
        "wanted": None,
        "confirmed": None,
        "next": None,
        "last_run": past.get("last_run"),
        "gateway": plain(_gateway(settings)),
        "service": {
            "running": False,
            "since": None,
            "seen": plain(running.seen),
            "pid": running.pid,
            "version": __version__,
        },
        "dry_run": settings.dry_run,
        "database": str(settings.database_path),
        "zone_data": plain(zones.zone_data()),
    }


def _past(settings: Settings, now: datetime) -> tuple[dict[str, Any], list[Reason]]:
    """What the audit says; a service that never ran has none, which is no trouble."""
    try:
        database = open_to_look(settings.database_path)
        if database is None:
            return {}, []
        try:
            return _read_past(database, settings, now), []
        finally:
            database.close()
    except (AuditError, ConfigurationError) as error:
        if denied := files.denied_in(error):
            raise denied from None
        return {}, [Reason("audit", f"the audit cannot be read: {error}", None, "failing")]


def _read_past(database: Database, settings: Settings, now: datetime) -> dict[str, Any]:
    leases = leases_in(database, settings.site, now)
    last = _last_switch(database, settings.site)
    if last is None:
        return {"leases": leases}
    shown = last.to_json()
    del shown["steps"]
    confirmed = _confirmed(database, settings, last)
    return {"last_run": shown, "confirmed": confirmed, "leases": leases}


def _last_switch(database: Database, site: str) -> RunView | None:
    """It is among the newest runs, but where jobs alone were done for weeks."""
    newest = review.runs(database, site=site, limit=_NEWEST)
    found = [run for run in newest if run.kind == "switch"]
    if not found and len(newest) == _NEWEST:
        found = review.runs(database, site=site, job="switch", limit=1)
    return found[-1] if found else None


def leases_in(database: Database, site: str, now: datetime) -> tuple[Lease, ...]:
    """The leases of the audit that are in force or still remembered."""
    return tuple(
        each.lease for each in kept(Questions(database, site).events(KIND, asked_since(now)))
    )


def _confirmed(database: Database, settings: Settings, last: RunView) -> Proven | None:
    found = Questions(database, settings.site).last_confirmed(last.gateway or "")
    return Proven(found.name, found.setting, found.at, found.run) if found else None


def _wanted(schedule: Schedule, now: datetime, leases: Sequence[Lease]) -> Wanted:
    desired = plan.desired_at(schedule, now, leases)
    return Wanted(
        desired.rule,
        desired.setting,
        desired.period,
        desired.season,
        desired.day_class.value,
        plan.began_at(schedule, now, leases),
        desired.lease,
    )


def _gateway(settings: Settings) -> GatewayState:
    simulated = settings.gateway == "simulated"
    url = settings.transport.address
    name = "simulated" if simulated else f"{settings.gateway} {url or ''}".strip()
    return GatewayState(name, settings.gateway, simulated, None, None, None, url)


def _entry(schedule: Schedule, entry: PlanEntry | None) -> Mapping[str, Any] | None:
    return None if entry is None else entry_json(schedule, entry)


def _doubts(state: SiteState) -> list[Reason]:
    """What the audit's last words leave open."""
    found, last = [], state.last_run
    if last and last["outcome"] not in _GOOD:
        text = f"the last switch is {last['outcome'] or 'not ended yet'}"
        text += f": {last['error']}" if last["error"] else ""
        found.append(Reason("last_run", text, None, "attention"))
    confirmed, wanted = state.confirmed, state.wanted.setting
    if confirmed and not isinstance(wanted.reserve, str) and not state.dry_run:
        same = (confirmed.setting.mode, confirmed.setting.reserve)
        if same != (wanted.mode, wanted.reserve):
            text = "what is wanted now is not what was last confirmed"
            found.append(Reason("overdue", text, None, "attention"))
    return found
