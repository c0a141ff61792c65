"""What can only be said of a schedule by laying out the time to come.

Pure: the instant and the zone database's facts are arguments. A reading of the file has passed
already; nothing here changes what is planned.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from scheduler import clock
from scheduler.advice import calendars, jobs, rules, wall_times
from scheduler.advice.calendars import tariff_advice
from scheduler.advice.outlook import Outlook
from scheduler.errors import Problem
from scheduler.schedule.finding import Check
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_doubts import TARIFF_DOUBTS
from scheduler.schedule.values import Schedule
from scheduler.schedule.zones import ZoneData

__all__ = ["ADVICE", "CHECKS", "advise", "tariff_advice"]


ADVICE: Final[tuple[Check[Outlook, Problem], ...]] = (
    Check(rules.inset_too_long, "error or warning"),
    Check(rules.never_holds, "warning"),
    Check(rules.boundary_too_near, "warning"),
    Check(rules.hold_without_end, "warning"),
    Check(rules.left_as_it_was, "warning"),
    Check(wall_times.clock_change, "notice"),
    Check(jobs.firmware_in_peak, "warning"),
    Check(jobs.job_never_due, "warning"),
    Check(calendars.zone_data_old, "warning"),
)

CHECKS: Final[dict[str, str]] = {**{each.id: each.about for each in ADVICE}, **TARIFF_DOUBTS}
"""Every id that advice can carry, and what is asked."""


def advise(schedule: Schedule, zone_data: ZoneData, *, now: datetime) -> tuple[Problem, ...]:
    """What is wrong or doubtful about a schedule over the time to come, in the order of the file.

    Raises ValueError at the ends of datetime's range.
    """
    outlook = Outlook(schedule, zone_data, now)
    found = [problem for each in ADVICE for problem in each.find(outlook)]
    if isinstance(schedule.calendar, Tariff):
        today = clock.localise(now, schedule.calendar.display_zone).date()
        found += calendars.of_schedule(schedule, schedule.calendar, today)
    return tuple(sorted(found, key=lambda each: (each.place.line, each.place.column)))
