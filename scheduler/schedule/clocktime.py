"""Clock times as people write them, to seconds of the day and back. Must not know dates."""

from __future__ import annotations

import re
from typing import Final

from scheduler.schedule.values import DAY_SECONDS
from scheduler.schedule.wording import shown

TIME_PATTERN: Final = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?|24:00(?::00)?"
_TIME: Final = re.compile(TIME_PATTERN)
_DASH: Final = re.compile(r"\s*[-–]\s*")


def parse_time(text: str) -> int:
    """Seconds of the day of `16:00`, `9:30`, `16:00:05` or `24:00`. Raises ValueError."""
    if _TIME.fullmatch(text.strip()) is None:
        raise ValueError(
            f"{shown(text)} is not a clock time. Write it as 16:00, from 00:00 to 24:00."
        )
    hour, minute, second = (*(int(part) for part in text.split(":")), 0)[:3]
    return hour * 3600 + minute * 60 + second


def format_time(second: int) -> str:
    """The shortest text that `parse_time` reads back."""
    hour, rest = divmod(second, 3600)
    minute, rest = divmod(rest, 60)
    return f"{hour:02}:{minute:02}:{rest:02}" if rest else f"{hour:02}:{minute:02}"


def parse_span(text: str) -> tuple[int, int]:
    """Start and end of `16:00-21:00`, in seconds of the day; an end of 00:00 is read as 24:00.

    The end may be before the start: such a span crosses midnight. Raises ValueError.
    """
    parts = _DASH.split(text.strip())
    if len(parts) != 2:
        raise ValueError(f"{shown(text)} is not a window. Write it as 16:00-21:00.")
    start, end = (parse_time(part) for part in parts)
    if start == DAY_SECONDS:
        raise ValueError(f"{shown(text)} starts at 24:00. Write the start as 00:00.")
    if start == end:
        raise ValueError(
            f"{shown(text)} starts and ends at the same time. A whole day is 00:00-24:00."
        )
    return start, end or DAY_SECONDS


def format_span(start: int, end: int) -> str:
    """The text that `parse_span` reads back."""
    return f"{format_time(start)}-{format_time(end)}"
