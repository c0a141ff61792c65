"""Wall times that a clock change skips or doubles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from scheduler.advice.outlook import YEAR, Outlook, place_of
from scheduler.errors import Problem
from scheduler.plan import wall
from scheduler.schedule.clocktime import format_time
from scheduler.schedule.values import DAY_SECONDS, ClockTime, Job, Rule


def clock_change(outlook: Outlook) -> Iterator[Problem]:
    """No wall time that the schedule names is skipped or doubled by a clock change of the
    coming year.

    Each rule and job once for times that are skipped, and once for times that come twice.
    """
    changes = _changes(outlook)
    for path, entry, seconds in _named(outlook):
        told: set[bool] = set()
        for at, first, last, forward in changes:
            inside = [each for each in seconds if _harmed(each, first, last, entry)]
            if not inside or forward in told:
                continue
            told.add(forward)
            message = _message(format_time(inside[0]), outlook.words(at), entry, forward=forward)
            yield Problem(place_of(entry, path), path, message, "clock-change", "notice")


def _harmed(second: int, first: int, last: int, entry: Rule | Job) -> bool:
    """The first second of such an hour does a window no harm: it is the change itself."""
    return first < second < last or (isinstance(entry, Job) and second == first > 0)


def _message(time: str, on: str, entry: Rule | Job, *, forward: bool) -> str:
    if isinstance(entry, Job):
        what = (
            "the job is due at the first instant after the gap"
            if forward
            else "the job is due once, at the first of the two"
        )
    else:
        what = "the window is cut there" if forward else "the window has its edge twice"
    how = "does not exist" if forward else "comes twice"
    return f"{time} {how} on the clock change of {on}: {what}. Another hour avoids it."


def _changes(outlook: Outlook) -> list[tuple[int, int, int, bool]]:
    """(instant, first and last second of the day that are skipped or doubled, whether skipped)."""
    zone = outlook.schedule.calendar.zone
    start = wall.floor_seconds(outlook.now)
    pieces = wall.pieces(zone, start, wall.floor_seconds(outlook.now + YEAR))
    found = []
    for before, after in pairwise(pieces):
        old, new = after.start + before.offset, after.start + after.offset
        midnight = min(old, new) // DAY_SECONDS * DAY_SECONDS
        found.append((after.start, min(old, new) - midnight, max(old, new) - midnight, new > old))
    return found


def _named(outlook: Outlook) -> Iterator[tuple[str, Rule | Job, list[int]]]:
    for index, rule in enumerate(outlook.schedule.rules):
        edges = [edge for each in rule.condition.windows for edge in (each.start, each.end)]
        yield f"rules[{index}].during", rule, edges
    for index, job in enumerate(outlook.schedule.jobs):
        if isinstance(job.at, ClockTime):
            yield f"jobs[{index}].at", job, [job.at.second]
