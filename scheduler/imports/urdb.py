"""An OpenEI rate record (URDB) to a draft of a tariff.

The record knows two day types, whole months and whole hours, no holidays, no zone and no names of
periods; each of these is said in the draft's notes. Fields: openei.org, "Utility Rate Database".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from scheduler.errors import NothingToScheduleError
from scheduler.imports import dates, grid, naming, places, records
from scheduler.imports.document import Fault, RateFile
from scheduler.imports.draft import (
    MONTH_LENGTHS,
    NO_CURRENCY,
    DateRange,
    SeasonDraft,
    Shape,
    TariffDraft,
    shape,
)
from scheduler.imports.grid import Grid, Row
from scheduler.imports.naming import plain
from scheduler.imports.records import Record

MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_COMMENTS = ("description", "basicinformationcomments", "energycomments", "demandcomments")
_TELLING = re.compile(
    r"holiday|\d:[1-5]\d|\bhalf\b|\bsaturdays?\b|\bsundays?\b"
    r"|\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.? \d{1,2}\b",
    re.IGNORECASE,
)
_AROUND = 110
_MOST_QUOTES = 6


def read(
    document: RateFile,
    *,
    at: date | None,
    label: str | None,
    timezone: str | None,
    today: date | None = None,
) -> TariffDraft:
    """The draft of the record that is meant. Raises ScheduleError, NothingToScheduleError."""
    record, chosen = records.choose(document, at=at, label=label)
    effective, dated = _effective(document, record)
    cells = _cells(document, record)
    named = {"utility": record.utility, "name": record.name, "file": document.file}
    zone, zoned = places.find(
        given=timezone, in_file="", eia_id=record.fields.get("eiaid"), **named
    )
    currency, paid = _currency(record)
    notes = (*_retired(record, today), *zoned, *_NOTES, *chosen, *dated, *cells.notes)
    notes = (*notes, *_alike(cells), _priced(cells), *paid, *_quotes(record))
    return TariffDraft(
        name=record.name or record.label or "Imported rate",
        utility=record.utility,
        suggested_id=naming.file_id(record.name, record.label and f"urdb-{record.label}"),
        zone=zone,
        seasons=_seasons(cells, zone.name),
        sources=tuple(_sources(record)),
        notes=notes,
        effective=effective,
        currency=currency,
        as_of=record.start,
    )


_NOTES = (
    "Holidays are not known: the source has none. Days off are treated as ordinary days until a "
    "holidays: list is added.",
    "The source knows whole hours and whole months only: a boundary at half past, or a season that "
    "starts mid-month, would have been rounded. Compare with your utility's sheet.",
    "The source numbers its periods; their names here go by price, the lowest first. Rename them "
    "as your utility does.",
)


def _effective(
    document: RateFile, record: Record
) -> tuple[tuple[date | None, date | None], list[str]]:
    notes = []
    for key in ("startdate", "enddate"):
        remark = dates.read(record.fields.get(key)).remark
        if remark:
            notes.append(f"The record's {key} {remark}; it is left out.")
    start, end = record.start, record.end
    if start is None or end is None or start <= end:
        return (start, end), notes
    if end + dates.SLACK < start:
        message = (
            f"The record ends ({end}) before it starts ({start}). "
            "Correct one of the dates, or remove enddate."
        )
        raise document.error((*record.path, "enddate"), message, "end-before-start")
    notes.append(
        f"The record ends on {end}, the day before it starts: it was replaced at once, or its "
        "dates are a day off. Compare with your utility's sheet."
    )
    return (end, start), notes


def _retired(record: Record, today: date | None) -> Iterator[str]:
    end = record.end
    if today is not None and end is not None and end + dates.SLACK < today:
        yield (
            f"The record was retired: it ended on {end}. Look for the plan that took its place, or "
            "compare every window with your utility's sheet of today."
        )


def _cells(document: RateFile, record: Record) -> Grid:
    cells = grid.read(document, record)
    if cells is None or not _varies(cells):
        raise NothingToScheduleError(_nothing(document, record, cells))
    _no_contradiction(document, record, cells)
    return cells


def _varies(cells: Grid) -> bool:
    """Whether within any month the price depends on the hour or on the kind of day."""
    return any(
        len({cells.prices[cell] for cell in (*weekday, *weekend)}) > 1
        for weekday, weekend in zip(cells.weekday, cells.weekend, strict=True)
    )


def _nothing(document: RateFile, record: Record, cells: Grid | None) -> str:
    name = f"{document.file}: {record.name or record.label or 'the rate'}"
    demand = " Its demand charge is not something to schedule." if grid.has_demand(record) else ""
    if cells is None:
        return f"{name} has no energy price by the hour: nothing to schedule.{demand}"
    prices = {cells.prices[cell] for cell in cells.used()}
    ways = []
    if len(prices) > 1:
        ways.append("with the season")
    if any(len(set(tiers)) > 1 for tiers in prices):
        ways.append("with the amount used")
    how = f"Its price changes {' and '.join(ways)} only" if ways else "It has one price"
    return f"{name}: nothing to schedule. {how}, whatever the hour.{demand}"


def _no_contradiction(document: RateFile, record: Record, cells: Grid) -> None:
    """Refuse months in which weekends have dearer hours than weekdays ever have.

    Seen in user-edited copies: the weekday row lost its peak while the weekend row kept it.
    """
    faults: list[Fault] = []
    for month, name in enumerate(MONTH_NAMES):
        weekday, weekend = cells.weekday[month], cells.weekend[month]
        dearest = max(cells.prices[cell] for cell in weekday)
        if len(set(weekend)) == 1 or max(cells.prices[cell] for cell in weekend) <= dearest:
            continue
        message = (
            f"{name}: weekends have dearer hours than any hour of its weekdays, so one of its two "
            "rows has lost its windows. Correct the row."
        )
        path = (*record.path, grid.WEEKDAY, month)
        faults.append(Fault(path, message, "contradictory-rows"))
    if faults:
        raise document.errors(faults)


def _currency(record: Record) -> tuple[str, tuple[str, ...]]:
    country = plain(record.fields.get("country"), 20) or "USA"
    if country.upper() in ("USA", "US", "UNITED STATES"):
        return "USD", ()
    return NO_CURRENCY, (f"The record is of {country} and names no currency: {NO_CURRENCY}.",)


def _priced(cells: Grid) -> str:
    if any(len(set(cells.prices[cell])) > 1 for cell in cells.used()):
        return "Prices depend on the amount used; those written are of the first tier."
    return "Prices are the energy charge with its adjustment, without fixed charges."


def _alike(cells: Grid) -> Iterator[str]:
    if cells.weekday == cells.weekend and not cells.notes:
        yield (
            "Weekends are like weekdays in the source, where contributors copy the weekdays when "
            "they do not know. Compare with your utility's sheet."
        )


def _months_alike(cells: Grid) -> list[list[int]]:
    """Months with equal rows together, by the first of each."""
    groups: dict[tuple[Row, Row], list[int]] = {}
    for month, rows in enumerate(zip(cells.weekday, cells.weekend, strict=True)):
        groups.setdefault(rows, []).append(month)
    return list(groups.values())


def _ranges(months: Sequence[int]) -> tuple[DateRange, ...]:
    """The runs of neighbouring months; December and January are neighbours."""
    starts = [month for month in months if (month - 1) % 12 not in months]
    if not starts:
        return (((1, 1), (12, 31)),)
    found = []
    for start in starts:
        end = start
        while (end + 1) % 12 in months:
            end = (end + 1) % 12
        found.append(((start + 1, 1), (end + 1, MONTH_LENGTHS[end])))
    return tuple(found)


def _seasons(cells: Grid, zone: str) -> tuple[SeasonDraft, ...]:
    groups = _months_alike(cells)
    ranges = [_ranges(months) for months in groups]
    names = naming.season_names(ranges, zone=zone)
    periods = _period_names(cells, [months[0] for months in groups])
    seasons = []
    for name, dates_, months in zip(names, ranges, groups, strict=True):
        weekday, weekend = cells.weekday[months[0]], cells.weekend[months[0]]
        week = (*[_shape(weekday, periods)] * 5, *[_shape(weekend, periods)] * 2)
        numbers = sorted({*weekday, *weekend})
        prices = {periods[number]: cells.prices[number][0] for number in numbers}
        seasons.append(SeasonDraft(name, dates_, week, prices))
    return tuple(seasons)


def _shape(row: Row, periods: dict[int, str]) -> Shape:
    return shape([(hour * 60, periods[cell]) for hour, cell in enumerate(row)])


def _period_names(cells: Grid, months: Sequence[int]) -> dict[int, str]:
    """Names by price rank among periods that share a season, directly or through another.

    Rates often number summer and winter periods apart, so ranking all of them together would
    call one season's on-peak "mid_peak"; a number used in two seasons keeps one name.
    """
    names: dict[int, str] = {}
    for group in _groups([{*cells.weekday[month], *cells.weekend[month]} for month in months]):
        ranked = sorted(group, key=lambda number: (cells.prices[number], number))
        names.update(zip(ranked, naming.by_rank(len(ranked)), strict=True))
    return names


def _groups(sets: Sequence[set[int]]) -> list[set[int]]:
    groups: list[set[int]] = []
    for each in sets:
        joined = set(each).union(*(group for group in groups if group & each))
        groups = [group for group in groups if not group & each] + [joined]
    return groups


def _sources(record: Record) -> Iterator[str]:
    yield f"OpenEI Utility Rate Database, record {record.label or '(no label)'}"
    for key in ("uri", "source", "sourceparent"):
        for part in str(record.fields.get(key) or "")[:2_000].split("||"):
            if text := plain(part, 300):
                yield text


def _quotes(record: Record) -> Iterator[str]:
    """What the free text says of holidays, half hours, Saturdays and dates within months."""
    count = 0
    for key in _COMMENTS:
        text = plain(record.fields.get(key), 20_000)
        shown = 0
        for match in _TELLING.finditer(text):
            if match.start() < shown or count == _MOST_QUOTES:
                continue
            start = max(shown, text.rfind(" ", 0, max(0, match.start() - _AROUND)) + 1)
            end = text.find(" ", match.end() + _AROUND)
            shown = min(len(text) if end < 0 else end, match.end() + 2 * _AROUND)
            count += 1
            yield f'The record\'s {key} says: "{_excerpt(text, start, shown)}"'


def _excerpt(text: str, start: int, end: int) -> str:
    return ("… " if start else "") + text[start:end] + (" …" if end < len(text) else "")
