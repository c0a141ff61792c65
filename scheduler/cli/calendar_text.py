"""A year drawn in a terminal: months down, days across, three characters a day, the days in
as many rows as the terminal asks for; then in words what a person checks: holidays, clock changes,
unusual days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import click

from scheduler.cli.table import flow, paragraph, printable, prose_width
from scheduler.cli.tariff_week import letters
from scheduler.plan.year import Pattern, YearDay
from scheduler.schedule.clocktime import format_time
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.values import DayClass
from scheduler.setting import Setting

_MONTH, _DAY = 5, 3
_SPLITS = (31, 16, 11, 8, 6, 4, 2, 1)
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
        paragraph(printable(f"{name}, {year} ({calendar.timezone}{clock_words})")),
        _grid(days, signs),
        _legend(days, signs),
        "\n".join(_holidays(calendar, year, days)),
        "\n".join(_changes(days)),
        "\n".join(_unusual(days)),
    )
    return "\n\n".join(part for part in parts if part)


def _grid(days: Sequence[YearDay], signs: Mapping[str, str]) -> str:
    """The months under each other; where they are wider than the terminal, their first days, then
    the others."""
    paints = dict(zip(signs, _COLOURS * (1 + len(signs) // len(_COLOURS)), strict=False))
    room = (prose_width() + 1 - _MONTH) // _DAY
    across = next((each for each in _SPLITS if each <= room), 1)
    blocks = []
    for first in range(1, 32, across):
        numbers = range(first, min(first + across, 32))
        head = " " * _MONTH + "".join(f"{number:<{_DAY}}" for number in numbers).rstrip()
        blocks.append("\n".join([head, *_months(days, numbers, signs, paints)]))
    return "\n\n".join(blocks)


def _months(
    days: Sequence[YearDay], numbers: range, signs: Mapping[str, str], paints: Mapping[str, str]
) -> Iterator[str]:
    for month in range(1, 13):
        inside = [each for each in days if each.date.month == month and each.date.day in numbers]
        if inside:
            cells = "".join(_cell(each, signs, paints) for each in inside)
            yield f"{inside[0].date:%b}  {cells}".rstrip()


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


def _legend(days: Sequence[YearDay], signs: Mapping[str, str]) -> str:
    classes = {each.day.day_class for each in days}
    seasons = {each.day.season for each in days}
    marks = [f"{sign} {season}" for season, sign in signs.items() if season in seasons]
    marks += [f"{sign} {name.value}" for name, sign in _CLASS_SIGNS.items() if name in classes]
    marks += ["% clock change"] if any(each.clock_change for each in days) else []
    marks += ["* unusual plan"] if any(each.differs for each in days) else []
    return flow(marks)


def _holidays(calendar: Tariff, year: int, days: Sequence[YearDay]) -> Iterator[str]:
    if calendar.holiday_calendar is None:
        yield paragraph("No holidays: every date is its day of the week.")
        return
    yield "Holidays"
    for each in days:
        if each.holiday:
            observed = " (observed)" if each.holiday.observed else ""
            name = printable(each.holiday.name) + observed
            yield paragraph(name, first=f"  {each.date:%a %Y-%m-%d}  ")
    years = calendar.holiday_years
    if years is not None and year not in years:
        words = f"Dates are listed for {years.start} to {years.stop - 1}; others are not known."
        yield paragraph(words, first="  ")


def _changes(days: Sequence[YearDay]) -> Iterator[str]:
    found = [each for each in days if each.clock_change]
    if not found:
        yield "No clock changes."
        return
    yield "Clock changes"
    for each in found:
        words = f"{each.clock_change}: a day of {each.seconds / 3600:g} h"
        yield paragraph(words, first=f"  {each.date:%a %Y-%m-%d}  ")


def _unusual(days: Sequence[YearDay]) -> Iterator[str]:
    """The days whose plan differs, those with the same plan together."""
    groups: dict[Pattern, list[date]] = {}
    for each in days:
        if each.differs:
            groups.setdefault(each.pattern, []).append(each.date)
    if not groups:
        yield paragraph(
            "Every day has the plan that is usual for its day of the week in its season."
        )
        return
    yield paragraph("Unlike the usual plan of their day of the week in their season")
    for pattern, dates in groups.items():
        yield paragraph(", ".join(f"{on:%a %m-%d}" for on in dates), first="  ")
        words = "; ".join(_words(*each) for each in pattern) or _LEFT_OUT
        yield paragraph(words, first="      ")


def _words(second: int, held: Setting | str | None) -> str:
    words = held.words() if isinstance(held, Setting) else printable(str(held))
    return f"{format_time(second)} {words}"
