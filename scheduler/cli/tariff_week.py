"""A tariff's weeks drawn in a terminal: hours across, day classes down, a letter per period.

Every cell is half an hour and holds its period's letter, so it reads without colour too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import click

from scheduler.cli.table import paragraph, printable, prose_width
from scheduler.schedule.clocktime import format_span
from scheduler.schedule.tariff import Tariff, is_peak, period_at
from scheduler.schedule.values import DAY_SECONDS, Day
from scheduler.schedule.weeks import rows, season_dates, season_named, windows

_CELLS = (1800, 3600, 7200)
_DAY = DAY_SECONDS
_LABEL = 10
_USUAL_LETTERS = {"on_peak": "P", "peak": "P", "mid_peak": "M", "off_peak": "o", "overnight": "n"}
_USUAL_COLOURS = {"mid_peak": "yellow", "off_peak": "green", "super_off_peak": "cyan"}
_COLOURS = ("green", "yellow", "cyan", "magenta", "blue", "white")


def letters(periods: Sequence[str]) -> dict[str, str]:
    """One letter per period, all different whatever their case."""
    given: dict[str, str] = {}
    taken: set[str] = set()
    for period in periods:
        usual = _USUAL_LETTERS.get(period, "")
        candidates = (usual, *_initials(period), *period.upper(), *"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        free = (each for each in candidates if each.isalpha() and each.casefold() not in taken)
        given[period] = next(free, "?")
        taken.add(given[period].casefold())
    return given


def _initials(period: str) -> Iterator[str]:
    return (word[:1].upper() for word in period.split("_") if word)


def colours(periods: Sequence[str]) -> dict[str, str]:
    """A colour per period: red for the peaks, the usual ones for the usual names."""
    given = {each: "red" if is_peak(each) else _USUAL_COLOURS.get(each, "") for each in periods}
    spare = [each for each in _COLOURS if each not in given.values()] or list(_COLOURS)
    unnamed = [period for period, colour in given.items() if not colour]
    given.update({each: spare[index % len(spare)] for index, each in enumerate(unnamed)})
    return given


def draw(tariff: Tariff) -> str:
    """A week per season, with its legend; a cell is half an hour, or as much as the terminal asks
    for."""
    cell = next((each for each in _CELLS if _LABEL + _DAY // each <= prose_width()), _CELLS[-1])
    signs, paints = letters(tariff.periods), colours(tariff.periods)
    blocks = []
    for name in tariff.season_names:
        season = season_named(tariff, name)
        lines = rows(season, holidays=tariff.holiday_calendar is not None)
        blocks.append(
            "\n".join(
                [
                    f"{click.style(printable(name), bold=True)}  "
                    f"{', '.join(season_dates(tariff, name))}",
                    _ruler(cell),
                    *(f"{label:<{_LABEL}}{_bar(day, cell, signs, paints)}" for label, day in lines),
                    *_exactly(lines, cell),
                ]
            )
        )
    return "\n\n".join([*blocks, legend(tariff, signs, paints)])


def _ruler(cell: int) -> str:
    step = 4 * cell // 3600
    hours = "".join(f"{hour:<4}" for hour in range(0, 24, step))
    return f"{'':<{_LABEL}}{hours}24"


def _bar(day: Day, cell: int, signs: Mapping[str, str], paints: Mapping[str, str]) -> str:
    """Each cell shows the period at its middle."""
    cells = [period_at(day, start + cell // 2) or "" for start in range(0, _DAY, cell)]
    return "".join(
        click.style(signs[period] * len(list(run)), fg="black", bg=paints[period])
        for period, run in groupby(cells)
    )


def _exactly(lines: Iterable[tuple[str, Day]], cell: int) -> Iterator[str]:
    """The windows of rows that the cells cannot show, in words."""
    for label, day in lines:
        if all(start % cell == 0 for start, _ in day.periods):
            continue
        spans = ", ".join(f"{period} {format_span(*span)}" for *span, period in windows(day))
        yield paragraph(f"{label} exactly: {spans}", first=" " * _LABEL)


def legend(tariff: Tariff, signs: Mapping[str, str], paints: Mapping[str, str]) -> str:
    """Letter and name of each period, with its prices by season where they are known."""
    width = max(len(period) for period in tariff.periods)
    lines = []
    for period in tariff.periods:
        sign = click.style(f" {signs[period]} ", fg="black", bg=paints[period])
        lines.append(f"{sign} {period:<{width}}  {_prices_of(tariff, period)}".rstrip())
    return "\n".join(lines)


def _prices_of(tariff: Tariff, period: str) -> str:
    if tariff.prices is None:
        return ""
    found = [
        f"{season} {prices[period]:g}"
        for season, prices in tariff.prices.per_kwh.items()
        if period in prices
    ]
    return f"{', '.join(found)} {tariff.prices.currency}/kWh" if found else ""
