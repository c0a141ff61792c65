"""A year: the calendar of the schedule in force, and how each month of it was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from starlette.requests import Request

from scheduler import clock
from scheduler.audit import review
from scheduler.outlets.hindsight import Then
from scheduler.outlets.months import Month, months
from scheduler.outlets.web import address
from scheduler.outlets.web.page import Page, rendered
from scheduler.outlets.web.shapes import SHOWN_YEAR
from scheduler.outlets.web.source import Source
from scheduler.plan.year import Pattern, YearDay, year_days
from scheduler.schedule.clocktime import format_time
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.values import DayClass
from scheduler.setting import Setting

_FIRST, _LAST = 1971, 2999


@dataclass(frozen=True, slots=True)
class AskedYear:
    """A year as it was asked for."""

    year: int
    today: date
    then: Then
    days: Sequence[YearDay]
    """None where the schedule cannot be read."""
    kept: tuple[Month, ...]

    @classmethod
    def of(cls, source: Source, year: int | None) -> AskedYear:
        """Raises QuestionError for a year out of reach."""
        now = source.now()
        today = clock.localise(now, source.zone).date()
        year = today.year if year is None else year
        if not _FIRST <= year <= _LAST:
            raise address.QuestionError(f"{year} is out of reach: {_FIRST} to {_LAST}.")
        then = source.in_force(now)
        rules, days = then.schedule, []
        if rules and isinstance(rules.calendar, Tariff):
            days = year_days(rules.calendar, year, rules)
        return cls(year, today, then, days, _kept(source, year, now))


def facts(source: Source, year: int | None) -> dict[str, Any]:
    """What the template shows."""
    asked = AskedYear.of(source, year)
    seasons = list(dict.fromkeys(each.day.season for each in asked.days if each.day.season))
    return {
        "page": "Year",
        "year": asked.year,
        "this_year": asked.today.year,
        "today": asked.today,
        "problem": asked.then.problem,
        "name": asked.then.schedule.name if asked.then.schedule else "",
        "months": [_month(each, seasons) for each in _by_month(asked.days)],
        "seasons": seasons,
        "holidays": [each for each in asked.days if each.holiday],
        "changes": [each for each in asked.days if each.clock_change],
        "unusual": _unusual(asked.days),
        "kept": [_kept_words(each) for each in asked.kept],
    }


def to_json(source: Source, year: int | None) -> dict[str, Any]:
    """The calendar as `tou calendar --format json`, and the months."""
    asked = AskedYear.of(source, year)
    return {
        "year": asked.year,
        "schedule": asked.then.schedule.name if asked.then.schedule else None,
        "days": [each.to_json() for each in asked.days],
        "months": [each.to_json() for each in asked.kept],
    }


def _kept(source: Source, year: int, now: datetime) -> tuple[Month, ...]:
    start = clock.midnight(date(year, 1, 1), source.zone)
    end = min(clock.midnight(date(year + 1, 1, 1), source.zone), now)
    if end <= start:
        return ()
    known = source.outline(start, end, now)
    with source.audit() as database:
        return months(known, review.ends(database, source.site, start, end), source.zone)


def _kept_words(month: Month) -> dict[str, Any]:
    return {
        "first": month.first,
        "due": month.due,
        "wrong": _long(month.wrong),
        "unwatched": _long(month.unwatched),
    }


def _long(length: timedelta | None) -> str:
    if length is None:
        return "not known"
    minutes = round(length.total_seconds() / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _by_month(days: Sequence[YearDay]) -> Iterator[list[YearDay]]:
    for _, found in groupby(days, key=lambda each: each.date.month):
        yield list(found)


def _month(days: Sequence[YearDay], seasons: Sequence[str]) -> dict[str, Any]:
    """Weeks from Monday, with nothing where another month has the day."""
    cells: list[Mapping[str, Any] | None] = [None] * days[0].date.weekday()
    cells += [_cell(each, seasons) for each in days]
    cells += [None] * (-len(cells) % 7)
    weeks = [cells[start : start + 7] for start in range(0, len(cells), 7)]
    return {"first": days[0].date, "weeks": weeks}


def _cell(each: YearDay, seasons: Sequence[str]) -> dict[str, Any]:
    season, of_class = each.day.season, each.day.day_class
    told = [f"{each.date:%a %Y-%m-%d}", season or "", of_class.value]
    told += [each.holiday.name if each.holiday else "", each.clock_change or ""]
    told += ["unlike the usual plan"] if each.differs else []
    look = [f"s{seasons.index(season) % 4}" if season else ""]
    look += ["rest"] if of_class is not DayClass.WEEKDAY else []
    look += ["holiday"] if of_class is DayClass.HOLIDAY else []
    return {
        "date": each.date,
        "text": ", ".join(word for word in told if word),
        "look": " ".join(word for word in look if word),
        "mark": _SIGNS["clock"] if each.clock_change else _SIGNS["differs"] if each.differs else "",
    }


_SIGNS: Final = {"clock": "◷", "differs": "•"}


def _unusual(days: Sequence[YearDay]) -> list[tuple[list[date], list[str]]]:
    """The days whose plan differs, those with the same plan together."""
    groups: dict[Pattern, list[date]] = {}
    for each in days:
        if each.differs:
            groups.setdefault(each.pattern, []).append(each.date)
    return [(dates, [_words(*each) for each in pattern]) for pattern, dates in groups.items()]


def _words(second: int, held: Setting | str | None) -> str:
    words = held.words() if isinstance(held, Setting) else str(held)
    return f"{format_time(second)} {words}"


def _year_of(request: Request) -> int | None:
    found: int | None = request.path_params.get("year")
    return found


PAGE: Final = Page(
    "/year/{year:whole}",
    rendered("year.html", lambda desk, request: facts(desk.source, _year_of(request))),
    "A year: seasons, holidays, clock changes, unusual days; and how each month was kept.",
    tab="Year",
    also=("/year",),
    json="/year/{year:whole}.json",
    data=lambda desk, request: to_json(desk.source, _year_of(request)),
    shape=SHOWN_YEAR,
)
