"""The small texts of a schedule file: settings, days, dates, windows and job times.

Each function takes what stands in the file, of whatever type, and raises ValueError with the way
out. Knows no tariff: whether a period exists is not asked here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, get_args

from scheduler.clock import parse_duration
from scheduler.schedule import zones
from scheduler.schedule.clocktime import parse_span, parse_time
from scheduler.schedule.values import (
    DAY_SECONDS,
    WEEKDAY_NAMES,
    ClockTime,
    ClockWindow,
    DateRange,
    DayName,
    JobKind,
    PeriodEdge,
)
from scheduler.schedule.wording import did_you_mean, listed, nearest, shown
from scheduler.setting import HOLD, RAW_OFFSET, Hold, Mode, from_raw

DAY_NAMES: Final[tuple[DayName, ...]] = get_args(DayName)
LONGEST_NAME: Final = 80
LONGEST_DURATION: Final = timedelta(hours=24)

_APP_RESERVE = re.compile(r"(0|[1-9][0-9]{0,3})(\.[0-9]{1,6})?\s*%?")
_RAW_RESERVE = re.compile(r"((?:0|[1-9][0-9]{0,3})(?:\.[0-9]{1,6})?)\s*%?\s*raw", re.IGNORECASE)
_DATE = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}")
_YEARLY = re.compile(r"[0-9]{2}-[0-9]{2}")
_EDGE = re.compile(r"(.+?)\.(start|end)(?:\s*([+-])\s*(.+))?", re.IGNORECASE)
_LIKE_A_WINDOW = re.compile(r"[0-9]|[^:]*:")

_MODES: Final = {
    "selfconsumption": Mode.SELF_CONSUMPTION,
    "selfpowered": Mode.SELF_CONSUMPTION,
    "autonomous": Mode.AUTONOMOUS,
    "timebasedcontrol": Mode.AUTONOMOUS,
    "backup": Mode.BACKUP,
    "backuponly": Mode.BACKUP,
}
MODE_WORDS: Final = tuple(word for each in Mode for word in (each.value, each.app_name))


@dataclass(frozen=True, slots=True)
class Reserve:
    """A reserve as written: app percent or HOLD, and whether the file gave the wire's value."""

    value: float | Hold
    raw: bool = False


def name(data: object) -> str:
    """A name of one printable line."""
    text = data.strip() if isinstance(data, str) else ""
    if isinstance(data, int | float):
        raise ValueError(f"{shown(data)} is not text. Put it in quotes.")  # noqa: TRY004
    if not text or not text.isprintable() or len(text) > LONGEST_NAME:
        way_out = f"Write a few words on one line, up to {LONGEST_NAME} characters."
        raise ValueError(f"{shown(data)} is not a name. {way_out}")
    return text


def path(data: object) -> str:
    """The path of a file, as written."""
    text = data.strip() if isinstance(data, str) else ""
    if not text or not text.isprintable():
        raise ValueError(
            f"{shown(data)} is not a path. Write one such as tariffs/sce-tou-d-a.yaml."
        )
    return text


def timezone(data: object) -> str:
    """An IANA zone that exists."""
    text = data.strip() if isinstance(data, str) else ""
    if not text or not text.isprintable() or len(text) > LONGEST_NAME:
        way_out = "Write a place such as America/Los_Angeles."
        raise ValueError(f"{shown(data)} is not a time zone. {way_out}")
    zones.zone(text)
    return text


def mode(data: object) -> Mode:
    """A mode by the API's word or the app's, whatever its case."""
    word = re.sub(r"[\s_-]", "", data).casefold() if isinstance(data, str) else ""
    if word in _MODES:
        return _MODES[word]
    words = listed((each.value for each in Mode), "or")
    if word == "scheduler":
        reason = "is the mode in which a utility steers the battery, and no client can set it"
        raise ValueError(f"{shown(data)} {reason}. Write {words}.")
    guess = nearest(data, MODE_WORDS) if isinstance(data, str) else None
    way_out = f"Did you mean {guess}?" if guess else f"Write {words}."
    raise ValueError(f"{shown(data)} is not a mode. {way_out}")


def reserve(data: object) -> Reserve:
    """A reserve: `5%`, `5`, `hold` or `9.75% raw`."""
    if isinstance(data, str) and data.strip().casefold() == HOLD:
        return Reserve(HOLD)
    text = "" if isinstance(data, bool) else str(data).strip()
    if match := _RAW_RESERVE.fullmatch(text):
        return _raw_reserve(data, float(match[1]))
    if not _APP_RESERVE.fullmatch(text):
        if isinstance(data, int | float) and data < 0:
            raise ValueError(f"{shown(data)} is below 0%. Write a percentage from 0% to 100%.")
        way_out = "Write a percentage such as 100%, or hold."
        raise ValueError(f"{shown(data)} is not a reserve. {way_out}")
    percent = float(text.rstrip("% "))
    if percent > 100:
        raise ValueError(f"{shown(data)} is above 100%. Write a percentage from 0% to 100%.")
    return Reserve(percent)


def _raw_reserve(data: object, percent: float) -> Reserve:
    if percent < RAW_OFFSET:
        raise ValueError(f"{shown(data)} is below 5% raw, which the app shows as 0%. Write 0%.")
    if percent > 100:
        raise ValueError(f"{shown(data)} is above 100% raw. Write 100%.")
    return Reserve(from_raw(percent), raw=True)


def during(data: object) -> ClockWindow | str:
    """A clock window, or the name of a period."""
    text = data.strip() if isinstance(data, str) else ""
    if not text or not text.isprintable():
        way_out = "Write a period such as off_peak, or a clock window such as 22:00-08:00."
        raise ValueError(f"{shown(data)} is neither a period nor a window. {way_out}")
    if _LIKE_A_WINDOW.match(text):
        return _window(text)
    return text


def _window(text: str) -> ClockWindow:
    try:
        return ClockWindow(*parse_span(text))
    except ValueError as error:
        raise _as_shown(error, text, "Write a window such as 22:00-08:00.") from None


def day(data: object) -> DayName:
    """A day of the week, weekday, weekend or holiday."""
    text = data.strip().casefold() if isinstance(data, str) else ""
    for each in DAY_NAMES:
        if text == each:
            return each
    raise ValueError(f"{shown(data)} is not a day. {_day_advice(text)}")


def _day_advice(text: str) -> str:
    first, _, last = (part.strip()[:3] for part in text.partition("-"))
    if first in WEEKDAY_NAMES and last in WEEKDAY_NAMES:
        start, end = (DAY_NAMES.index(part) for part in (first, last))
        days = [*WEEKDAY_NAMES, *WEEKDAY_NAMES][start : end + (1 if end >= start else 8)]
        return f"Write [{', '.join(days)}]."
    singular = text.removesuffix("s")
    if singular in DAY_NAMES:
        return f"Write {singular}."
    if text[:3] in WEEKDAY_NAMES and singular.endswith("day"):
        return f"Write {text[:3]}."
    return f"Write {listed(DAY_NAMES, 'or')}."


def season(data: object) -> str:
    """The name of a season."""
    text = data.strip() if isinstance(data, str) else ""
    if not text or not text.isprintable():
        raise ValueError(f"{shown(data)} is not a season. Write its name, such as summer.")
    return text


def dates(data: object) -> DateRange:
    """One date, or two that are both included: `2026-12-24..2027-01-01`."""
    text = data if isinstance(data, str) else ""
    first, dots, last = (part.strip() for part in text.partition(".."))
    start = _date(data, first)
    end = _date(data, last) if dots else start
    if end < start:
        raise ValueError(f"{shown(data)} ends before it starts. Write {end}..{start}.")
    return DateRange(start, end)


def _date(data: object, text: str) -> date:
    if _YEARLY.fullmatch(text):
        way_out = "Write it with its year, such as 2026-12-24, or use seasons."
        raise ValueError(f"{shown(data)} lacks a year. {way_out}")
    if not _DATE.fullmatch(text):
        way_out = "Write 2026-12-24, or 2026-12-24..2027-01-01 with both days included."
        raise ValueError(f"{shown(data)} is not a date. {way_out}")
    try:
        return date.fromisoformat(text)
    except ValueError:
        way_out = "Write a day that the month has"
        raise ValueError(f"There is no {text} in the calendar. {way_out}.") from None


def duration(data: object) -> timedelta:
    """A duration up to a day: `90s`, `5m`, `2h`, `1h30m`, `0`."""
    text = str(data).strip() if isinstance(data, str) or data == 0 else ""
    if isinstance(data, int | float) and not isinstance(data, bool) and data > 0:
        raise ValueError(f"{shown(data)} lacks its unit. Write {data}m for minutes, or {data}s.")
    try:
        length = parse_duration(text)
    except (ValueError, OverflowError):
        way_out = "Write 90s, 5m, 2h or 1h30m."
        raise ValueError(f"{shown(data)} is not a duration. {way_out}") from None
    if length > LONGEST_DURATION:
        raise ValueError(f"{shown(data)} is too long. Write at most 24h.")
    return length


def limit(data: object) -> timedelta:
    """A duration long enough to wait for something."""
    length = duration(data)
    if length < timedelta(minutes=1):
        raise ValueError(f"{shown(data)} is too short to wait for a gateway. Write 1m or more.")
    return length


def job_kind(data: object) -> JobKind:
    """What a job does."""
    text = data.strip() if isinstance(data, str) else ""
    if text in tuple(JobKind):
        return JobKind(text)
    kinds = listed((each.value for each in JobKind), "or")
    guess = did_you_mean(text, [each.value for each in JobKind]) or f" Write {kinds}."
    raise ValueError(f"{shown(data)} is not something a job can do.{guess}")


def at(data: object) -> ClockTime | PeriodEdge:
    """When a job is due: `07:15`, or `PERIOD.start` or `PERIOD.end` plus or minus a duration."""
    text = data.strip() if isinstance(data, str) and data.isprintable() else ""
    if match := _EDGE.fullmatch(text):
        period, edge, sign, length = match.groups()
        offset = duration(length) if length else timedelta(0)
        signed = -offset if sign == "-" else offset
        return PeriodEdge(period.strip(), "start" if edge.casefold() == "start" else "end", signed)
    if ":" in text:
        return _job_time(text)
    way_out = "Write a clock time such as 07:15, or an edge such as off_peak.end - 45m."
    raise ValueError(f"{shown(data)} is not a time for a job. {way_out}")


def _job_time(text: str) -> ClockTime:
    try:
        second = parse_time(text)
    except ValueError as error:
        raise _as_shown(error, text, "Write a time such as 07:15.") from None
    if second == DAY_SECONDS:
        raise ValueError("24:00 can only end a window. Write 00:00 for midnight.")
    return ClockTime(second)


def _as_shown(error: ValueError, text: str, way_out: str) -> ValueError:
    """The error itself, unless the text it quotes is too long for a line."""
    if len(text) <= LONGEST_NAME and text.isprintable():
        return error
    return ValueError(f"{shown(text)} is not understood. {way_out}")
