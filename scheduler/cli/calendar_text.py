"""A year drawn in a terminal: months down, days across, three characters a day; then in words
what a person checks: holidays, clock changes, unusual days. Up to 100 characters wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import click

from scheduler.cli.tariff_week import letters
from scheduler.plan.year import Pattern, YearDay
from scheduler.schedule.clocktime import format_time
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.values import DayClass
from scheduler.setting import Setting

WIDTH = 100
_CLASS_SIGNS = {DayClass.WEEKDAY: ".", DayClass.WEEKEND: "e", DayClass.HOLIDAY: "H"}
_COLOURS = ("green", "yellow", "cyan", "magenta", "blue", "white")
_NO_SEASON = "-"
_LEFT_OUT = "The zone leaves this date out."


def page(name: str, calendar: Tariff, year: int, days: Sequence[YearDay]) -> str:
    """The year as text; styles carry nothing that the letters do not say."""
    seasons = calendar.season_names
    signs = letters(seasons)
    utc = calendar.clock == "utc"
    clock_words = "; the meter's windows are UTC all year" if utc else ""
    parts = (
        f"{name}  {year}  ({calendar.timezone}{clock_words})",
        _grid(days, signs),
        _legend(signs),
        "\n".join(_holidays(calendar, year, days)),
        "\n".join(_changes(days)),
        "\n".join(_unusual(days)),
    )
    return "\n\n".join(part for part in parts if part)


def _grid(days: Sequence[YearDay], signs: Mapping[str, str]) -> str:
    paints = dict(zip(signs, _COLOURS * (1 + len(signs) // len(_COLOURS)), strict=False))
    head = "     " + "".join(f"{number:<3}" for number in range(1, 32)).rstrip()
    lines = [head]
    for month in range(1, 13):
        inside = [each for each in days if each.date.month == month]
        cells = "".join(_cell(each, signs, paints) for each in inside)
        lines.append(f"{inside[0].date:%b}  {cells}".rstrip())
    return "\n".join(lines)


def _cell(each: YearDay, signs: Mapping[str, str], paints: Mapping[str, str]) -> str:
    season = each.day.season or ""
    text = signs.get(season, _NO_SEASON) + _CLASS_SIGNS[each.day.day_class]
    styled = click.style(
        text, fg=paints.get(season), bold=each.day.day_class is not DayClass.WEEKDAY
    )
    return styled + _flag(each)


def _flag(each: YearDay) -> str:
    if each.clock_change:
        return "%"
    return "*" if each.differs else " "


def _legend(signs: Mapping[str, str]) -> str:
    seasons = [f"{sign} {season}" for season, sign in signs.items()]
    marks = [". weekday", "e weekend", "H holiday", "% clock change", "* unusual plan"]
    return textwrap.fill("   ".join([*seasons, *marks]), WIDTH, break_long_words=False)


def _holidays(calendar: Tariff, year: int, days: Sequence[YearDay]) -> Iterator[str]:
    if calendar.holiday_calendar is None:
        yield "No holidays: every date is its day of the week."
        return
    yield "Holidays"
    for each in days:
        if each.holiday:
            observed = " (observed)" if each.holiday.observed else ""
            yield f"  {each.date:%a %Y-%m-%d}  {each.holiday.name}{observed}"
    years = calendar.holiday_years
    if years is not None and year not in years:
        yield f"  Dates are listed for {years.start} to {years.stop - 1}; others are not known."


def _changes(days: Sequence[YearDay]) -> Iterator[str]:
    found = [each for each in days if each.clock_change]
    if not found:
        yield "No clock changes."
        return
    yield "Clock changes"
    for each in found:
        yield f"  {each.date:%a %Y-%m-%d}  {each.clock_change}: a day of {each.seconds / 3600:g} h"


def _unusual(days: Sequence[YearDay]) -> Iterator[str]:
    """The days whose plan differs, those with the same plan together."""
    groups: dict[Pattern, list[date]] = {}
    for each in days:
        if each.differs:
            groups.setdefault(each.pattern, []).append(each.date)
    if not groups:
        yield "Every day has the plan that is usual for its day of the week in its season."
        return
    yield "Unlike the usual plan of their day of the week in their season"
    for pattern, dates in groups.items():
        yield _wrapped("  ", ", ".join(f"{on:%a %m-%d}" for on in dates))
        yield _wrapped("      ", "; ".join(_words(*each) for each in pattern) or _LEFT_OUT)


def _words(second: int, held: Setting | str | None) -> str:
    if not isinstance(held, Setting):
        return f"{format_time(second)} {held}"
    reserve = "hold" if isinstance(held.reserve, str) else f"{held.reserve:g} %"
    return f"{format_time(second)} {held.mode.app_name}, {reserve}"


def _wrapped(indent: str, text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
