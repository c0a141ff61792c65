"""The one state of a site, from what its controller knows. Pure: it asks nobody and decides
nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from scheduler import __version__, plan
from scheduler.plain import plain
from scheduler.plan import LeaseKind, PlanEntry
from scheduler.plan.entry import entry_json
from scheduler.site import health
from scheduler.site.controller import Controller
from scheduler.site.site import Site
from scheduler.site.state import (
    AttemptState,
    GatewayState,
    SiteState,
    Wanted,
    schedule_state,
)


def state_of(site: Site, now: datetime) -> SiteState:
    """What is known of a site at an instant; its process adds what it knows itself."""
    controller, schedule = site.controller, site.schedule
    known, after = controller.known, controller.instant(now)
    switch, job = _next_switch(controller, after), plan.next_job(schedule, after, controller.leases)
    return SiteState(
        site=site.name,
        now=now,
        running_since=None,
        pid=None,
        version=__version__,
        schedule=schedule_state(schedule, site.loaded_at),
        wanted=_wanted(controller, after),
        confirmed=known.proven,
        read=known.read,
        attempt=_attempt(controller, now),
        next=entry_json(schedule, switch) if switch else None,
        next_job=entry_json(schedule, job) if job else None,
        last_run=known.last_run,
        incidents=tuple(each.to_json() for each in site.incidents.open),
        guards=tuple(each.to_json() for each in controller.guards.in_force),
        gateway=_gateway(site),
        leases=tuple(each.to_json() for each in site.leases.active(after)),
        reasons=health.worst_first([*site.concerns, *health.reasons(controller, now)]),
        dry_run=controller.conduct.dry_run,
        charging=controller.set_point.to_json(),
    )


def _next_switch(controller: Controller, after: datetime) -> PlanEntry | None:
    """The next boundary; the end of a pause changes nothing that is wanted."""
    leases = [each for each in controller.leases if each.kind is not LeaseKind.PAUSE]
    return plan.next_boundary(controller.schedule, after, leases)


def _wanted(controller: Controller, now: datetime) -> Wanted:
    desired, wish = controller.wanted(now), controller.wish
    if wish is not None and wish.desired.setting == desired.setting:
        setting, since = wish.setting, wish.began
    else:
        setting = desired.setting
        since = plan.began_at(controller.schedule, now, controller.leases)
    return Wanted(
        rule=desired.rule,
        setting=setting,
        period=desired.period,
        season=desired.season,
        day_class=desired.day_class.value,
        since=since,
        lease=desired.lease,
    )


def _attempt(controller: Controller, now: datetime) -> AttemptState | None:
    wish, sent = controller.wish, controller.sent
    if wish is None or wish.started_at is None:
        return None
    left = None if sent is None else sent.until(controller.gateway.limits) - controller.monotonic()
    waits = (controller.retry_in(), controller.confirm_in())
    wait = min((each for each in waits if each is not None), default=None)
    last = wish.last
    return AttemptState(
        run=wish.number,
        outcome=None if last is None else last.outcome.value,
        number=wish.attempts,
        started_at=wish.started_at,
        confirm_until=None if left is None else now + timedelta(seconds=left),
        next_try=None if wait is None else now + timedelta(seconds=wait),
        error=str(last.error) if last and last.error else None,
    )


def _gateway(site: Site) -> GatewayState:
    known, gateway = site.controller.known, site.gateway
    return GatewayState(
        name=gateway.name,
        kind=site.kind,
        simulated=gateway.simulated,
        reachable=known.reachable,
        since=known.since,
        error=str(known.error) if known.error else None,
        limits=plain(gateway.limits),
        budget=getattr(gateway, "budget", None),
        ways=getattr(gateway, "ways", ()),
    )
