"""Whether a tariff file of the right shape makes sense: seasons tile the year, every day has its
windows, every price its period.

Each check takes parsed parts and yields what it finds; it must not know how the parts were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from scheduler.schedule import text
from scheduler.schedule.finding import Finding
from scheduler.schedule.tariff import YEAR
from scheduler.schedule.tariff_day import Loc, Table
from scheduler.schedule.tariff_shape import DAY_KEYS, HolidaysPart, named, proper
from scheduler.schedule.tariff_text import MonthDay, SeasonSpan
from scheduler.schedule.values import WEEKDAY_NAMES
from scheduler.schedule.wording import did_you_mean, listed, shown

Tables = Mapping[str, Table]
"""Day class or day to its table, within one season."""

_NO_PLACES: Final = {"UTC", "UCT", "Universal", "Zulu", "GMT", "GMT0", "Greenwich"}


def check_zone(zone: str, clock: str) -> Iterator[Finding]:
    """A place, since no household lives on UTC: there it says that nobody knew the zone."""
    if clock != "utc" and zone.rpartition("/")[2] in _NO_PLACES:
        message = (
            f"{zone} is no place where a meter stands. Write the zone of the house, such as "
            "America/Los_Angeles; for a meter that ignores summer time add clock: utc."
        )
        yield Finding(("timezone",), message, "timezone")


def _day_meant(written: str) -> str:
    if text.without_a_day(written):
        return " Write every_day."
    with suppress(ValueError):
        return f" Did you mean {text.day(written)}?"
    return did_you_mean(written, DAY_KEYS) or f" Write {listed(DAY_KEYS, 'or')}."


def check_names(seasons: Iterable[str], windows: Mapping[str, Tables]) -> Iterator[Finding]:
    """Seasons and periods have names, day classes are known ones."""
    yield from _bad_names(seasons, ("seasons",))
    for season, tables in windows.items():
        for day, table in tables.items():
            loc = ("windows", season)
            if day not in DAY_KEYS:
                message = f"{shown(day)} is not a day class.{_day_meant(day)}"
                yield Finding((*loc, day), message, "day-class", at_key=True)
            yield from _bad_names(table, (*loc, day))


def _bad_names(names: Iterable[str], loc: Loc) -> Iterator[Finding]:
    for name in names:
        if not proper(name):
            message = f"{shown(name)} is not a name. Use letters, digits and _, a letter first."
            yield Finding((*loc, name), message, "name", at_key=True)


def season_days(seasons: Mapping[str, Sequence[SeasonSpan]]) -> dict[MonthDay, str]:
    """The season of each (month, day); the first one where two claim it."""
    found: dict[MonthDay, str] = {}
    for name, spans in seasons.items():
        for span in spans:
            for day in _days_of(span):
                found.setdefault(day, name)
    return found


def check_seasons(seasons: Mapping[str, Sequence[SeasonSpan]]) -> Iterator[Finding]:
    """Every day of a leap year belongs to exactly one season."""
    owner: dict[MonthDay, tuple[str, SeasonSpan]] = {}
    for name, spans in seasons.items():
        for span in spans:
            shared = [day for day in _days_of(span) if day in owner]
            if shared:
                other = "; ".join(sorted({_season(*owner[day]) for day in shared}))
                message = (
                    f"{_season(name, span)} and {other} both claim {_ranges(shared)}. "
                    "A day belongs to one season."
                )
                yield Finding(("seasons", name), message, "season-overlap")
            owner.update({day: (name, span) for day in _days_of(span) if day not in owner})
    missing = [day for day in YEAR if day not in owner]
    if missing:
        yield Finding(("seasons",), _season_gap(missing), "season-gap")


def table_for(tables: Tables, weekday: int) -> Table | None:
    """The windows of Monday (0) to Sunday (6): the narrower key wins."""
    broad = "weekend" if weekday >= 5 else "weekday"
    for key in (WEEKDAY_NAMES[weekday], broad, "every_day"):
        if key in tables:
            return tables[key]
    return None


def holiday_table(tables: Tables, count_as: str | None) -> Table | None:
    """The windows of a holiday: its own, else those of the class it counts as, else those that
    every day has; None where that leaves it open."""
    if "holiday" in tables:
        return tables["holiday"]
    if count_as is not None:
        return tables.get(count_as) or table_for(tables, 6 if count_as == "weekend" else 0)
    of_the_week = [table_for(tables, weekday) for weekday in range(7)]
    return of_the_week[0] if all(each == of_the_week[0] for each in of_the_week) else None


def check_days(
    seasons: Iterable[str], windows: Mapping[str, Tables], holidays: HolidaysPart | None
) -> Iterator[Finding]:
    """Every season has windows for every day, and no windows are without a season."""
    names = list(seasons)
    for name in names:
        if name not in windows:
            message = f"The season {named(name)} has no windows. Add windows.{named(name)}."
            yield Finding(("windows",), message, "day-class")
    for name, tables in windows.items():
        if name not in names:
            message = f"There is no season {named(name)}.{_instead(name, names, 'seasons')}"
            yield Finding(("windows", name), message, "season", at_key=True)
            continue
        yield from _check_week(tables, ("windows", name))
        yield from _check_holiday(tables, ("windows", name), holidays)


def check_holidays(
    windows: Mapping[str, Tables], holidays: HolidaysPart | None, lists: Iterable[str]
) -> Iterator[Finding]:
    """A list that exists, a rule for weekends, and an effect."""
    if holidays is None:
        return
    loc = ("holidays",)
    known = tuple(lists)
    if holidays.list is not None and holidays.list not in known:
        guess = did_you_mean(holidays.list, known) or f" Write {listed(known, 'or')}."
        yield Finding((*loc, "list"), f"There is no such holiday list.{guess}", "holiday-list")
    if not (holidays.list or holidays.dates or holidays.days):
        message = "No holidays are named. Write list, or dates of your own."
        yield Finding(loc, message, "holiday-list")
    if holidays.observed is None and (holidays.list or holidays.days):
        message = (
            "What does a holiday on a weekend do to the weekdays around it? Write observed: none, "
            "sunday_to_monday or another of the rules."
        )
        yield Finding(loc, message, "observed")
    if holidays.count_as is None and not any("holiday" in tables for tables in windows.values()):
        message = (
            "These holidays change nothing. Write count_as: weekend, or give windows for holiday."
        )
        yield Finding(loc, message, "holiday-effect")


def check_prices(
    per_kwh: Mapping[str, Mapping[str, float]], windows: Mapping[str, Tables]
) -> Iterator[Finding]:
    for season, prices in per_kwh.items():
        loc = ("prices", "per_kwh", season)
        if season not in windows:
            instead = _instead(season, windows, "seasons")
            message = f"There is no season {named(season)}.{instead}"
            yield Finding(loc, message, "price", at_key=True)
            continue
        known = {period for table in windows[season].values() for period in table}
        for period in prices:
            if period not in known:
                instead = _instead(period, sorted(known), "periods")
                message = f"{named(season)} has no period {named(period)}.{instead}"
                yield Finding((*loc, period), message, "price", at_key=True)


def _check_week(tables: Tables, loc: Loc) -> Iterator[Finding]:
    missing = [day for n, day in enumerate(WEEKDAY_NAMES) if table_for(tables, n) is None]
    # A misspelt day class is told already; then nothing is missing but its letter.
    if missing and tables.keys() <= set(DAY_KEYS):
        broad = {WEEKDAY_NAMES[:5]: "weekday", WEEKDAY_NAMES[5:]: "weekend"}
        hint = broad.get(tuple(missing)) or "every_day, or each of them"
        message = f"There are no windows for {listed(missing)}. Add {hint}."
        yield Finding(loc, message, "day-class")


def _check_holiday(tables: Tables, loc: Loc, holidays: HolidaysPart | None) -> Iterator[Finding]:
    if holidays is None:
        if "holiday" in tables:
            message = "These windows are never used: the tariff has no holidays. Add holidays."
            yield Finding((*loc, "holiday"), message, "holiday-effect", at_key=True)
        return
    if holiday_table(tables, holidays.count_as) is None:
        message = (
            "There are no windows for a holiday. Add holiday, or count_as: weekend to holidays."
        )
        yield Finding(loc, message, "day-class")


def _days_of(span: SeasonSpan) -> list[MonthDay]:
    first, last = YEAR.index(span[0]), YEAR.index(span[1])
    if first <= last:
        return list(YEAR[first : last + 1])
    return list(YEAR[first:] + YEAR[: last + 1])


def _season(name: str, span: SeasonSpan) -> str:
    return f"{named(name)} {_month_day(span[0])}..{_month_day(span[1])}"


def _instead(name: str, known: Iterable[str], what: str) -> str:
    names = tuple(known)
    guess = did_you_mean(name, filter(proper, names))
    return guess or f" Its {what} are {listed(map(named, names))}."


def _month_day(day: MonthDay) -> str:
    return f"{day[0]:02}-{day[1]:02}"


def _season_gap(missing: Sequence[MonthDay]) -> str:
    if list(missing) == [(2, 29)]:
        return "No season covers 02-29. End the season on 02-29: in a common year that means 02-28."
    return f"No season covers {_ranges(missing)}. Extend one; both its ends are included."


def _ranges(days: Iterable[MonthDay]) -> str:
    """`01-05..01-09 and 12-25`."""
    runs: list[list[int]] = []
    for number in sorted(YEAR.index(day) for day in days):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return listed(
        _month_day(YEAR[run[0]])
        if len(run) == 1
        else f"{_month_day(YEAR[run[0]])}..{_month_day(YEAR[run[-1]])}"
        for run in runs
    )
