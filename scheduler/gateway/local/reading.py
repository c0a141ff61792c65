"""What the local API shows, part by part; a free read sends no login that costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

from scheduler.gateway.base import Part, Reading, Spend, Steps
from scheduler.gateway.exchange import Call
from scheduler.gateway.local import bodies
from scheduler.gateway.local.access import OPERATION, Access
from scheduler.gateway.local.answers import STATUS, Answer
from scheduler.gateway.local.firmware import identity_of
from scheduler.gateway.local.login import GRID
from scheduler.gateway.local.sitemaster import LOOK

CHARGE: Final = Call("charge", "GET", "/api/system_status/soe")
METERS: Final = Call("powers", "GET", "/api/meters/aggregates")
POLL: Final = Call("poll", "GET", "/api/system/update/status")
_LOOKS: Final = frozenset({Part.RUNNING, Part.HEALTH})
# What is staged waits for somebody to install it, for weeks where nobody does.
_PUTTING_IN: Final = frozenset({"/update_downloaded", "/download"})

Value = TypeVar("Value")


async def read_parts(access: Access, steps: Steps, spend: Spend, want: frozenset[Part]) -> Reading:
    """The parts that are wanted; with FREE nothing is raised for one that would cost a login."""
    reading = Reading(at=access.line.now())
    if Part.SETTING in want:
        reading = await _setting(reading, access, steps, spend)
    if Part.CHARGE in want:
        reading = await _charge(reading, access, steps, spend)
    if Part.POWERS in want:
        reading = await _meters(reading, access, steps, spend)
    if want & _LOOKS:
        reading = await _running(reading, access, steps)
    if Part.HEALTH in want:
        reading = await _health(reading, access, steps)
    return reading


def understood(access: Access, call: Call, answer: Answer, value: Value | None) -> Value:
    """What was found in an answer. Raises GatewayProtocolError where that is nothing."""
    if value is None:
        raise access.garbled(call, answer)
    return value


async def _setting(reading: Reading, access: Access, steps: Steps, spend: Spend) -> Reading:
    if spend is Spend.DUE:
        answer: Answer | None = await access.call(OPERATION, steps)
    elif answer := await access.free(OPERATION, steps):
        access.checked(OPERATION, answer)
    if answer is None:
        return reading
    found = understood(access, OPERATION, answer, bodies.setting_of(answer.mapping()))
    return replace(reading, setting=found)


async def _charge(reading: Reading, access: Access, steps: Steps, spend: Spend) -> Reading:
    answer = await _part(CHARGE, access, steps, spend)
    if answer is None:
        return reading
    charge = bodies.charge_of(answer.mapping())
    if spend is Spend.DUE:
        charge = understood(access, CHARGE, answer, charge)
    return replace(reading, charge=charge)


async def _meters(reading: Reading, access: Access, steps: Steps, spend: Spend) -> Reading:
    answer = await _part(METERS, access, steps, spend)
    if answer is None:
        return reading
    body = answer.mapping()
    return replace(reading, powers=bodies.powers_of(body), counters=bodies.counters_of(body))


async def _running(reading: Reading, access: Access, steps: Steps) -> Reading:
    """Whether the battery runs, where it is told; not worth a login."""
    looked = await _part(LOOK, access, steps, Spend.FREE)
    runs = looked.mapping().get("running") if looked else None
    return replace(reading, running=runs if isinstance(runs, bool) else None)


async def _health(reading: Reading, access: Access, steps: Steps) -> Reading:
    """Whether the grid is there and an update under way; each where it is told, and none worth a
    login."""
    grid = await _part(GRID, access, steps, Spend.FREE)
    update = await _part(POLL, access, steps, Spend.FREE)
    status = await access.line.wire.send(STATUS, steps)
    identity = identity_of(status.mapping()) if status.fine else None
    seen = bodies.update_of(update.mapping()) if update else None
    return replace(
        reading,
        grid=bodies.grid_of(grid.mapping()) if grid else None,
        updating=None if seen is None else seen.word in _PUTTING_IN,
        firmware=identity.version if identity else None,
        in_the_way=bodies.in_the_way_of(grid.mapping()) if grid else (),
    )


async def _part(call: Call, access: Access, steps: Steps, spend: Spend) -> Answer | None:
    if spend is Spend.DUE:
        return await access.read(call, steps)
    answer = await access.free(call, steps, opened=call is not POLL)
    return answer if answer and answer.fine else None
