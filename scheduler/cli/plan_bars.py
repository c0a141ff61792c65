"""The days of a plan as bars: 48 half hours across, the period's letter above the setting's.

Every cell shows what holds at its middle; the table below the bars has the exact times.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import click

from scheduler import clock
from scheduler.cli.table import printable
from scheduler.cli.tariff_week import colours, letters
from scheduler.plan import Lease, Plan, plan, wall
from scheduler.plan.wall import Piece, by_day
from scheduler.schedule.values import DAY_SECONDS, Schedule
from scheduler.setting import Setting

MOST_DAYS = 14
_LABEL = 12
_LENGTH = len(" 24.5 h")
_HALF_HOUR = 1800
_NARROWEST = _LABEL + 24 + _LENGTH
_BLANK = " "
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_COLOURS = ("blue", "white", "magenta", "cyan", "yellow", "green")


@dataclass(frozen=True, slots=True)
class _Ink:
    signs: Mapping[str, str]
    paints: Mapping[str, str]


def draw(schedule: Schedule, made: Plan, *, width: int, leases: Sequence[Lease] = ()) -> str:
    """The first 14 days of a plan as bars with their legend: whole days, also where the plan
    begins or ends within them. Cells are half hours, or hours where `width` is too small for
    those; nothing is drawn where it is too small for hours. Blank: an hour that the clock skips."""
    if not made.entries or width < _NARROWEST:
        return ""
    cell = _HALF_HOUR if width >= _LABEL + 48 + _LENGTH else 2 * _HALF_HOUR
    days = _days(schedule, made, cell)
    shown = dict(list(days.items())[:MOST_DAYS])
    if not shown:
        return ""
    switches = _switches(schedule, list(shown.values()), leases)
    periods, settings = _period_ink(schedule), _setting_ink(setting for _, setting in switches)
    rows = {number: _middles(number, pieces, cell) for number, pieces in shown.items()}
    held = {number: [_period(schedule, at) for at in row] for number, row in rows.items()}
    wanted = {number: [_held(switches, at) for at in row] for number, row in rows.items()}
    lines = [_ruler(cell)]
    for number, pieces in shown.items():
        if periods.signs:
            lines.append(_row(_label(number), held[number], periods))
        label = "" if periods.signs else _label(number)
        lines.append(_row(label, wanted[number], settings) + _length(pieces))
    if len(days) > MOST_DAYS:
        lines.append(f"The first {MOST_DAYS} days are drawn.")
    legend = [*_legend(periods, held.values()), *_legend(settings, wanted.values())]
    return "\n".join([*lines, "", *legend])


def _days(schedule: Schedule, made: Plan, cell: int) -> dict[int, Sequence[Piece]]:
    """The whole days of which the plan has the middle of a cell, with one more than is drawn."""
    start, end = wall.floor_seconds(made.start), wall.ceil_seconds(made.end)
    last = min(end, start + (MOST_DAYS + 1) * DAY_SECONDS)
    whole = by_day(schedule.calendar.display_zone, start - 2 * DAY_SECONDS, last + 2 * DAY_SECONDS)
    return {
        number: pieces
        for number, pieces in whole.items()
        if any(at is not None and start <= at < last for at in _middles(number, pieces, cell))
    }


def _switches(
    schedule: Schedule, days: Sequence[Sequence[Piece]], leases: Sequence[Lease]
) -> list[tuple[int, Setting]]:
    start, end = wall.instant_of(days[0][0].start), wall.instant_of(days[-1][-1].end)
    return [
        (clock.to_micros(each.at) // 1_000_000, each.setting)
        for each in plan(schedule, start, end, leases).entries
        if each.setting is not None
    ]


def _ruler(cell: int) -> str:
    step = 2 if cell == _HALF_HOUR else 4
    hours = "".join(f"{hour:<4}" for hour in range(0, 24, step))
    return f"{'':<{_LABEL}}{hours}24"


def _label(number: int) -> str:
    return f"{wall.date_of(number):%a %m-%d}"


def _length(pieces: Sequence[Piece]) -> str:
    """The length of a day of a clock change, at the end of its row."""
    if len({each.offset for each in pieces}) == 1:
        return ""
    shift = pieces[-1].offset - pieces[0].offset
    return f" {(DAY_SECONDS - shift) / 3600:g} h"


def _middles(number: int, pieces: Sequence[Piece], cell: int) -> list[int | None]:
    """The instant of each cell's middle; the first of two, None where there is none."""
    midnight = number * DAY_SECONDS
    readings = range(midnight + cell // 2, midnight + DAY_SECONDS, cell)
    return [
        next(
            (
                reading - each.offset
                for each in pieces
                if each.start <= reading - each.offset < each.end
            ),
            None,
        )
        for reading in readings
    ]


def _period(schedule: Schedule, at: int | None) -> str | None:
    return None if at is None else wall.reading(schedule.calendar, wall.instant_of(at))[2]


def _held(switches: Sequence[tuple[int, Setting]], at: int | None) -> str | None:
    if at is None:
        return None
    index = bisect_right(switches, at, key=lambda each: each[0]) - 1
    return switches[max(index, 0)][1].words()


def _period_ink(schedule: Schedule) -> _Ink:
    periods = getattr(schedule.calendar, "periods", None) or sorted(schedule.period_names)
    return _Ink(letters(periods), colours(periods))


def _setting_ink(settings: Iterable[Setting]) -> _Ink:
    names = list(dict.fromkeys(each.words() for each in settings))
    signs = {name: _LETTERS[index % len(_LETTERS)] for index, name in enumerate(names)}
    paints = {name: _COLOURS[index % len(_COLOURS)] for index, name in enumerate(names)}
    return _Ink(signs, paints)


def _row(label: str, cells: Sequence[str | None], ink: _Ink) -> str:
    drawn = "".join(_run(name, len(list(run)), ink) for name, run in groupby(cells))
    return f"{label:<{_LABEL}}{drawn}"


def _run(name: str | None, length: int, ink: _Ink) -> str:
    if name is None:
        return _BLANK * length
    return click.style(ink.signs[name] * length, fg="black", bg=ink.paints[name])


def _legend(ink: _Ink, drawn: Iterable[Sequence[str | None]]) -> list[str]:
    occurring = {name for row in drawn for name in row}
    return [
        f"{click.style(f' {sign} ', fg='black', bg=ink.paints[name])} {printable(name)}"
        for name, sign in ink.signs.items()
        if name in occurring
    ]
