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
from scheduler.outlets.hindsight import unwatched
from scheduler.outlets.picture.svg import KINDS
from scheduler.outlets.watched import Gap
from scheduler.outlets.web import address
from scheduler.outlets.web.source import Source

DAYS: Final = 90
_RANKS: Final = ("none", "quiet", "good", "waiting", "doubt", "bad")
_A_DAY: Final = timedelta(hours=12)
"""So long unwatched, a day is one that nobody watched."""


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
    begin = address.midnight(first, source.zone)
    with source.audit() as database:
        found = review.ends(database, source.site, begin, now)
        gaps = unwatched(database, source.site, begin, source.life())
    days = [first + timedelta(days=number) for number in range(DAYS + 1)]
    edges = [address.midnight(on, source.zone) for on in days]
    by_day: list[list[str]] = [[] for _ in days]
    for each in found:
        by_day[bisect_right(edges, each.started_at) - 1].append(each.outcome or "at work")
    spans = zip(days, by_day, pairwise([*edges[:-1], now]), strict=False)
    return [_cell(on, outcomes, gaps, *span) for on, outcomes, span in spans]


def _cell(
    on: date, outcomes: Sequence[str], gaps: Iterable[Gap], start: datetime, end: datetime
) -> Cell:
    worst = max(set(outcomes), key=lambda each: _RANKS.index(_kind(each)), default=None)
    gone = sum(_within(gaps, start, end), timedelta(0))
    kind = _kind(worst) if worst else "none"
    return Cell(on, kind, len(outcomes), worst, unwatched=gone >= _A_DAY)


def _kind(outcome: str) -> str:
    return KINDS.get(outcome, "quiet")


def _within(gaps: Iterable[Gap], start: datetime, end: datetime) -> Iterator[timedelta]:
    for gap in gaps:
        begin, stop = max(gap.start or start, start), min(gap.end or end, end)
        if begin < stop:
            yield stop - begin
