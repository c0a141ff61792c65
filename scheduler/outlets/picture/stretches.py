"""A day cut where something changes: what was wanted, what was proven, and how they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Literal

from scheduler.outlets.picture.day import LEAST_APART, DayPicture, Span

Word = Literal["as wanted", "not as wanted", "not proven", "paused", "nobody watching", "to come"]


@dataclass(frozen=True, slots=True)
class DayStretch:
    """From `start` to before `end` nothing changes that a person would ask about."""

    start: datetime
    end: datetime
    word: Word
    wanted: str | None
    by: str
    """The rule or lease that wants it."""
    proven: str | None


def stretches(day: DayPicture) -> tuple[DayStretch, ...]:
    """The whole day in its order. What is shorter than a switch takes is told with what follows
    it, so that the seconds before each proof are no stretch of their own."""
    found: list[DayStretch] = []
    begun: datetime | None = None
    for piece in _pieces(day):
        start = begun or piece.start
        if piece.end - start < LEAST_APART and piece.end < day.end:
            begun = start
            continue
        begun, made = None, replace(piece, start=start)
        if found and replace(found[-1], start=start, end=made.end) == made:
            made = replace(made, start=found.pop().start)
        found.append(made)
    return tuple(found)


def _pieces(day: DayPicture) -> Iterator[DayStretch]:
    ends = {day.start, day.end, *([day.now] if day.start < day.now < day.end else [])}
    for spans in (day.wanted, day.proven, day.gaps):
        for span in spans:
            ends |= {each for each in (span.start, span.end) if each}
    for start, end, _ in day.pauses:
        ends |= {start, end}
    for start, end in pairwise(sorted(ends)):
        wanted, proven = _at(day.wanted, start), _at(day.proven, start)
        yield DayStretch(
            start,
            end,
            _word(day, start, wanted, proven),
            wanted.setting if wanted else None,
            wanted.by if wanted else "",
            proven.setting if proven else None,
        )


def _at(spans: Sequence[Span], at: datetime) -> Span | None:
    return next((each for each in spans if each.start <= at < each.end), None)


def _word(day: DayPicture, at: datetime, wanted: Span | None, proven: Span | None) -> Word:
    if at >= day.now:
        return "to come"
    if any(gap.holds(at) for gap in day.gaps):
        return "nobody watching"
    if wanted and proven and wanted.setting == proven.setting:
        return "as wanted"
    if any(start <= at < end for start, end, _ in day.pauses):
        return "paused"
    return "not as wanted" if wanted and proven else "not proven"
