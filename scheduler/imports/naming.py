"""Names for what the sources leave unnamed or misname: periods, seasons, file ids, plain text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from scheduler.imports.draft import MONTH_LENGTHS, DateRange, MonthDay

ALL_YEAR = "all_year"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SOUTH = re.compile(
    r"(Australia|Antarctica)/|Pacific/(Auckland|Chatham|Fiji|Noumea|Apia)"
    r"|America/(Argentina/|Sao_Paulo|Santiago|Montevideo|Asuncion|La_Paz|Lima)"
    r"|Africa/(Johannesburg|Harare|Maputo|Windhoek|Gaborone|Lusaka)"
)
_LONGEST, _LONGEST_ID = 40, 60
_MIDSUMMER, _MIDWINTER = (7, 15), (1, 15)
_BETWEEN = {"spring": ((2, 1), (6, 30)), "autumn": ((8, 1), (12, 31))}
_SOUTHERN = {"summer": "winter", "winter": "summer", "spring": "autumn", "autumn": "spring"}
_RESERVED = frozenset({"otherwise", "every_day", "weekday", "weekend", "holiday", "start", "end"})


def by_rank(count: int) -> tuple[str, ...]:
    """Period names for so many prices, the lowest first.

    One price is off_peak: nothing is to be saved or avoided then.
    """
    if count <= 2:
        return ("off_peak", "on_peak")[:count]
    if count == 3:
        return ("off_peak", "mid_peak", "on_peak")
    middle = count - 3
    mids = ["mid_peak"] if middle == 1 else [f"mid_peak_{n}" for n in range(1, middle + 1)]
    return ("super_off_peak", "off_peak", *mids, "on_peak")


def season_names(seasons: Sequence[tuple[DateRange, ...]], *, zone: str) -> tuple[str, ...]:
    """A name per season: by the time of the year where that tells them apart, else by months."""
    if len(seasons) == 1:
        return (ALL_YEAR,)
    southern = _SOUTH.match(zone) is not None
    for names in (
        [_by_time_of_year(ranges, southern=southern) for ranges in seasons],
        [_by_months(ranges) for ranges in seasons],
    ):
        if all(names) and len(set(names)) == len(names):
            return tuple(names)
    return tuple(f"season_{number}" for number in range(1, len(seasons) + 1))


def covers(first: MonthDay, last: MonthDay, day: MonthDay) -> bool:
    """Whether an inclusive range of dates, which may wrap the year, holds a date."""
    if first <= last:
        return first <= day <= last
    return day >= first or day <= last


def _by_time_of_year(ranges: Sequence[DateRange], *, southern: bool) -> str:
    if len(ranges) > 1:
        return ""
    first, last = ranges[0]
    midsummer, midwinter = (covers(first, last, day) for day in (_MIDSUMMER, _MIDWINTER))
    if midsummer and midwinter:
        return ""
    if midsummer or midwinter:
        name = "summer" if midsummer else "winter"
    else:
        within = (name for name, (start, end) in _BETWEEN.items() if start <= first <= last <= end)
        name = next(within, "")
    return _SOUTHERN.get(name, "") if southern else name


def _by_months(ranges: Sequence[DateRange]) -> str:
    """`nov_to_mar_and_jun`, for seasons of whole months and names that are not too long."""
    parts = []
    for (first_month, first_day), (last_month, last_day) in ranges:
        if first_day != 1 or last_day < MONTH_LENGTHS[last_month - 1]:
            return ""
        ends = dict.fromkeys((_MONTHS[first_month - 1], _MONTHS[last_month - 1]))
        parts.append("_to_".join(ends))
    name = "_and_".join(parts)
    return name if len(name) <= _LONGEST else ""


def word(text: str) -> str:
    """Text as a name that YAML keys and schedules can use; may be empty."""
    name = _slug(text, "_", _LONGEST)
    if name[:1].isdigit():
        name = f"period_{name}"
    return f"{name}_period" if name in _RESERVED else name


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    made = []
    for name in names:
        candidate = name
        while candidate in counts:
            counts[name] += 1
            candidate = f"{name}_{counts[name]}"
        counts[candidate] = 1
        made.append(candidate)
    return tuple(made)


def file_id(*candidates: str) -> str:
    """A file name without ending, from the first candidate that gives one."""
    slugs = (_slug(text, "-", _LONGEST_ID) for text in candidates)
    return next((slug for slug in slugs if slug), "imported-tariff")


def _slug(text: str, joint: str, limit: int) -> str:
    """Lower-case words with joints between them, as many whole ones as fit."""
    plain_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain_text)
    while len(words) > 1 and len(joint.join(words)) > limit:
        words.pop()
    return joint.join(words)[:limit]


def plain(value: object, limit: int = 200) -> str:
    """One printable line of a source's text, cut where it is too long; empty for other values."""
    if not isinstance(value, str):
        return ""
    kept = "".join(c if c.isprintable() else " " for c in value)
    text = " ".join(kept.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
