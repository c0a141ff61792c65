"""What can only be said of a schedule by laying out the time to come.

Pure: the instant and the zone database's facts are arguments. A reading of the file has passed
already; nothing here changes what is planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from scheduler import clock
from scheduler.advice import calendars, jobs, rules, wall_times
from scheduler.advice.calendars import tariff_advice
from scheduler.advice.outlook import Outlook
from scheduler.errors import Problem
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_doubts import TARIFF_DOUBTS
from scheduler.schedule.values import Schedule
from scheduler.schedule.zones import ZoneData

__all__ = ["ADVICE", "CHECKS", "Advice", "advise", "tariff_advice"]


@dataclass(frozen=True, slots=True)
class Advice:
    """One question about the time to come. `about` is its sentence on the reference page."""

    id: str
    severity: Literal["error", "warning", "notice", "error or warning"]
    about: str
    find: Callable[[Outlook], Iterable[Problem]]


ADVICE: Final = (
    Advice(
        "inset-too-long",
        "error or warning",
        "An inset is shorter than the stretches of the coming year that it shrinks; an error "
        "where it leaves none of them.",
        rules.inset_too_long,
    ),
    Advice(
        "never-holds",
        "warning",
        "Every rule decides at some time within the coming two years.",
        rules.never_holds,
    ),
    Advice(
        "boundary-too-near",
        "warning",
        "A setting stays for at least the two minutes that a battery takes to follow.",
        rules.boundary_too_near,
    ),
    Advice(
        "hold-without-end",
        "warning",
        "hold stands in a rule that ends, and another setting follows it.",
        rules.hold_without_end,
    ),
    Advice(
        "left-as-it-was",
        "warning",
        "grid_charging or export, once named in a rule, is named in every rule.",
        rules.left_as_it_was,
    ),
    Advice(
        "clock-change",
        "notice",
        "No wall time that the schedule names is skipped or doubled by a clock change of the "
        "coming year.",
        wall_times.clock_change,
    ),
    Advice(
        "firmware-in-peak",
        "warning",
        "A firmware check is due outside the peak, or says allow_on_peak.",
        jobs.firmware_in_peak,
    ),
    Advice(
        "job-never-due",
        "warning",
        "Every job is due at some time within the coming two years.",
        jobs.never_due,
    ),
    Advice(
        "zone-data-old",
        "warning",
        "The zone database is at most a year old.",
        calendars.zone_data_old,
    ),
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
