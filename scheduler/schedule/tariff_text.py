"""The small texts of a tariff file: dates, seasons, ranges and windows.

Each reader raises ValueError with the way out. Knows no pydantic model.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from scheduler.schedule.clocktime import parse_span
from scheduler.schedule.wording import plain, shown

OTHERWISE: Final = None
"""What a window of `otherwise` becomes."""

Span = tuple[int, int]
MonthDay = tuple[int, int]
SeasonSpan = tuple[MonthDay, MonthDay]
Effective = tuple[date | None, date | None]
Checked = tuple[str, date | None]

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_SEASON: Final = re.compile(r"(\d\d)-(\d\d) ?(?:\.\.| to | - | ?– ?) ?(\d\d)-(\d\d)")


def parse_date(text: str) -> date:
    """The date of `2026-07-01`. Raises ValueError."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{shown(text)} is not a date. Write a day that the month has.") from None
    raise ValueError(f"{shown(text)} is not a date. Write it as 2026-07-01.")


def parse_season(text: str) -> SeasonSpan:
    """First and last (month, day) of `06-01..09-30`, both included. Raises ValueError."""
    match = _SEASON.fullmatch(plain(text))
    if match is None:
        raise ValueError(f"{shown(text)} is not a season. Write it as 06-01..09-30, month first.")
    first_month, first_day, last_month, last_day = (int(each) for each in match.groups())
    ends = (first_month, first_day), (last_month, last_day)
    for month, day in ends:
        try:
            date(2028, month, day)
        except ValueError:
            raise ValueError(
                f'"{month:02}-{day:02}" is not a date. Write a day that the month has.'
            ) from None
    return ends


def parse_effective(text: str) -> Effective:
    """First and last day of `2019-03-01..`, `..2022-12-31` or both; `..` says that neither is
    known. Raises ValueError."""
    first, dots, last = (part.strip() for part in text.partition(".."))
    if not dots:
        way_out = "Write 2019-03-01..2022-12-31, without the end that is open."
        raise ValueError(f"{shown(text)} is not a range. {way_out}")
    ends = (parse_date(first) if first else None, parse_date(last) if last else None)
    if ends[0] and ends[1] and ends[1] < ends[0]:
        raise ValueError(f"{shown(text)} ends before it starts. Write the earlier date first.")
    return ends


def parse_checked(value: object) -> Checked:
    """The text, and the first date it may mean: sources often tell the year or month alone.

    Raises ValueError.
    """
    text = str(value).strip() if isinstance(value, str | int) else ""
    if text == "unknown":
        return text, None
    padded = text + {4: "-01-01", 7: "-01"}.get(len(text), "")
    try:
        return text, parse_date(padded)
    except ValueError:
        message = f"{shown(value)} is not a date. Write 2026-07-01, 2026-07, 2026 or unknown."
        raise ValueError(message) from None


def parse_currency(text: str) -> str:
    if re.fullmatch(r"[A-Z]{3}", text) is None:
        raise ValueError(f"{shown(text)} is not a currency. Write three letters such as USD.")
    return text


def parse_window(text: str) -> Span | None:
    """Start and end in seconds of the day, or OTHERWISE. Raises ValueError."""
    return OTHERWISE if text.strip().casefold() == "otherwise" else parse_span(text)
