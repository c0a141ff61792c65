"""Whether two calendars of prices say the same: the schedule's tariff, and the rate plan in the
Tesla app, by which the device's own Time-Based Control goes.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from scheduler.schedule.values import Calendar, Day, DayClass

A_YEAR: Final = 366


def first_difference(ours: Calendar, plan: Calendar, start: date) -> date | None:
    """The first day of a year on which their periods begin at other times, or stand for one
    another in another way than before; names are each program's own. A rate plan knows no
    holidays, so those are left out."""
    meaning: dict[str | None, str | None] = {}
    for number in range(A_YEAR):
        day = start + timedelta(days=number)
        mine, theirs = ours.day(day), plan.day(day)
        if mine.day_class is not DayClass.HOLIDAY and not _alike(mine, theirs, meaning):
            return day
    return None


def _alike(mine: Day, theirs: Day, meaning: dict[str | None, str | None]) -> bool:
    if [start for start, _ in mine.periods] != [start for start, _ in theirs.periods]:
        return False
    together = zip(mine.periods, theirs.periods, strict=True)
    pairs = [(f"{mine.season}/{a}", b) for (_, a), (_, b) in together]
    return all(meaning.setdefault(a, b) == b for a, b in pairs)
