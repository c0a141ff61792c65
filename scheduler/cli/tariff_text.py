"""One tariff as a page for a person, and as JSON: its head, its weeks, its holidays, its notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from scheduler.cli import tariff_week
from scheduler.cli.chosen import Found
from scheduler.cli.table import paragraph, printable
from scheduler.schedule import weeks
from scheduler.schedule.clocktime import format_time
from scheduler.schedule.holidays import Holiday
from scheduler.schedule.tariff import HOLIDAY, Season, Tariff, is_peak
from scheduler.schedule.values import WEEKDAY_NAMES


def page(found: Found, year: int) -> str:
    """All that a person wants to compare with the utility's sheet; as wide as the terminal."""
    tariff = found.tariff
    parts = (_head(found), tariff_week.draw(tariff), _holidays(tariff, year), _tail(tariff))
    return "\n\n".join(part for part in parts if part)


def _head(found: Found) -> str:
    tariff = found.tariff
    place = "-".join(dict.fromkeys(filter(None, (tariff.country, tariff.region))))
    facts = [
        ("id", tariff.id),
        ("own", _own(found)),
        ("utility", " ".join(filter(None, (tariff.utility, place and f"({place})"))) or None),
        ("clock", _clock(tariff)),
        ("status", tariff.status),
        ("effective", effective(tariff)),
        ("checked", tariff.checked_text or "unknown"),
        ("confidence", ", ".join(f"{part} {word}" for part, word in tariff.confidence.items())),
        ("aliases", ", ".join(tariff.aliases)),
    ]
    lines = [paragraph(printable(text), first=f"{label:<12}") for label, text in facts if text]
    return "\n".join([paragraph(printable(tariff.name)), *lines])


def _own(found: Found) -> str | None:
    if found.file is None:
        return None
    hides = f"; it takes the place of the shipped {found.hides}" if found.hides else ""
    return f"{found.file}, not a shipped one{hides}"


def _clock(tariff: Tariff) -> str:
    if tariff.clock == "utc":
        return (
            "UTC all year: the meter ignores summer time, and the hours drawn here are UTC"
            f" (people live by {tariff.timezone})"
        )
    return f"wall clock of {tariff.timezone}"


def effective(tariff: Tariff) -> str | None:
    """`2019-03-01..`; None where neither end is known."""
    first, last = tariff.effective
    if first is None and last is None:
        return None
    return f"{first or ''}..{last or ''}"


def _holidays(tariff: Tariff, year: int) -> str:
    calendar = tariff.holiday_calendar
    if calendar is None:
        return paragraph("No holidays: every date is its day of the week.")
    found = tariff.holidays_in(year)
    lines = [paragraph(f"Holidays {year} (observed: {calendar.observed.value})")]
    lines += [
        paragraph(printable(_holiday_name(each)), first=f"  {each.date:%a %Y-%m-%d}  ")
        for each in found
    ]
    if tariff.holiday_years is not None and year not in tariff.holiday_years:
        lines.append(paragraph(_listed_years(tariff.holiday_years), first="  "))
    elif not found:
        lines.append("  none")
    return "\n".join(lines)


def _holiday_name(holiday: Holiday) -> str:
    return f"{holiday.name} (observed)" if holiday.observed else holiday.name


def _listed_years(years: range) -> str:
    return f"This tariff lists dates for {years.start} to {years.stop - 1}; others are not known."


def _tail(tariff: Tariff) -> str:
    return "\n".join(
        [
            *_listed("Prices", _price_notes(tariff)),
            *_listed("Sources", tariff.sources),
            *_listed("Notes", tariff.notes),
        ]
    )


def _price_notes(tariff: Tariff) -> tuple[str, ...]:
    prices = tariff.prices
    if prices is None:
        return ()
    since = f" as of {prices.as_of}" if prices.as_of else ""
    first = f"Illustrative{since}; nothing is decided by them."
    return (first, prices.note) if prices.note else (first,)


def _listed(title: str, items: tuple[str, ...]) -> Iterator[str]:
    if items:
        yield title
        yield from (paragraph(printable(item), first="  - ") for item in items)


def summary(found: Found) -> dict[str, Any]:
    tariff = found.tariff
    first, last = tariff.effective
    return {
        "id": tariff.id,
        "name": tariff.name,
        "utility": tariff.utility,
        "country": tariff.country,
        "region": tariff.region,
        "timezone": tariff.timezone,
        "status": tariff.status,
        "windows_confidence": tariff.confidence.get("windows"),
        "checked": tariff.checked_text,
        "effective": {"from": _iso(first), "to": _iso(last)},
        "aliases": list(tariff.aliases),
        "periods": list(tariff.periods),
        "own": found.file is not None,
        "file": str(found.file) if found.file else None,
    }


def whole(found: Found, year: int) -> dict[str, Any]:
    tariff = found.tariff
    seasons = [weeks.season_named(tariff, name) for name in tariff.season_names]
    calendar = tariff.holiday_calendar
    return {
        **summary(found),
        "clock": tariff.clock,
        "confidence": dict(tariff.confidence),
        "periods": [{"name": each, "peak": is_peak(each)} for each in tariff.periods],
        "seasons": [_season(tariff, season) for season in seasons],
        "holidays": {
            "year": year,
            "observed": calendar.observed.value if calendar else None,
            "dates": [
                {"date": _iso(each.date), "name": each.name, "observed": each.observed}
                for each in tariff.holidays_in(year)
            ],
        },
        "prices": _prices(tariff),
        "sources": list(tariff.sources),
        "notes": list(tariff.notes),
    }


def _season(tariff: Tariff, season: Season) -> dict[str, Any]:
    days = dict(zip(WEEKDAY_NAMES, season.shapes, strict=False))
    if tariff.holiday_calendar is not None:
        days["holiday"] = season.shapes[HOLIDAY]
    return {
        "name": season.name,
        "dates": list(weeks.season_dates(tariff, season.name)),
        "days": {
            key: [
                {"from": format_time(start), "to": format_time(end), "period": period}
                for start, end, period in weeks.windows(day)
            ]
            for key, day in days.items()
        },
    }


def _prices(tariff: Tariff) -> dict[str, Any] | None:
    prices = tariff.prices
    if prices is None:
        return None
    return {
        "as_of": _iso(prices.as_of),
        "currency": prices.currency,
        "note": prices.note,
        "per_kwh": {season: dict(each) for season, each in prices.per_kwh.items()},
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
