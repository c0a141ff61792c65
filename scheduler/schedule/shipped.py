"""Where the shipped schedules, tariffs and holiday lists are, and the holiday lists themselves."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from scheduler.errors import ConfigurationError, ScheduleError
from scheduler.schedule import source
from scheduler.schedule.complaints import shape_of
from scheduler.schedule.holidays import HolidayList
from scheduler.schedule.tariff_shape import HolidayListPart, HolidaysFile

_PACKAGE: Final = Path(__file__).resolve().parent.parent


@cache
def folder() -> Path:
    """The shipped folder: inside the installed package, or beside it in a checkout.

    Raises ConfigurationError when it is in neither.
    """
    for candidate in (_PACKAGE / "schedules", _PACKAGE.parent / "schedules"):
        if (candidate / "holidays.yaml").is_file():
            return candidate
    raise ConfigurationError("The shipped schedules are missing. Install the program again.")


@cache
def holiday_lists() -> dict[str, HolidayList]:
    document = source.read(folder() / "holidays.yaml", shown_as="holidays.yaml")
    shape, problems, _ = shape_of(HolidaysFile, document)
    if shape is None:
        raise ScheduleError(tuple(problems))
    return {name: _converted(part) for name, part in shape.lists.items()}


def _converted(part: HolidayListPart) -> HolidayList:
    dates = ((day, name) for name, days in part.dates.items() for day in days)
    return HolidayList(rules=part.days, dates=tuple(sorted(dates)))
