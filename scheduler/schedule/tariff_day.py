"""Whether the windows of one table tile the day, and what they make of it.

Knows neither seasons nor which days a table is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scheduler.schedule.clocktime import format_span
from scheduler.schedule.finding import Finding
from scheduler.schedule.tariff_shape import named
from scheduler.schedule.tariff_text import Span
from scheduler.schedule.values import DAY_SECONDS
from scheduler.schedule.wording import listed

Loc = tuple[int | str, ...]
Table = Mapping[str, Sequence[Span | None]]
"""Period to its windows; None where it says `otherwise`."""

MOST_GAPS: Final = 20
"""Gaps of one day that are told; the others are alike."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A window's part within one day, with the window it comes from."""

    start: int
    end: int
    label: str
    period: str
    loc: Loc


def check_table(table: Table, loc: Loc) -> Iterator[Finding]:
    """Every second of the day belongs to exactly one window."""
    rest = [period for period, windows in table.items() if None in windows]
    if len(rest) > 1:
        message = f"{listed(map(named, rest))} say otherwise; one period can take the rest."
        yield Finding((*loc, rest[1]), message, "window-overlap")
    segments = _segments(table, loc)
    yield from _overlaps(segments)
    if not rest:
        yield from _gaps(segments, loc)


def periods_of(table: Table) -> tuple[tuple[int, str], ...]:
    """(second, period) at each change, first at 0; for a table without findings."""
    rest = next((period for period, windows in table.items() if None in windows), "")
    starts: list[tuple[int, str]] = []
    at = 0
    for segment in _segments(table, ()):
        if segment.start > at:
            starts.append((at, rest))
        starts.append((segment.start, segment.period))
        at = segment.end
    if at < DAY_SECONDS:
        starts.append((at, rest))
    return tuple(each for n, each in enumerate(starts) if n == 0 or each[1] != starts[n - 1][1])


def _segments(table: Table, loc: Loc) -> list[_Segment]:
    found: list[_Segment] = []
    for period, windows in table.items():
        for index, span in enumerate(windows):
            if span is None:
                continue
            label = f"{named(period)} {format_span(*span)}"
            where = (*loc, period, index)
            start, end = span
            if end > start:
                found.append(_Segment(start, end, label, period, where))
            else:
                found.append(_Segment(start, DAY_SECONDS, label, period, where))
                found.append(_Segment(0, end, label, period, where))
    return sorted(found, key=lambda each: (each.start, each.end))


def _overlaps(segments: Sequence[_Segment]) -> Iterator[Finding]:
    longest: _Segment | None = None
    for each in segments:
        if longest is not None and each.start < longest.end:
            both = format_span(each.start, min(each.end, longest.end))
            message = f"{longest.label} and {each.label} overlap: both cover {both}."
            yield Finding(max(each.loc, longest.loc, key=str), message, "window-overlap")
        if longest is None or each.end > longest.end:
            longest = each


def _gaps(segments: Sequence[_Segment], loc: Loc) -> Iterator[Finding]:
    for start, end in _holes(segments)[:MOST_GAPS]:
        before = max(segments, key=lambda each: (each.end <= start, each.end))
        after = min(segments, key=lambda each: (each.start < end % DAY_SECONDS, each.start))
        between = (
            f"outside {before.label}"
            if before.label == after.label
            else f"between {before.label} and {after.label}"
        )
        message = (
            f"Nothing covers {format_span(start, end)}, {between}. "
            "Add a window, or let one period take the rest with otherwise."
        )
        yield Finding(loc, message, "window-gap")


def _holes(segments: Sequence[_Segment]) -> list[Span]:
    """Uncovered spans of the day; one across midnight is one."""
    holes: list[Span] = []
    at = 0
    for each in segments:
        if each.start > at:
            holes.append((at, each.start))
        at = max(at, each.end)
    if at < DAY_SECONDS:
        holes.append((at, DAY_SECONDS))
    if len(holes) > 1 and holes[0][0] == 0 and holes[-1][1] == DAY_SECONDS:
        last = holes.pop()
        holes[0] = (last[0], holes[0][1])
    return holes
