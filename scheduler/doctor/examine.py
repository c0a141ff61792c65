"""The gateways of the settings examined one after the other."""

from __future__ import annotations

from scheduler import clock
from scheduler.doctor.case import Case, look
from scheduler.doctor.checks import CHECKS
from scheduler.doctor.sign import Sign, Signs, of_error
from scheduler.errors import ScheduleError, SchedulerError
from scheduler.gateway.registry import Surroundings, settings_of, transport
from scheduler.host.sites import offered_simulation, read_schedule
from scheduler.schedule.load import Loaded
from scheduler.settings import Settings


async def examine_all(chosen: Settings) -> tuple[tuple[Sign, ...], tuple[Signs, ...]]:
    """What is wrong with the schedule itself, and what was found of each gateway."""
    loaded, found = _schedule(chosen)
    return found, tuple([await examine(chosen, name, loaded) for name in chosen.gateways])


def _schedule(chosen: Settings) -> tuple[Loaded | None, tuple[Sign, ...]]:
    try:
        return read_schedule(chosen), ()
    except ScheduleError as error:
        found = [Sign("schedule", str(each), "wrong", code=78) for each in error.problems]
        return None, tuple(found)
    except SchedulerError as error:
        return None, (of_error("schedule", error),)


async def examine(chosen: Settings, name: str, loaded: Loaded | None) -> Signs:
    """One gateway by the name of its transport."""
    table = chosen.of(settings_of(name))
    around = Surroundings(
        state=chosen.database_path,
        timezone=loaded.schedule.timezone if loaded else "UTC",
        offered=offered_simulation(chosen),
    )
    try:
        gateway = transport(name).open_gateway(table, around)
    except SchedulerError as error:
        return Signs(name, None, simulated=False, found=(of_error("settings", error),))
    case = Case(name, table, gateway, gateway.limits, loaded=loaded)
    try:
        case = await look(case)
        found = [each for check in CHECKS for each in check(case)]
    finally:
        await gateway.close()
    if loaded is not None and case.rate_plan is not None:
        from scheduler.doctor.rate_plan import compared

        today = clock.localise(clock.now(), loaded.schedule.calendar.display_zone).date()
        found += compared(loaded.schedule, case.rate_plan, today)
    if name == "local":
        from scheduler.doctor.certificate import certificate

        found[1:1] = [each async for each in certificate(table, clock.now())]
    return Signs(name, gateway.name, gateway.simulated, tuple(found))
