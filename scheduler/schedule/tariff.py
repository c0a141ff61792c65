"""A tariff as checked values: which season, day class and period any date and instant has.

Reads no file and no clock. How these values come out of YAML is `tariff_file`'s affair.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from scheduler import clock as _clock
from scheduler.schedule import zones
from scheduler.schedule.holidays import Holiday, HolidayList, Observed, in_year
from scheduler.schedule.values import Day, DayClass

HOLIDAY: Final = 7
"""The row of a season's table that holidays use; 0 to 6 are Monday to Sunday."""

_CACHED_DAYS: Final = 20_000
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Za-z][a-z]*|\d+")
_LESSER: Final = frozenset(
    {"off", "mid", "part", "partial", "low", "lower", "half", "semi", "shoulder", "inter", "non"}
)
_PEAK_NAMES: Final = frozenset({"p1", "highest", "onpeak", "superpeak"})


@dataclass(frozen=True, slots=True)
class Prices:
    """Illustrative prices. Zero is a price; a period without one is absent."""

    as_of: date | None
    currency: str
    per_kwh: Mapping[str, Mapping[str, float]]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """The holidays of a tariff and what a weekend does to them."""

    holidays: HolidayList
    observed: Observed


@dataclass(frozen=True, slots=True)
class Season:
    """A named part of the year. `shapes` holds the Day of Monday to Sunday and of a holiday."""

    name: str
    shapes: tuple[Day, Day, Day, Day, Day, Day, Day, Day]


@dataclass(frozen=True, slots=True)
class Moment:
    """What a tariff says of an instant. `local` is read in the zone that people live in."""

    instant: datetime
    local: datetime
    season: str
    day_class: DayClass
    period: str


@dataclass(frozen=True, slots=True)
class Tariff:
    """One utility plan, complete and valid. Implements `values.Calendar`.

    Without periods it is a zone alone, which has no name either.
    """

    name: str
    timezone: str
    clock: Literal["local", "utc"]
    zone: ZoneInfo
    display_zone: ZoneInfo
    seasons: Mapping[tuple[int, int], Season]
    """The season of each (month, day) of a leap year."""
    season_names: tuple[str, ...]
    """In the order of the file."""
    periods: tuple[str, ...]
    """In the order of the file."""
    holiday_calendar: HolidayCalendar | None = None
    id: str | None = None
    """The file's name without its suffix; None for a text without a file."""
    path: Path | None = None
    """The file itself; None as with `id`."""
    utility: str | None = None
    status: str | None = None
    country: str | None = None
    region: str | None = None
    aliases: tuple[str, ...] = ()
    effective: tuple[date | None, date | None] = (None, None)
    """First and last day on which these windows apply; None where open or not known."""
    checked: date | None = None
    """When a person last compared it with the utility's sheet; None when not known."""
    checked_text: str | None = None
    """`checked` as the file writes it: some sources tell the year or the month alone."""
    sources: tuple[str, ...] = ()
    confidence: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    prices: Prices | None = None
    text_digest: str = ""
    """SHA-256 of the file's text, hex."""
    text: str = field(default="", repr=False, compare=False)
    """The file's text, where a schedule names it."""
    _days: dict[date, Day] = field(default_factory=dict, repr=False, compare=False)
    _holidays: dict[int, Mapping[date, Holiday]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __hash__(self) -> int:
        """By the text; the tables themselves cannot be hashed."""
        return hash((self.id, self.text_digest))

    def day(self, local_date: date, /) -> Day:
        found = self._days.get(local_date)
        if found is None:
            if len(self._days) >= _CACHED_DAYS:
                self._days.clear()
            found = self._days[local_date] = self._shape(local_date)
        return found

    def at(self, instant: datetime) -> Moment:
        """What holds at an instant in UTC, by that instant's own wall reading."""
        wall = _clock.localise(instant, self.zone)
        day = self.day(wall.date())
        period = period_at(day, wall.hour * 3600 + wall.minute * 60 + wall.second)
        local = _clock.localise(instant, self.display_zone)
        if day.season is None or period is None:
            raise AssertionError("a tariff has a season and a period at every instant")
        return Moment(instant, local, day.season, day.day_class, period)

    def holidays_in(self, year: int) -> tuple[Holiday, ...]:
        """Date, name and whether it stands in for a weekend date; by date."""
        return tuple(self._holidays_by_date(year).values())

    @property
    def period_names(self) -> frozenset[str]:
        """Every period that some day has."""
        return frozenset(self.periods)

    @property
    def peak_periods(self) -> frozenset[str]:
        """The periods that are called a peak; see `is_peak`."""
        return frozenset(name for name in self.periods if is_peak(name))

    @property
    def holiday_years(self) -> range | None:
        """The years for which holidays are listed by date; None where rules hold for ever."""
        return self.holiday_calendar.holidays.years if self.holiday_calendar else None

    def _shape(self, local_date: date) -> Day:
        season = self.seasons[local_date.month, local_date.day]
        holiday = local_date in self._holidays_by_date(local_date.year)
        return season.shapes[HOLIDAY if holiday else local_date.weekday()]

    def _holidays_by_date(self, year: int) -> Mapping[date, Holiday]:
        if self.holiday_calendar is None:
            return {}
        found = self._holidays.get(year)
        if found is None:
            calendar = self.holiday_calendar
            listed = in_year(calendar.holidays, calendar.observed, year)
            found = self._holidays[year] = {each.date: each for each in listed}
        return found


def period_at(day: Day, second: int) -> str | None:
    index = bisect_right(day.periods, second, key=lambda each: each[0]) - 1
    return day.periods[index][1]


def is_peak(period: str) -> bool:
    """Whether a period's name calls it a peak: the time in which a battery must not be taken away.

    `on_peak`, `peak`, `super_peak`, `high_peak`, `evening_peak`, `ON_PEAK`, Spain's `P1`; not
    `mid_peak`, `part_peak`, `low_peak`, `off_peak` in any of their forms. By name and not by
    price: prices are illustrative and may be missing, and the dearest hours of a plan such as
    Octopus Go (everything but the night) are no peak.
    """
    words = [word.casefold() for word in _WORDS.findall(period)]
    if _LESSER.intersection(words):
        return False
    return words[-1:] == ["peak"] or "".join(words) in _PEAK_NAMES


def bare(timezone: str) -> Tariff:
    """A zone without a tariff: weekdays and weekends, no holidays, no periods, one season without
    a name. Raises ValueError with the way out."""
    zone = zones.zone(timezone)
    return Tariff("", timezone, "local", zone, zone, _ONE_SEASON, (), ())


YEAR: Final = tuple(
    (day.month, day.day) for day in (date(2028, 1, 1) + timedelta(days=n) for n in range(366))
)
"""Every (month, day) of a leap year."""


def _one_season() -> Season:
    work, rest, holiday = (Day(None, each, ((0, None),)) for each in DayClass)
    return Season("", (work, work, work, work, work, rest, rest, holiday))


_ONE_SEASON: Final = dict.fromkeys(
    YEAR,
    _one_season(),
)
