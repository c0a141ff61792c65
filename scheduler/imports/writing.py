"""A draft to the text of a tariff file, for people to read and mend; the inverse of `tariff_file`.

Whatever a source's text holds, it comes out as one quoted, printable line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date

from scheduler.imports.draft import (
    DAY_MINUTES,
    DateRange,
    SeasonDraft,
    Shape,
    TariffDraft,
)
from scheduler.imports.naming import plain
from scheduler.schedule.clocktime import format_span
from scheduler.schedule.values import WEEKDAY_NAMES
from scheduler.schedule.wording import one_or_list

SCHEMA_LINE = "# yaml-language-server: $schema=../tariff.schema.json"
_HEAD = (
    "# Imported. What the source could not say, and what was adjusted, stands under notes: read\n"
    "# them, compare the windows with your utility's sheet, then set `checked` to that day."
)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ._/+()&-]*")
_WORDS = re.compile(r"null|true|false|yes|no|on|off|y|n", re.IGNORECASE)
_WIDTH = 100
_LONGEST = 1_000


def write(draft: TariffDraft) -> str:
    """The text of the tariff file, with its schema in the first line."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: TariffDraft) -> Iterator[str]:
    yield SCHEMA_LINE
    yield _HEAD
    yield ""
    yield f"tariff: {scalar(draft.name)}"
    if draft.utility:
        yield f"utility: {scalar(draft.utility)}"
    remark = f"  # {plain(draft.zone.remark)}" if draft.zone.remark else ""
    yield f"timezone: {draft.zone.name}{remark}"
    if any(draft.effective):
        yield f"effective: {_day(draft.effective[0])}..{_day(draft.effective[1])}"
    yield "checked: unknown"
    yield from _listed("sources", draft.sources)
    yield "confidence: {windows: medium, holidays: none}"
    yield "seasons:"
    for season in draft.seasons:
        yield f"  {season.name}: {one_or_list([_dates(each) for each in season.ranges])}"
    yield "# holidays: the source has none; see notes"
    yield "windows:"
    for season in draft.seasons:
        yield f"  {season.name}:"
        for key, shape in _days(season.week):
            yield from _block(4, key, _windows(shape, season.periods))
    yield from _prices(draft)
    yield from _listed("notes", draft.notes)


def scalar(text: str) -> str:
    """Text as YAML: as it is where that is safe, else in double quotes."""
    line = plain(text, _LONGEST)
    if _PLAIN.fullmatch(line) and not _WORDS.fullmatch(line):
        return line
    return json.dumps(line, ensure_ascii=False)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _dates(dates: DateRange) -> str:
    (first_month, first_day), (last_month, last_day) = dates
    return f"{first_month:02}-{first_day:02}..{last_month:02}-{last_day:02}"


def _listed(key: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"{key}:"
        yield from (f"  - {scalar(item)}" for item in items)


def _block(indent: int, key: str, values: dict[str, str]) -> Iterator[str]:
    """A mapping on one line where it fits, else one key below the other."""
    inner = ", ".join(f"{name}: {value}" for name, value in values.items())
    line = f"{' ' * indent}{key}: {{{inner}}}"
    if len(line) <= _WIDTH:
        yield line
        return
    yield f"{' ' * indent}{key}:"
    yield from (f"{' ' * (indent + 2)}{name}: {value}" for name, value in values.items())


def _days(week: Sequence[Shape]) -> Iterator[tuple[str, Shape]]:
    """Day classes with their shapes: as few as say it, single days where they differ."""
    if len(set(week)) == 1:
        yield "every_day", week[0]
        return
    for key, first, last in (("weekday", 0, 5), ("weekend", 5, 7)):
        part = week[first:last]
        common = max(part, key=part.count)
        if part.count(common) > 1:
            yield key, common
        for name, shape in zip(WEEKDAY_NAMES[first:last], part, strict=True):
            if shape != common or part.count(common) == 1:
                yield name, shape


def _windows(shape: Shape, order: Sequence[str]) -> dict[str, str]:
    """Windows by period in the given order; what fills most of the day takes the rest."""
    spans = _spans(shape)
    if len(spans) == 1:
        return {next(iter(spans)): format_span(0, DAY_MINUTES * 60)}
    rest = max(reversed(order), key=lambda name: _minutes(spans.get(name, [])))
    listed = {
        name: one_or_list([format_span(start * 60, end * 60) for start, end in spans[name]])
        for name in order
        if name in spans and name != rest
    }
    return {**listed, rest: "otherwise"}


def _spans(shape: Shape) -> dict[str, list[tuple[int, int]]]:
    """Start and end minutes by period; a period at both ends of the day crosses midnight."""
    ends = [start for start, _ in shape[1:]] + [DAY_MINUTES]
    pieces = [(start, end, name) for (start, name), end in zip(shape, ends, strict=True)]
    if len(pieces) > 1 and pieces[0][2] == pieces[-1][2]:
        _, end, name = pieces.pop(0)
        pieces[-1] = pieces[-1][0], end, name
    spans: dict[str, list[tuple[int, int]]] = {}
    for start, end, name in pieces:
        spans.setdefault(name, []).append((start, end))
    return spans


def _minutes(spans: Sequence[tuple[int, int]]) -> int:
    return sum((end - start) % DAY_MINUTES or DAY_MINUTES for start, end in spans)


def _prices(draft: TariffDraft) -> Iterator[str]:
    if not any(season.prices for season in draft.seasons):
        return
    yield "prices:"
    if draft.as_of:
        yield f"  as_of: {draft.as_of}"
    yield f"  currency: {draft.currency.upper()}"
    yield "  per_kwh:"
    for season in draft.seasons:
        if season.prices:
            ordered = [name for name in season.periods if name in season.prices]
            yield from _block(4, season.name, {name: _price(season, name) for name in ordered})


def _price(season: SeasonDraft, period: str) -> str:
    text = f"{season.prices[period]:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
