"""How a year was kept, by month: the time in which what was wanted was not proven, and the time in
which nobody watched. Pure: from an outline of the audit and how its runs ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduler import clock
from scheduler.audit.review import End
from scheduler.outlets.explain import GOOD
from scheduler.outlets.hindsight import Outline
from scheduler.outlets.switched import ALLOWED, between

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Month:
    """One month, as far as it is over."""

    first: date
    due: int | None
    """Changes of the setting; None where the audit does not tell which schedule was in force."""
    wrong: timedelta | None
    """From a change that was due to its proof, where that took longer than a switch may."""
    unwatched: timedelta

    def to_json(self) -> dict[str, Any]:
        """The month as data."""
        return {
            "month": f"{self.first:%Y-%m}",
            "due": self.due,
            "wrong_minutes": None if self.wrong is None else _minutes(self.wrong),
            "unwatched_minutes": _minutes(self.unwatched),
        }


def _minutes(length: timedelta) -> float:
    return round(length.total_seconds() / 60, 1)


def months(known: Outline, ends: Sequence[End], zone: ZoneInfo) -> tuple[Month, ...]:
    """The months that the outline touches. What was before the service was ever started is nobody's
    fault, and in no month."""
    begun = max([known.start, *(gap.end for gap in known.gaps if not gap.start and gap.end)])
    proofs = [
        (each.started_at, each.finished_at)
        for each in ends
        if each.kind == "switch" and each.outcome in GOOD and each.finished_at
    ]
    found = between(known.thens, known.leases, proofs, begun, known.end)
    wrong = [(each.at, each.at + each.wrong) for each in found if each.wrong > ALLOWED]
    gone = [(gap.start, gap.end or known.end) for gap in known.gaps if gap.start]
    made = []
    for first, start, end in _months(begun, known.end, zone):
        due = wrongly = None
        if _tells(known, start, end):
            due, wrongly = sum(start <= each.at < end for each in found), _within(wrong, start, end)
        made.append(Month(first, due, wrongly, _within(gone, start, end)))
    return tuple(made)


def _tells(known: Outline, start: datetime, end: datetime) -> bool:
    """Whether it is known of some of the time what was due."""
    until = [*(each.since for each in known.thens[1:]), None]
    return any(
        each.schedule and (each.since or start) < end and (after is None or after > start)
        for each, after in zip(known.thens, until, strict=True)
    )


def _months(
    start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[tuple[date, datetime, datetime]]:
    first = start.astimezone(zone).date().replace(day=1)
    while (begin := clock.midnight(first, zone)) < end:
        following = (first + timedelta(days=32)).replace(day=1)
        yield first, max(begin, start), min(clock.midnight(following, zone), end)
        first = following


def _within(stretches: Iterable[Stretch], start: datetime, end: datetime) -> timedelta:
    cut = (min(stop, end) - max(begin, start) for begin, stop in stretches)
    return sum((each for each in cut if each > timedelta(0)), timedelta(0))
