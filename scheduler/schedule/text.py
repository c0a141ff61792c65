"""The small texts of a schedule file: names, settings, days, windows and job times.

Each function takes what stands in the file, of whatever type, and raises ValueError with the way
out. Knows no tariff: whether a period exists is not asked here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Literal, TypeVar, get_args

from scheduler.schedule import zones
from scheduler.schedule.clocktime import parse_span, parse_time
from scheduler.schedule.date_text import dates, duration, limit
from scheduler.schedule.values import (
    DAY_SECONDS,
    GUARDS,
    WEEKDAY_NAMES,
    ClockTime,
    ClockWindow,
    DayName,
    Drift,
    JobKind,
    PeriodEdge,
)
from scheduler.schedule.wording import did_you_mean, listed, nearest, plain, shown
from scheduler.setting import HOLD, RAW_OFFSET, Export, GridCharging, Hold, Mode, from_raw

__all__ = ["dates", "duration", "limit"]

Word = TypeVar("Word", bound=StrEnum)

DAY_NAMES: Final[tuple[DayName, ...]] = get_args(DayName)
LONGEST_NAME: Final = 80
LONGEST_PATH: Final = 400
MOST_WATTS: Final = 1_000_000.0

_APP_RESERVE = re.compile(r"(0|[1-9][0-9]{0,3})(\.[0-9]{1,6})? ?%?")
_RAW_RESERVE = re.compile(r"((?:0|[1-9][0-9]{0,3})(?:\.[0-9]{1,6})?) ?%? ?raw", re.IGNORECASE)
_NEARLY_RESERVE = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,6}))? ?(?:%|percent|per cent|pct)?")
_POWER = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?) ?(k?)w", re.IGNORECASE)
_EDGE = re.compile(r"([^.]+)\.(start|end) ?(?:([+-]) ?(.+))?", re.IGNORECASE)
_NEARLY_EDGE = re.compile(r"(?:the )?(start|end) of ([^.]+)|([^. ]+) (start|end)", re.IGNORECASE)
_LIKE_A_WINDOW = re.compile(r"[0-9]|(?:noon|midnight) ?(?:[-–—]|to )|[^:]*:", re.IGNORECASE)
_DAY_WORDS: Final[dict[str, DayName]] = {
    **{each: each for each in DAY_NAMES},
    **{f"{each}s": each for each in ("weekday", "weekend", "holiday")},
    **{
        word: short
        for short, long in zip(
            WEEKDAY_NAMES,
            ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
            strict=True,
        )
        for word in (long, f"{long}s", long[:4], long[:5])
    },
}
DAY_PATTERN: Final = (
    r"^([Mm]on|[Tt]ues|[Ww]ednes|[Tt]hurs|[Ff]ri|[Ss]atur|[Ss]un)days?$"
    r"|^([Ww]eekday|[Ww]eekend|[Hh]oliday)s$"
)
_GRID_WORDS: Final = {
    **dict.fromkeys(("true", "yes", "on", "allowed", "enabled"), GridCharging.ALLOW),
    **dict.fromkeys(("false", "no", "off", "never", "denied", "disabled"), GridCharging.DENY),
}
_EXPORT_WORDS: Final = {
    **dict.fromkeys(("battery_ok", "everything", "all", "yes", "true"), Export.BATTERY),
    **dict.fromkeys(("pv_only", "pv", "solar only", "sun"), Export.SOLAR),
    **dict.fromkeys(("never", "no", "off", "false"), Export.NONE),
}
_MODES: Final = {
    "selfconsumption": Mode.SELF_CONSUMPTION,
    "selfpowered": Mode.SELF_CONSUMPTION,
    "autonomous": Mode.AUTONOMOUS,
    "timebasedcontrol": Mode.AUTONOMOUS,
    "timebased": Mode.AUTONOMOUS,
    "tbc": Mode.AUTONOMOUS,
    "timeofuse": Mode.AUTONOMOUS,
    "tou": Mode.AUTONOMOUS,
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
    if not text or not text.isprintable() or len(text) > LONGEST_PATH:
        raise ValueError(
            f"{shown(data)} is not a path. Write one such as tariffs/sce-tou-d-a.yaml."
        )
    return text


def timezone(data: object) -> str:
    text = plain(data)
    if not text:
        way_out = "Write a place such as America/Los_Angeles."
        raise ValueError(f"{shown(data)} is not a time zone. {way_out}")
    zones.zone(text)
    return text


def mode(data: object) -> Mode:
    """A mode by the API's word or the app's, whatever its case."""
    word = re.sub(r"[ _-]", "", plain(data)).casefold()
    if word in _MODES:
        return _MODES[word]
    words = listed((each.value for each in Mode), "or")
    if word == "scheduler":
        reason = "is the mode in which a utility steers the battery, and no client can set it"
        raise ValueError(f"{shown(data)} {reason}. Write {words}.")
    guess = nearest(plain(data), MODE_WORDS)
    way_out = f"Did you mean {guess}?" if guess else f"Write {words}."
    raise ValueError(f"{shown(data)} is not a mode. {way_out}")


def reserve(data: object) -> Reserve:
    """A reserve: `5%`, `5`, `hold` or `9.75% raw`."""
    text = "" if isinstance(data, bool) else plain(str(data))
    if text.casefold() == HOLD:
        return Reserve(HOLD)
    if match := _RAW_RESERVE.fullmatch(text):
        return _raw_reserve(data, float(match[1]))
    if not _APP_RESERVE.fullmatch(text):
        if isinstance(data, int | float) and data < 0:
            raise ValueError(f"{shown(data)} is below 0%. Write a percentage from 0% to 100%.")
        raise ValueError(f"{shown(data)} is not a reserve. Write {_near_reserve(text)}, or hold.")
    return Reserve(_at_most_100(data, float(text.rstrip("% "))))


def floor(data: object) -> float:
    """A floor under a hold: a percentage of the app."""
    found = reserve(data)
    if isinstance(found.value, str) or found.raw:
        raise ValueError(f"{shown(data)} is not a floor. Write a percentage such as 20%.")
    return found.value


def _near_reserve(text: str) -> str:
    match = _NEARLY_RESERVE.fullmatch(text.casefold())
    if match is None or int(match[1]) > 100:
        return "a percentage such as 100%"
    return f"{int(match[1])}{f'.{match[2]}' if match[2] else ''}%"


def _at_most_100(data: object, percent: float) -> float:
    if percent > 100:
        raise ValueError(f"{shown(data)} is above 100%. Write a percentage from 0% to 100%.")
    return percent


def _raw_reserve(data: object, percent: float) -> Reserve:
    if percent < RAW_OFFSET:
        raise ValueError(f"{shown(data)} is below 5% raw, which the app shows as 0%. Write 0%.")
    if percent > 100:
        raise ValueError(f"{shown(data)} is above 100% raw. Write 100%.")
    return Reserve(from_raw(percent), raw=True)


def during(data: object) -> ClockWindow | str:
    """A clock window, or the name of a period."""
    text = plain(data)
    if text and _LIKE_A_WINDOW.match(text):
        return ClockWindow(*parse_span(text))
    if not text or len(text) > LONGEST_NAME:
        way_out = "Write a period such as off_peak, or a clock window such as 22:00-08:00."
        raise ValueError(f"{shown(data)} is neither a period nor a window. {way_out}")
    return text


def day(data: object) -> DayName:
    """A day of the week, weekday, weekend or holiday."""
    text = plain(data).casefold()
    if text in _DAY_WORDS:
        return _DAY_WORDS[text]
    raise ValueError(f"{shown(data)} is not a day. {_day_advice(text)}")


def _day_advice(text: str) -> str:
    first, last = (_DAY_WORDS.get(part.strip()) for part in text.partition("-")[::2])
    if first in WEEKDAY_NAMES and last in WEEKDAY_NAMES:
        start, end = (DAY_NAMES.index(part) for part in (first, last))
        days = [*WEEKDAY_NAMES, *WEEKDAY_NAMES][start : end + (1 if end >= start else 8)]
        return f"Write [{', '.join(days)}]."
    if without_a_day(text):
        return "Leave the key out for every day."
    guess = nearest(text, _DAY_WORDS) if text else None
    return f"Write {_DAY_WORDS[guess]}." if guess else f"Write {listed(DAY_NAMES, 'or')}."


def without_a_day(written: str) -> bool:
    """Whether a text says in other words that no day is meant in particular."""
    words = written.casefold().replace(" ", "").replace("_", "")
    return words in {"everyday", "daily", "all", "any", "always"}


def season(data: object) -> str:
    text = plain(data)
    if not text or len(text) > LONGEST_NAME:
        raise ValueError(f"{shown(data)} is not a season. Write its name, such as summer.")
    return text


def grid_charging(data: object) -> GridCharging:
    return _one_of(data, GridCharging, _GRID_WORDS)


def export(data: object) -> Export:
    return _one_of(data, Export, _EXPORT_WORDS)


def drift(data: object) -> Drift:
    """What to do when the gateway shows another setting than the one confirmed."""
    return _one_of(data, Drift, {})


def guard(data: object) -> str:
    text = plain(data).casefold().replace(" ", "_")
    if text in GUARDS:
        return text
    guess = did_you_mean(text, GUARDS) or f" Write {listed(GUARDS, 'or')}."
    raise ValueError(f"{shown(data)} is not a guard.{guess}")


def charge(data: object) -> float | Literal["full"]:
    """A power to charge with in watts, or full: as much as the battery takes."""
    text = plain(data)
    if text.casefold() == "full":
        return "full"
    match = _POWER.fullmatch(text)
    watts = float(match[1]) * (1000 if match[2] else 1) if match else 0.0
    if not 0 < watts <= MOST_WATTS:
        raise ValueError(f"{shown(data)} is not a power. Write one such as 3 kW, or full.")
    return watts


def _one_of(data: object, kind: type[Word], near: dict[str, Word]) -> Word:
    text = plain(data if not isinstance(data, bool) else str(data)).casefold()
    known = {each.value: each for each in kind}
    if text in known and isinstance(data, str):
        return known[text]
    guess = did_you_mean(text, known) or f" Write {listed(known, 'or')}."
    if text in near:
        guess = f" Write {near[text].value}."
    raise ValueError(f"{shown(data)} is not known here.{guess}")


def job_kind(data: object) -> JobKind:
    text = plain(data).casefold().replace(" ", "_").replace("-", "_")
    if text in tuple(JobKind):
        return JobKind(text)
    kinds = listed((each.value for each in JobKind), "or")
    guess = did_you_mean(text, [each.value for each in JobKind]) or f" Write {kinds}."
    raise ValueError(f"{shown(data)} is not something a job can do.{guess}")


def at(data: object) -> ClockTime | PeriodEdge:
    """When a job is due: `07:15`, or `PERIOD.start` or `PERIOD.end` plus or minus a duration."""
    text = plain(data)
    if match := _EDGE.fullmatch(text):
        period, edge, sign, length = match.groups()
        offset = duration(length) if length else timedelta(0)
        signed = -offset if sign == "-" else offset
        return PeriodEdge(period.strip(), "start" if edge.casefold() == "start" else "end", signed)
    if text[:1].isdigit() or ":" in text or text.casefold() in {"noon", "midnight"}:
        return _job_time(text)
    way_out = "Write a clock time such as 07:15, or an edge such as off_peak.end - 45m."
    if match := _NEARLY_EDGE.fullmatch(text):
        edge, period = match[1] or match[4], match[2] or match[3]
        way_out = f"Write {period.removeprefix('the ').strip()}.{edge.casefold()}."
    raise ValueError(f"{shown(data)} is not a time for a job. {way_out}")


def _job_time(text: str) -> ClockTime:
    second = parse_time(text)
    if second == DAY_SECONDS:
        raise ValueError("24:00 can only end a window. Write 00:00 for midnight.")
    return ClockTime(second)
