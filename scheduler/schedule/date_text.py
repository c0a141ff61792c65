"""Dates and durations of a schedule file as people write them.

Understood is what has one meaning; what is near to it is answered with itself put right.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from scheduler.clock import format_duration, parse_duration
from scheduler.schedule.values import DateRange
from scheduler.schedule.wording import plain, shown

LONGEST_DURATION: Final = timedelta(hours=24)

_DATE: Final = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}")
_YEARLY: Final = re.compile(r"[0-9]{2}-[0-9]{2}")
_TO: Final = re.compile(r" ?\.\.\.? ?| - | ?[–—] ?| to | ?/ ?(?=2[0-9]{3}-)")
_PARTS: Final = re.compile(r"[0-9]+|[a-z]{3,9}")
_MONTHS: Final = "janfebmaraprmayjunjulaugsepoctnovdec"
_LENGTHS: Final = re.compile(r"(?:[0-9]{1,6} ?[a-z]{1,7} ?)+")
_LENGTH: Final = re.compile(r"([0-9]{1,6}) ?([a-z]{1,7})")
_FRACTION: Final = re.compile(r"([0-9]{1,3})[.,]([0-9]{1,2}) ?h[a-z]*")
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
_UNITS: Final = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
}


def dates(data: object) -> DateRange:
    """One date, or two that are both included: `2026-12-24..2027-01-01`."""
    first, *others = _TO.split(plain(data)) if isinstance(data, str) else [""]
    last = others[0] if len(others) == 1 else "" if others else first
    start, end = _date(data, first, alone=not others), _date(data, last, alone=not others)
    if end < start:
        raise ValueError(f"{shown(data)} ends before it starts. Write {end}..{start}.")
    return DateRange(start, end)


def _date(data: object, text: str, *, alone: bool) -> date:
    if _YEARLY.fullmatch(text):
        way_out = "Write it with its year, such as 2026-12-24, or use seasons."
        raise ValueError(f"{shown(data)} lacks a year. {way_out}")
    if not _DATE.fullmatch(text):
        near = _near_date(plain(data).casefold()) if alone else ""
        way_out = near or "2026-12-24, or 2026-12-24..2027-01-01 with both days included"
        raise ValueError(f"{shown(data)} is not a date. Write {way_out}.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        way_out = "Write a day that the month has"
        raise ValueError(f"There is no {text} in the calendar. {way_out}.") from None


def _near_date(text: str) -> str:
    """The date of `24.12.2026`, `Dec 24, 2026`, `2026/12/24` or `20261224`; both of 01/02/2026."""
    if len(text) == 8 and text.isascii() and text.isdigit():
        text = f"{text[:4]} {text[4:6]} {text[6:]}"
    parts = _PARTS.findall(text)
    month = next((each for each in parts if _month(each)), None)
    if month:
        parts.remove(month)
        parts.insert(0 if len(parts[:1]) and len(parts[0]) < 4 else 1, str(_month(month)))
    if len(parts) != 3 or not all(each.isdigit() for each in parts):
        return ""
    year_first = len(parts[0]) == 4
    year, one, two = parts if year_first else [parts[2], parts[0], parts[1]]
    orders = [(one, two)] if year_first or month else [(one, two), (two, one)]
    found = [each for each in (_iso(year, *order) for order in orders) if each]
    return " or ".join(dict.fromkeys(found))


def _month(word: str) -> int:
    """1 to 12; 0 where the word begins like no month."""
    at = _MONTHS.find(word[:3])
    return at // 3 + 1 if at % 3 == 0 and word.isalpha() else 0


def _iso(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat() if len(year) == 4 else ""
    except ValueError:
        return ""


def duration(data: object) -> timedelta:
    """A duration up to a day: `90s`, `5m`, `2h`, `1h30m`, `45 min`, `0`."""
    text = plain(str(data)) if isinstance(data, str) or data == 0 else ""
    if isinstance(data, int | float) and not isinstance(data, bool) and data > 0:
        raise ValueError(f"{shown(data)} lacks its unit. Write {data}m for minutes, or {data}s.")
    try:
        length = parse_duration(_short_units(text.casefold()))
    except (ValueError, OverflowError):
        way_out = _near_duration(text.casefold()) or "90s, 5m, 2h or 1h30m"
        raise ValueError(f"{shown(data)} is not a duration. Write {way_out}.") from None
    if length > LONGEST_DURATION:
        raise ValueError(f"{shown(data)} is too long. Write at most 24h.")
    return length


def _short_units(text: str) -> str:
    """`1h30m` of `1 hour 30 min`; any other text as it is."""
    if not _LENGTHS.fullmatch(text):
        return text
    parts = _LENGTH.findall(text)
    if not all(unit in _UNITS for _, unit in parts):
        return text
    return "".join(f"{number}{_UNITS[unit]}" for number, unit in parts)


def _near_duration(text: str) -> str:
    """The duration of `1.5h`, `0:45` or `PT45M`."""
    if match := _FRACTION.fullmatch(text):
        minutes = round(float(f"{match[1]}.{match[2]}") * 60)
        return format_duration(timedelta(minutes=minutes))
    if match := _CLOCK.fullmatch(text):
        return format_duration(timedelta(hours=int(match[1]), minutes=int(match[2])))
    bare = _short_units(text.removeprefix("pt"))
    return bare if text.startswith("pt") and bare else ""


def limit(data: object) -> timedelta:
    length = duration(data)
    if length < timedelta(minutes=1):
        raise ValueError(f"{shown(data)} is too short to wait for a gateway. Write 1m or more.")
    return length
