"""Which dates are holidays: rules such as "last monday of may", and what a weekend does to them.

Pure. Must not know files, nor what a holiday means for a price.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from scheduler.schedule.wording import shown

_DAY: Final = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_ORDINALS: Final = {
    **{"1st": 0, "2nd": 1, "3rd": 2, "4th": 3, "5th": 4, "last": -1},
    **{"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4},
}

# "day after" may be said of a rule that says "day after"; this keeps the nesting short.
_LONGEST_RULE: Final = 120

DateOf = Callable[[int], date | None]
"""The date of a holiday in a year; None in a year that has none."""


class Observed(StrEnum):
    """What a holiday on a weekend does to the weekdays around it; it stays a holiday itself."""

    NONE = "none"
    """Nothing moves."""
    SUNDAY_TO_MONDAY = "sunday_to_monday"
    """A Sunday makes the next Monday a holiday as well; a Saturday moves nothing."""
    SAT_TO_FRI_SUN_TO_MON = "sat_to_fri_sun_to_mon"
    """A Saturday gives the Friday before, a Sunday the Monday after."""
    CA_GOV_6701 = "ca_gov_6701"
    """California Government Code 6701: Sunday to Monday; November 11 also Saturday to Friday."""
    WEEKEND_TO_NEXT_WEEKDAY = "weekend_to_next_weekday"
    """A weekend holiday gives the next weekday that is not itself a holiday."""
    AS_GAZETTED = "as_gazetted"
    """The list already holds the substitute days; nothing moves."""


class Holiday(NamedTuple):
    """One holiday of a year. `observed`: a weekday that stands in for a weekend date."""

    date: date
    name: str
    observed: bool


@dataclass(frozen=True, slots=True)
class HolidayList:
    """Named holidays by rule, by date, or both."""

    rules: Mapping[str, DateOf] = field(default_factory=dict)
    dates: tuple[tuple[date, str], ...] = ()

    @property
    def years(self) -> range | None:
        """The years that the dates speak of; None where rules alone hold for every year."""
        if not self.dates:
            return None
        years = [day.year for day, _ in self.dates]
        return range(min(years), max(years) + 1)

    def actual(self, year: int) -> tuple[tuple[date, str], ...]:
        """Dates and names in a year, before any weekend rule, by date."""
        by_rule = ((date_of(year), name) for name, date_of in self.rules.items())
        listed = ((day, name) for day, name in self.dates if day.year == year)
        found = [(day, name) for day, name in by_rule if day is not None]
        return tuple(sorted((*found, *listed), key=lambda each: each[0]))


def in_year(holidays: HolidayList, observed: Observed, year: int) -> tuple[Holiday, ...]:
    """The holidays of a year with their substitute days, by date, each date once.

    A substitute may fall in the year before: 2028-01-01, a Saturday, gives 2027-12-31.
    """
    actual: dict[date, str] = {}
    for each_year in range(max(MINYEAR, year - 1), min(MAXYEAR, year + 1) + 1):
        for day, name in holidays.actual(each_year):
            actual.setdefault(day, name)
    found = {day: Holiday(day, name, observed=False) for day, name in actual.items()}
    for day, name in sorted(actual.items()):
        substitute = _substitute(day, observed, found)
        if substitute is not None:
            found.setdefault(substitute, Holiday(substitute, name, observed=True))
    return tuple(sorted(each for each in found.values() if each.date.year == year))


def _substitute(day: date, observed: Observed, taken: Iterable[date]) -> date | None:
    if day.weekday() < _SATURDAY:
        return None
    if observed is Observed.WEEKEND_TO_NEXT_WEEKDAY:
        return _next_free_weekday(day, frozenset(taken))
    shift = _SHIFTS.get((observed, day.weekday()), 0)
    if observed is Observed.CA_GOV_6701 and (day.month, day.day) == (11, 11):
        shift = shift or -1
    return _shifted(day, shift) if shift else None


_SHIFTS: Final = {
    (Observed.SUNDAY_TO_MONDAY, _SUNDAY): 1,
    (Observed.SAT_TO_FRI_SUN_TO_MON, _SUNDAY): 1,
    (Observed.SAT_TO_FRI_SUN_TO_MON, _SATURDAY): -1,
    (Observed.CA_GOV_6701, _SUNDAY): 1,
}


def _shifted(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def _next_free_weekday(day: date, taken: frozenset[date]) -> date | None:
    free: date | None = day
    while free is not None and (free in taken or free.weekday() >= _SATURDAY):
        free = _shifted(free, 1)
    return free


def parse_rule(text: str) -> DateOf:
    """The rule of a text such as `07-04`, `3rd monday of february`, `last monday of may`,
    `monday before 05-25`, `day after 4th thursday of november`, `friday before easter` or
    `39 days after easter`; `july 4`, `good friday` and `easter monday` as people say them.

    Case does not matter. Raises ValueError with the way out.
    """
    words = " ".join(text.casefold().split())
    for pattern, make in _FORMS:
        match = pattern.fullmatch(words) if len(words) <= _LONGEST_RULE else None
        if match is not None:
            return make(*match.groups())
    raise ValueError(
        f"{shown(text)} is not a holiday rule. Write 07-04, 3rd monday of february, "
        "last monday of may, monday before 05-25, day after 4th thursday of november, "
        "friday before easter or 39 days after easter."
    )


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the Meeus/Jones/Butcher rule."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    leaps, rest = divmod(century, 4)
    shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - shift + 15) % 30
    weekday = (32 + 2 * rest + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _fixed(month: str, day: str) -> DateOf:
    number, of_month = int(month), int(day)
    try:
        date(2028, number, of_month)
    except ValueError:
        raise ValueError(
            f'"{month}-{day}" is not a date. Write a day that the month has.'
        ) from None

    def date_of(year: int) -> date | None:
        try:
            return date(year, number, of_month)
        except ValueError:
            return None

    return date_of


def _nth(ordinal: str, weekday: str, month: str) -> DateOf:
    nth, wanted, number = _ORDINALS[ordinal], WEEKDAYS.index(weekday), _MONTHS.index(month) + 1

    def date_of(year: int) -> date | None:
        days = _days_of(year, number, wanted)
        return days[nth] if nth < len(days) else None

    return date_of


def _days_of(year: int, month: int, weekday: int) -> list[date]:
    first = date(year, month, 1)
    day = 1 + (weekday - first.weekday()) % 7
    last = 31 if month == 12 else (date(year, month + 1, 1) - _DAY).day
    return [date(year, month, each) for each in range(day, last + 1, 7)]


def _named(month: str, day: str) -> DateOf:
    return _fixed(f"{_MONTHS.index(month) + 1:02}", f"{day:0>2}")


def _beside(count: str | None, step: str | None, side: str, anchor: str) -> DateOf:
    base = parse_rule(anchor)
    sign = -1 if side == "before" else 1

    def date_of(year: int) -> date | None:
        day = base(year)
        if day is not None:
            day = _shifted(day, sign * int(count or 1))
        while day is not None and step in WEEKDAYS and step != WEEKDAYS[day.weekday()]:
            day = _shifted(day, sign)
        return day

    return date_of


_ANY_WEEKDAY: Final = "|".join(WEEKDAYS)
_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[..., DateOf]], ...]] = (
    (re.compile(r"([0-9]{2})-([0-9]{2})"), _fixed),
    (
        re.compile(rf"({'|'.join(_ORDINALS)}) ({_ANY_WEEKDAY}) (?:of|in) ({'|'.join(_MONTHS)})"),
        _nth,
    ),
    (
        re.compile(rf"(?:([0-9]{{1,2}}) days|(day|{_ANY_WEEKDAY})) (before|after) (?:the )?(.+)"),
        _beside,
    ),
    (re.compile(rf"({'|'.join(_MONTHS)}) ([0-9]{{1,2}})"), _named),
    (re.compile(rf"([0-9]{{1,2}}) ({'|'.join(_MONTHS)})"), lambda day, month: _named(month, day)),
    (re.compile(r"easter(?: sunday)?"), lambda: easter),
    (re.compile(r"easter monday"), lambda: parse_rule("monday after easter")),
    (re.compile(r"good friday"), lambda: parse_rule("friday before easter")),
)
