"""Clock times as people write them, to seconds of the day and back. Must not know dates.

Understood is what has one meaning; what is near to it is answered with itself put right.
"""

from __future__ import annotations

import re
from typing import Final

from scheduler.schedule.values import DAY_SECONDS
from scheduler.schedule.wording import shown

LONGEST: Final = 40
"""Characters of a time or a window; a longer text is none, whatever it holds."""

_CLOCK: Final = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?|24:00(?::00)?"
_TWELVE: Final = r"(?:0?[1-9]|1[0-2])(?::[0-5]\d)? ?[aApP]\.?[mM]\.?"
TIME_PATTERN: Final = rf"{_CLOCK}|{_TWELVE}|[Nn]oon|[Mm]idnight"
DASH_PATTERN: Final = r" ?[-–—−] ?| to "
_TIME: Final = re.compile(_CLOCK)
_OF_TWELVE: Final = re.compile(_TWELVE)
_DASH: Final = re.compile(DASH_PATTERN)
_NEARLY: Final = re.compile(r"(\d{1,2})(?:[:.hH ](\d{1,2})?)?(?:[:.](\d{2}))?h?")
_HOUR: Final = re.compile(r"[1-9]|1[0-2]")
_NAMED: Final = {"noon": DAY_SECONDS // 2, "midnight": 0}
_HALF: Final = 12


def parse_time(text: str) -> int:
    """Seconds of the day of `16:00`, `9:30`, `16:00:05`, `24:00`, `4pm` or `noon`.

    Raises ValueError with the way out.
    """
    found = _second(_plain(text))
    if found is None:
        near = _near(_plain(text))
        way_out = "16:00, from 00:00 to 24:00" if near is None else format_time(near)
        raise ValueError(f"{shown(text)} is not a clock time. Write it as {way_out}.")
    return found


def format_time(second: int) -> str:
    """The shortest text that `parse_time` reads back."""
    hour, rest = divmod(second, 3600)
    minute, rest = divmod(rest, 60)
    return f"{hour:02}:{minute:02}:{rest:02}" if rest else f"{hour:02}:{minute:02}"


def parse_span(text: str) -> tuple[int, int]:
    """Start and end of `16:00-21:00`, in seconds of the day; an end of 00:00 is read as 24:00.

    The end may be before the start: such a span crosses midnight. Raises ValueError.
    """
    parts = _DASH.split(_plain(text))
    near = _near_span(parts)
    if len(parts) != 2 or (near and None in (_second(part) for part in parts)):
        raise ValueError(f"{shown(text)} is not a window. Write it as {near or '16:00-21:00'}.")
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


def _plain(text: str) -> str:
    """With single spaces; empty where it is too long to be a time."""
    return " ".join(text[: LONGEST * 4].split()) if len(text.strip()) <= LONGEST else ""


def _second(text: str) -> int | None:
    if text.casefold() in _NAMED:
        return _NAMED[text.casefold()]
    if _TIME.fullmatch(text):
        return _seconds(*text.split(":"))
    if _OF_TWELVE.fullmatch(text):
        letters = text.casefold().replace(".", "").replace(" ", "")
        hour, *rest = letters[:-2].split(":")
        return _seconds(str(int(hour) % _HALF + _HALF * (letters[-2] == "p")), *rest)
    return None


def _seconds(hour: str, minute: str = "0", second: str = "0") -> int:
    return int(hour) * 3600 + int(minute) * 60 + int(second)


def _near(text: str) -> int | None:
    """What a text such as `16`, `16.00`, `1600`, `7:5` or `16h30` was probably meant to be."""
    known = _second(text)
    if known is not None:
        return known
    if len(text) == 4 and text.isascii() and text.isdigit():
        text = f"{text[:2]}:{text[2:]}"
    match = _NEARLY.fullmatch(text)
    if match is None or not text.isascii():
        return None
    return _second(":".join(f"{int(part or 0):02}" for part in match.groups()))


def _near_span(parts: list[str]) -> str | None:
    ends = [_near(part) for part in parts]
    if (
        len(parts) == 2
        and re.fullmatch(r"[1-9]|1[0-2]", parts[0])
        and _OF_TWELVE.fullmatch(parts[1])
    ):
        ends[0] = _same_evening(parts[0], ends[1] or 0)
    if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0] == ends[1]:
        return None
    return format_span(ends[0], ends[1])


def _same_evening(hour: str, end: int) -> int:
    """The start of `4-9pm` or `10-6am`: the last such hour before the end."""
    start = int(hour) % _HALF * 3600
    return max(start, start + DAY_SECONDS // 2, key=lambda each: (each < end, each))
