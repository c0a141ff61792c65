"""A Tesla tariff (`tariff_content`, `tariff_content_v2`) to a draft of a tariff.

The names of its seasons mean nothing and its labels are Tesla's, not the utility's: both are said
in the draft's notes. Neither holidays nor, in the tariff itself, a zone are known to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scheduler.errors import NothingToScheduleError
from scheduler.imports import naming, places, tesla_body, tesla_week, tesla_year
from scheduler.imports.document import Json, Path, RateFile
from scheduler.imports.draft import (
    NO_CURRENCY,
    DateRange,
    SeasonDraft,
    Shape,
    TariffDraft,
    varies_by_hour,
)
from scheduler.imports.naming import plain
from scheduler.imports.tesla_body import Body, TariffEntry

MANY_LABELS = 8
_LABELS = {
    "ON_PEAK": "on_peak",
    "PARTIAL_PEAK": "mid_peak",
    "OFF_PEAK": "off_peak",
    "SUPER_OFF_PEAK": "super_off_peak",
}
_SOUTHERN_MONEY = {"AUD": "Australia/Sydney", "NZD": "Pacific/Auckland"}
_HOLIDAYS = (
    "Holidays are not known: the source has none. Days off are treated as ordinary days until a "
    "holidays: list is added."
)
_SUNDAY_FIRST = "Day 0 is read as Sunday, as asked; Tesla's own files count it as Monday."
_DAYS_LATE = (
    "Tuesday to Saturday are alike and Monday is not: the program that wrote this file seems to "
    "count Sunday as day 0, where Tesla counts Monday. If your peak is on Monday to Friday, "
    "import it again with --sunday-first."
)
_DAYS_EARLY = (
    "Read with day 0 as Sunday, Sunday to Thursday are alike and Friday is not. If your peak is "
    "on Monday to Friday, import it again without --sunday-first."
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A season that is used: its name in the file, its entries and its dates."""

    name: str
    path: Path
    entries: list[TariffEntry]
    dates: DateRange


def read(document: RateFile, *, timezone: str | None, sunday_first: bool = False) -> TariffDraft:
    """The draft of the file's tariff. Raises ScheduleError, NothingToScheduleError."""
    body = tesla_body.find(document)
    parts, dated = _parts(document, body)
    name = plain(body.fields.get("name")) or plain(body.fields.get("code")) or "Tesla tariff"
    if not parts:
        _refuse_loose_prices(document, body)
        raise NothingToScheduleError(_nothing(document, name))
    utility, currency = (plain(body.fields.get(key)) for key in ("utility", "currency"))
    named = {"utility": utility, "name": name, "file": document.file}
    zone, zoned = places.find(given=timezone, in_file=body.zone, currency=currency, **named)
    labels = _labels(parts)
    weeks, read_as = _weeks(document, parts, labels, sunday_first=sunday_first)
    prices, priced = _prices(document, body, parts, labels)
    ranges = [(part.dates,) for part in parts]
    place = _SOUTHERN_MONEY.get(currency, zone.name) if zone.name == places.UNKNOWN else zone.name
    names = naming.season_names(ranges, zone=place)
    seasons = tuple(map(SeasonDraft, names, ranges, weeks, prices))
    if not varies_by_hour(seasons):
        raise NothingToScheduleError(_nothing(document, name))
    money = currency.upper() if re.fullmatch(r"[A-Za-z]{3}", currency) else NO_CURRENCY
    notes = (*_many(labels), *read_as, *zoned, _HOLIDAYS)
    notes = (*notes, *_renamed(parts, names), *_relabelled(labels), *dated, *priced)
    return TariffDraft(
        name=name,
        utility=utility,
        suggested_id=naming.file_id(plain(body.fields.get("code")), name),
        zone=zone,
        seasons=seasons,
        sources=tuple(_sources(body)),
        notes=(*notes, *_money(currency, money)),
        currency=money,
    )


def _nothing(document: RateFile, name: str) -> str:
    return f"{document.file}: nothing to schedule. {name} has the same period at all hours."


def _refuse_loose_prices(document: RateFile, body: Body) -> None:
    """Refuse prices of several labels for which no season says when they hold."""
    charges = body.fields.get("energy_charges")
    for season in charges if isinstance(charges, dict) else ():
        if len(set(tesla_body.prices(document, body, season).values())) > 1:
            message = "There are prices for several labels, but no season with their periods."
            raise document.error((*body.path, "energy_charges", season), message, "periods")


def _parts(document: RateFile, body: Body) -> tuple[list[_Part], list[str]]:
    """The seasons that are used, by their first day, and what to say of their dates."""
    path: Path = (*body.path, "seasons")
    seasons = body.fields.get("seasons")
    found: dict[str, tuple[Path, dict[str, Json], list[TariffEntry]]] = {}
    undated: list[Path] = []
    for name, season in seasons.items() if isinstance(seasons, dict) else ():
        stretches = tesla_body.entries(document, (*path, name), season)
        if not isinstance(season, dict) or not stretches:
            continue
        if tesla_body.undated(season):
            undated.append((*path, name))
        else:
            found[name] = (*path, name), season, stretches
    if undated and not found:
        raise document.error(undated[0], "This season has periods but no dates.", "season-dates")
    if not found:
        return [], []
    ranges, notes = tesla_year.read(
        document, path, {name: season for name, (_, season, _) in found.items()}
    )
    parts = [_Part(name, found[name][0], found[name][2], ranges[name]) for name in found]
    return sorted(parts, key=lambda part: part.dates), notes


def _labels(parts: list[_Part]) -> dict[str, str]:
    """Our name of each label, in the order of the file."""
    labels = list(dict.fromkeys(each.label for part in parts for each in part.entries))
    names = [
        _LABELS.get(label) or naming.word(label) or f"period_{index}"
        for index, label in enumerate(labels, start=1)
    ]
    return dict(zip(labels, naming.distinct(names), strict=True))


def _weeks(
    document: RateFile, parts: list[_Part], labels: dict[str, str], *, sunday_first: bool
) -> tuple[list[tuple[Shape, ...]], list[str]]:
    notes: dict[str, None] = {_SUNDAY_FIRST: None} if sunday_first else {}
    weeks = []
    for part in parts:
        week, remarks = tesla_week.read(
            document, part.path, part.entries, labels, sunday_first=sunday_first
        )
        weeks.append(week)
        notes.update(dict.fromkeys(remarks))
    doubted = tesla_week.a_day_early if sunday_first else tesla_week.a_day_late
    if any(map(doubted, weeks)):
        notes[_DAYS_EARLY if sunday_first else _DAYS_LATE] = None
    return weeks, list(notes)


def _prices(
    document: RateFile, body: Body, parts: list[_Part], labels: Mapping[str, str]
) -> tuple[list[dict[str, float]], list[str]]:
    """Prices by our names. The second generation leaves zeros out; elsewhere none is none."""
    every: list[dict[str, float]] = []
    notes = []
    for part in parts:
        written = tesla_body.prices(document, body, part.name)
        used = dict.fromkeys(each.label for each in part.entries)
        missing = [label for label in used if label not in written]
        zeros = dict.fromkeys(missing, 0.0) if written and tesla_body.is_v2(body) else {}
        every.append(
            {labels[label]: price for label, price in (written | zeros).items() if label in used}
        )
        if missing:
            how = "taken as 0, which the source leaves out" if zeros else "left out"
            notes.append(f"{plain(part.name, 40)}: no price for {_shown(missing)}; {how}.")
        if unused := [label for label in written if label not in used]:
            notes.append(
                f"{plain(part.name, 40)}: a price but no hours for {_shown(unused)}; left out."
            )
    return every, notes


def _shown(labels: list[str]) -> str:
    return ", ".join(plain(label, 40) or "a label without a name" for label in labels[:10])


def _many(labels: dict[str, str]) -> Iterator[str]:
    if len(labels) > MANY_LABELS:
        yield (
            f"The file has {len(labels)} labels. Programs that follow market prices upload each "
            "day's prices in this form: this is then one day and no plan, and should not be used."
        )


def _renamed(parts: list[_Part], names: tuple[str, ...]) -> Iterator[str]:
    given = [plain(part.name, 40) for part in parts]
    pairs = [f"{old} is {new}" for old, new in zip(given, names, strict=True) if old.lower() != new]
    if pairs:
        yield f"Seasons are named by their dates, not as in the source: {', '.join(pairs)}."


def _relabelled(labels: dict[str, str]) -> Iterator[str]:
    pairs = [f"{plain(old, 40)} is {new}" for old, new in labels.items() if old.lower() != new]
    renamed = f": {', '.join(pairs[:10])}" if pairs else ""
    yield (
        "Period names are Tesla's labels, which need not be your utility's words"
        f"{renamed}. Rename them as your utility does."
    )


def _money(currency: str, money: str) -> Iterator[str]:
    if money == NO_CURRENCY:
        named = f'"{currency}" is no currency' if currency else "The source names no currency"
        yield f"{named}; prices are written in {NO_CURRENCY}."


def _sources(body: Body) -> Iterator[str]:
    code = plain(body.fields.get("code"), 60)
    kind = "tariff_content_v2" if tesla_body.is_v2(body) else "tariff_content"
    yield f"Tesla {kind}" + (f", plan {code}" if code else "")
