"""What the checks find in what a running site knows already: nothing is asked, and nothing paid
for."""

from __future__ import annotations

from dataclasses import replace

from scheduler.doctor.case import Case
from scheduler.doctor.checks import CHECKS, login, reachable
from scheduler.doctor.sign import Sign, Signs
from scheduler.gateway.base import Reading
from scheduler.site.known import Known
from scheduler.site.site import Site


def of_site(site: Site) -> Signs:
    """As `tou doctor` tells it, but for what only a request of its own would show."""
    known, gateway = site.controller.known, site.gateway
    case = Case(
        transport=site.kind,
        settings=None,
        gateway=gateway,
        limits=gateway.limits,
        reading=_reading(known),
        error=known.error,
        loaded=site.loaded,
    )
    left_out = {login} if known.reachable is not None else {login, reachable}
    found = [each for check in CHECKS if check not in left_out for each in check(case)]
    if known.reachable is None:
        found.insert(0, Sign("reachable", "It was not asked yet.", "unknown"))
    return Signs(site.kind, gateway.name, gateway.simulated, tuple(found))


def _reading(known: Known) -> Reading | None:
    """The newest setting and charge, with what was told beside one of them."""
    if known.read is None:
        return known.health
    read = known.read
    whole = known.health or Reading(read.at)
    return replace(
        whole,
        at=read.at,
        setting=read.setting,
        charge=read.charge,
        running=read.running,
        firmware=known.firmware or whole.firmware,
    )
