"""Ninety days as a strip: one cell a day, by the worst that happened on it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from scheduler import clock
from scheduler.audit import review
from scheduler.audit.database import Database
from scheduler.audit.questions import Questions
from scheduler.outlets.hindsight import unwatched
from scheduler.outlets.picture.svg import KINDS
from scheduler.outlets.watched import Gap
from scheduler.outlets.web.source import Source

DAYS: Final = 90
_RANKS: Final = ("none", "quiet", "good", "waiting", "doubt", "bad")
_A_DAY: Final = timedelta(hours=12)
"""So long unwatched, a day is one that nobody watched."""
_LONGEST_DAY: Final = timedelta(hours=26)

Told = tuple[int, str | None]
"""How many runs a day had, and the worst outcome."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One day. `kind` is the class of its worst outcome; none without a run."""

    date: date
    kind: str
    runs: int
    worst: str | None
    unwatched: bool

    @property
    def text(self) -> str:
        """In words, for a title and for a reader aloud."""
        told = f"{self.runs} runs, worst {self.worst}" if self.runs > 1 else self.worst or "no run"
        return f"{self.date:%a %Y-%m-%d}: {told}{', nobody watching' if self.unwatched else ''}"

    def to_json(self) -> dict[str, Any]:
        """The cell as data."""
        return {
            "day": self.date.isoformat(),
            "kind": self.kind,
            "runs": self.runs,
            "worst": self.worst,
            "unwatched": self.unwatched,
        }


def strip(source: Source, now: datetime) -> list[Cell]:
    """The days up to today, oldest first."""
    today = clock.localise(now, source.zone).date()
    first = today - timedelta(days=DAYS - 1)
    days = [first + timedelta(days=number) for number in range(DAYS)]
    edges = [clock.midnight(on, source.zone) for on in days]
    with source.audit() as database:
        told = _told(source, database, edges)
        gaps = unwatched(database, source.site, edges[0], source.life())
    spans = zip(days, told, pairwise([*edges, now]), strict=True)
    return [_cell(on, day, gaps, *span) for on, day, span in spans]


def _told(source: Source, database: Database, edges: Sequence[datetime]) -> list[Told]:
    """How many runs each day had, and the worst; counted anew only where an entry came since."""
    key = (edges[0], edges[-1], Questions(database, source.site).head())
    if key not in source.days:
        outcomes: list[set[str]] = [set() for _ in edges]
        runs = [0 for _ in edges]
        for each in review.ends(database, source.site, edges[0], edges[-1] + _LONGEST_DAY):
            number = bisect_right(edges, each.started_at) - 1
            runs[number] += 1
            outcomes[number].add(each.outcome or "at work")
        source.days.clear()
        source.days[key] = list(zip(runs, map(_worst, outcomes), strict=True))
    found: list[Told] = source.days[key]
    return found


def _worst(outcomes: Iterable[str]) -> str | None:
    return max(outcomes, key=lambda each: _RANKS.index(_kind(each)), default=None)


def _cell(on: date, told: Told, gaps: Iterable[Gap], start: datetime, end: datetime) -> Cell:
    runs, worst = told
    gone = sum(_within(gaps, start, end), timedelta(0))
    kind = _kind(worst) if worst else "none"
    return Cell(on, kind, runs, worst, unwatched=gone >= _A_DAY)


def _kind(outcome: str) -> str:
    return KINDS.get(outcome, "quiet")


def _within(gaps: Iterable[Gap], start: datetime, end: datetime) -> Iterator[timedelta]:
    for gap in gaps:
        begin, stop = max(gap.start or start, start), min(gap.end or end, end)
        if begin < stop:
            yield stop - begin
