"""The rate plan that the device itself goes by, and whether the schedule's tariff says the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import date

from scheduler import imports
from scheduler.advice.rate_plan import first_difference
from scheduler.doctor.case import Passing
from scheduler.doctor.sign import Sign
from scheduler.errors import NothingToScheduleError, ScheduleError, SettingsError
from scheduler.gateway.abilities import RatePlan, ability
from scheduler.host.sites import offered_simulation, open_gateway
from scheduler.schedule.values import Schedule
from scheduler.settings import Settings

KEYS = ("tariff_content_v2", "tariff_content")


def told(chosen: Settings) -> str:
    """The answer that holds the rate plan, as JSON. Raises SettingsError where the gateway cannot
    tell it or none is set; GatewayError."""
    return asyncio.run(_told(chosen))


async def _told(chosen: Settings) -> str:
    async with open_gateway(chosen, "UTC", offered=offered_simulation(chosen)) as gateway:
        plan = ability(gateway, RatePlan)  # type: ignore[type-abstract]
        if plan is None:
            raise SettingsError(
                f"The gateway ({chosen.gateway}) does not tell a rate plan; only the cloud does. "
                "Set TOU_GATEWAY=fleet for this once, or give a file."
            )
        answer = await plan.rate_plan(Passing())
    if not any(answer.get(key) for key in KEYS):
        raise SettingsError(
            "No rate plan is set in the Tesla app, so there is none to import. Set it there "
            "(Settings, Utility Rate Plan), or give a file."
        )
    return json.dumps(answer)


def compared(schedule: Schedule, answer: object, today: date) -> Iterator[Sign]:
    """Whether the device's rate plan is that of the schedule; it matters where the battery decides
    by itself (autonomous)."""
    if not isinstance(answer, dict) or not any(answer.get(key) for key in KEYS):
        yield Sign("rate plan", "No rate plan is set in the Tesla app, or it is not told.")
        return
    if schedule.tariff_name is None:
        return
    try:
        found = imports.read(json.dumps(answer), "the rate plan", timezone=schedule.timezone)
    except (ScheduleError, NothingToScheduleError):
        yield Sign("rate plan", "The rate plan in the Tesla app is not understood.", "unknown")
        return
    day = first_difference(schedule.calendar, found.tariff, today)
    if day is None:
        yield Sign("rate plan", "The rate plan in the Tesla app has the hours of the schedule.")
        return
    yield Sign(
        "rate plan",
        f"The rate plan in the Tesla app has other hours than {schedule.tariff_name}, first on "
        f"{day}.",
        "doubtful",
        "Compare both with the utility's sheet: `tou tariff import --from-gateway --output -` "
        "shows the app's. Where a rule says autonomous, the battery goes by the app's.",
    )
