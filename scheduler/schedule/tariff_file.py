"""The tariff file: YAML in, a checked `Tariff` out, or every problem with its place.

Knows the file's keys and the shipped holiday lists; must not know schedules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from scheduler.errors import ScheduleError
from scheduler.schedule import shipped, source, tariff_day, zones
from scheduler.schedule import tariff_sense as sense
from scheduler.schedule.complaints import Fault, position, shape_of
from scheduler.schedule.document import Document
from scheduler.schedule.finding import Finding
from scheduler.schedule.holidays import HolidayList
from scheduler.schedule.tariff import HolidayCalendar, Prices, Season, Tariff
from scheduler.schedule.tariff_day import Table
from scheduler.schedule.tariff_sense import Tables
from scheduler.schedule.tariff_shape import UNSTATED, HolidaysPart, PricesPart, TariffFile
from scheduler.schedule.values import Day, DayClass

__all__ = ["TARIFF_CHECKS", "TariffFile", "load_tariff", "parse_tariff", "tariff_of"]

TARIFF_CHECKS: Final = {
    "choice": "A word is one of those that the key allows.",
    "checked": "The date of the last comparison is a date, a month, a year or unknown.",
    "currency": "A currency is three capital letters.",
    "date": "A date is a day of the calendar.",
    "day-class": "Every day of every season has windows, under a known day class.",
    "effective": "The range of dates is in order.",
    "holiday-effect": "Holidays change something, and holiday windows have holidays.",
    "holiday-list": "The holiday list exists.",
    "holiday-rule": "A holiday rule is one of the known forms.",
    "name": "Seasons and periods have names of letters, digits and underscores.",
    "observed": "It is said what a holiday on a weekend does.",
    "price": "Every price belongs to a period of its season.",
    "season": "Seasons are month-day ranges, and windows belong to a season.",
    "season-gap": "Seasons leave no day of the year out, February 29 included.",
    "season-overlap": "No day belongs to two seasons.",
    "timezone": "The zone is an IANA name of a place.",
    "window": "A window is a start and an end on the clock.",
    "window-gap": "Windows leave no second of the day out.",
    "window-overlap": "No second of the day belongs to two windows.",
}
"""The ids of the problems that this room finds, and what each asks for."""

_STAND_INS: Final = {
    "tariff": "?",
    "timezone": "UTC",
    "seasons": {"all_year": "01-01..12-31"},
    "windows": {"all_year": {"every_day": {"all": "otherwise"}}},
}
_UNSTATED_NOTE: Final = (
    "The source does not say what a holiday on a weekend does; "
    "read here as: a Sunday makes the Monday a holiday, a Saturday moves nothing."
)


def load_tariff(path: Path, *, shown_as: str | None = None) -> Tariff:
    """The tariff of a file; its id is the file's name without suffix.

    Raises ScheduleError with all problems.
    """
    name = shown_as or str(path)
    tariff = parse_tariff(source.read_text(path, name), name)
    return replace(tariff, id=path.stem, path=path)


def parse_tariff(text: str, file: str) -> Tariff:
    """The tariff of a text that messages call `file`. Raises ScheduleError."""
    return tariff_of(source.compose(text, file))


def tariff_of(document: Document) -> Tariff:
    """The tariff of a document. Raises ScheduleError with all problems."""
    shape, found, faults = shape_of(TariffFile, document)
    # Dates in a plain list have no name; pydantic sees them under an empty one.
    found = [replace(each, path=each.path.replace('.""', "")) for each in found]
    findings = _sense(shape) if shape else _sense_of_the_rest(document.data, faults)
    problems = (*document.problems, *found, *(each.in_file(document) for each in findings))
    if problems or shape is None:
        raise ScheduleError(tuple(sorted(dict.fromkeys(problems), key=position)))
    return _tariff(shape, hashlib.sha256(document.text.encode()).hexdigest())


def _sense(file: TariffFile) -> list[Finding]:
    lists = shipped.holiday_lists() if file.holidays and file.holidays.list else {}
    findings = [
        *sense.check_zone(file.timezone.key, file.clock),
        *_sense_of_parts(file),
        *sense.check_days(file.seasons, file.windows, file.holidays),
        *sense.check_holidays(file.windows, file.holidays, lists),
    ]
    if file.prices:
        findings += sense.check_prices(file.prices.per_kwh, file.windows)
    return findings


def _sense_of_parts(file: TariffFile) -> Iterator[Finding]:
    yield from sense.check_names(file.seasons, file.windows)
    yield from sense.check_seasons(file.seasons)
    for season, tables in file.windows.items():
        for day, table in tables.items():
            yield from tariff_day.check_table(table, ("windows", season, day))


def _sense_of_the_rest(data: object, faults: set[Fault]) -> list[Finding]:
    """What makes no sense in the parts that have the right shape; so that all is said at once."""
    if not isinstance(data, dict):
        return []
    broken = {loc[:3] for loc in faults if loc}
    tops = {loc[0] for loc in broken if loc[0] != "windows"}
    rest = {key: value for key, value in data.items() if key not in tops}
    rest["windows"] = _unbroken(data.get("windows"), broken)
    try:
        file = TariffFile.model_validate({**_STAND_INS, **{k: v for k, v in rest.items() if v}})
    except ValidationError:
        return []
    return list(_sense_of_parts(file))


def _unbroken(windows: object, broken: set[Fault]) -> dict[str, object]:
    if not isinstance(windows, dict):
        return {}
    kept = {
        season: {
            day: table for day, table in tables.items() if ("windows", season, day) not in broken
        }
        for season, tables in windows.items()
        if isinstance(tables, dict)
    }
    return {season: tables for season, tables in kept.items() if tables}


def _tariff(file: TariffFile, digest: str) -> Tariff:
    by_name = {name: _season(name, file.windows[name], file.holidays) for name in file.seasons}
    text, checked = file.checked
    unstated = file.holidays is not None and file.holidays.observed == UNSTATED
    return Tariff(
        name=file.tariff,
        utility=file.utility,
        timezone=file.timezone.key,
        clock="utc" if file.clock == "utc" else "local",
        zone=zones.zone("UTC") if file.clock == "utc" else file.timezone,
        display_zone=file.timezone,
        seasons={day: by_name[name] for day, name in sense.season_days(file.seasons).items()},
        season_names=tuple(file.seasons),
        periods=_periods(file, by_name.values()),
        holiday_calendar=_holidays(file.holidays),
        status=file.status,
        country=file.country,
        region=file.region,
        aliases=tuple(file.aliases),
        effective=file.effective,
        checked=checked,
        checked_text=text if "checked" in file.model_fields_set else None,
        sources=tuple(file.sources),
        confidence=file.confidence,
        notes=(*file.notes, *((_UNSTATED_NOTE,) if unstated else ())),
        prices=_prices(file.prices),
        text_digest=digest,
    )


def _season(name: str, tables: Tables, holidays: HolidaysPart | None) -> Season:
    week = [sense.table_for(tables, weekday) for weekday in range(7)]
    count_as = holidays.count_as if holidays else None
    of_holiday = sense.holiday_table(tables, count_as) if holidays else week[6]
    classes = (*[DayClass.WEEKDAY] * 5, *[DayClass.WEEKEND] * 2, DayClass.HOLIDAY)
    mon, tue, wed, thu, fri, sat, sun, holiday = (
        Day(name, day_class, tariff_day.periods_of(table or {}))
        for day_class, table in zip(classes, (*week, of_holiday), strict=True)
    )
    return Season(name, (mon, tue, wed, thu, fri, sat, sun, holiday))


def _periods(file: TariffFile, seasons: Iterable[Season]) -> tuple[str, ...]:
    occurring = {name for season in seasons for day in season.shapes for _, name in day.periods}
    tables: Iterator[Table] = (
        table for season in file.seasons for table in file.windows[season].values()
    )
    return tuple(dict.fromkeys(name for table in tables for name in table if name in occurring))


def _holidays(part: HolidaysPart | None) -> HolidayCalendar | None:
    if part is None:
        return None
    base = shipped.holiday_lists()[part.list] if part.list else HolidayList()
    own = ((day, name or "Holiday") for name, days in part.dates.items() for day in days)
    dates = tuple(sorted((*base.dates, *own)))
    return HolidayCalendar(HolidayList({**base.rules, **part.days}, dates), part.rule)


def _prices(part: PricesPart | None) -> Prices | None:
    if part is None:
        return None
    per_kwh: Mapping[str, Mapping[str, float]] = part.per_kwh
    return Prices(part.as_of, part.currency, per_kwh, part.note)
