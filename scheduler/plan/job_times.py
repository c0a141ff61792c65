"""When jobs are due: once per local date at a clock time, or at the edges of a period."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate

from scheduler.plan import wall
from scheduler.plan.entry import PlanEntry
from scheduler.plan.leases import Lease, skips_job
from scheduler.plan.stretches import Conditions, satisfied
from scheduler.plan.switches import SEARCH_STEPS
from scheduler.schedule.values import (
    DAY_SECONDS,
    Calendar,
    ClockTime,
    Condition,
    Job,
    PeriodEdge,
    Schedule,
)

_SECOND = timedelta(seconds=1)


def jobs(
    schedule: Schedule, after: datetime, until: datetime, leases: Sequence[Lease] = ()
) -> tuple[PlanEntry, ...]:
    """The jobs due with after < at <= until, by instant and then in their written order."""
    found = due(schedule, wall.floor_seconds(after), wall.floor_seconds(until))
    return without_skips(found, leases)


def next_job(
    schedule: Schedule, instant: datetime, leases: Sequence[Lease] = ()
) -> PlanEntry | None:
    """The first job after an instant; None when there is none for 400 days."""
    after = wall.floor_seconds(instant)
    for step in SEARCH_STEPS:
        until = min(after + step, wall.LATEST)
        found = without_skips(due(schedule, after, until), leases)
        if found:
            return found[0]
        after = until
    return None


def time_of(schedule: Schedule, name: str, instant: datetime) -> datetime | None:
    """When a job is due next after an instant: what a skip leaves out. None as `next_job`."""
    alone = replace(schedule, jobs=tuple(job for job in schedule.jobs if job.name == name))
    found = next_job(alone, instant)
    return found.at if found else None


def without_skips(entries: tuple[PlanEntry, ...], leases: Sequence[Lease]) -> tuple[PlanEntry, ...]:
    """The jobs that no lease leaves out."""
    if not leases:
        return entries
    return tuple(each for each in entries if not skips_job(leases, each.name, each.at))


def due(schedule: Schedule, after: int, until: int) -> tuple[PlanEntry, ...]:
    """As `jobs`, of whole seconds."""
    if not schedule.jobs or until <= after:
        return ()
    calendar = schedule.calendar
    found = [*_at_clock_times(calendar, schedule.jobs, after, until)]
    found += _at_period_edges(calendar, schedule.jobs, after, until)
    found.sort()
    return tuple(_entry(calendar, at, schedule.jobs[index]) for at, index in found)


def _entry(calendar: Calendar, at: int, job: Job) -> PlanEntry:
    instant = wall.instant_of(at)
    _, day, period = wall.reading(calendar, instant)
    return PlanEntry(
        at=instant,
        kind="job",
        name=job.name,
        setting=None,
        job=job,
        period=period,
        season=day.season,
        day_class=day.day_class,
    )


def _at_clock_times(
    calendar: Calendar, jobs: Iterable[Job], after: int, until: int
) -> Iterator[tuple[int, int]]:
    """(instant, index of the job). The dates asked reach beyond the stretch, because a date's job
    may be due on the next date, after a gap that swallows midnight."""
    timed = [(i, job, job.at.second) for i, job in enumerate(jobs) if isinstance(job.at, ClockTime)]
    if not timed:
        return
    walk = _Dates(calendar, after, until)
    for day_number in walk.day_numbers:
        on = wall.date_of(day_number)
        day = calendar.day(on)
        for index, job, second in timed:
            at = walk.first_instant(day_number, second)
            if at is not None and after < at <= until and satisfied(job.condition, on, day):
                yield at, index


class _Dates:
    """The local dates around a stretch of time, and the instants of their clock times."""

    def __init__(self, calendar: Calendar, after: int, until: int) -> None:
        start = max(after - 3 * DAY_SECONDS, wall.EARLIEST - DAY_SECONDS)
        end = min(until + 3 * DAY_SECONDS, wall.LATEST + DAY_SECONDS)
        self._pieces = wall.pieces(calendar.zone, start, end)
        # Wall time runs back at some changes; "the first piece to reach a reading" wants the
        # furthest reading so far.
        self._reach = list(accumulate((each.end + each.offset for each in self._pieces), max))
        first = (start + self._pieces[0].offset) // DAY_SECONDS + 1
        last = (end + self._pieces[-1].offset) // DAY_SECONDS - 1
        self.day_numbers = range(first, last + 1)

    def first_instant(self, day_number: int, second: int) -> int | None:
        """The first instant with this wall reading, or the first after the gap that swallowed it;
        None when the whole date is missing."""
        reading = day_number * DAY_SECONDS + second
        index = bisect_right(self._reach, reading)
        if index == len(self._pieces):
            return None
        piece = self._pieces[index]
        if self._swallowed(day_number, index):
            return None
        return max(piece.start, reading - piece.offset)

    def _swallowed(self, day_number: int, index: int) -> bool:
        """Whether the gap before a piece holds all of a date (Apia, 2011-12-30)."""
        if index == 0:
            return False
        piece, midnight = self._pieces[index], day_number * DAY_SECONDS
        resumed = piece.start + piece.offset
        return self._reach[index - 1] <= midnight and midnight + DAY_SECONDS <= resumed


def _at_period_edges(
    calendar: Calendar, jobs: Iterable[Job], after: int, until: int
) -> Iterator[tuple[int, int]]:
    """(instant, index of the job)."""
    edged = [(i, job, job.at) for i, job in enumerate(jobs) if isinstance(job.at, PeriodEdge)]
    if not edged:
        return
    names = tuple(sorted({edge.period for _, _, edge in edged}))
    margin = 1 + max(abs(edge.offset // _SECOND) for _, _, edge in edged)
    periods = Conditions(calendar, tuple(Condition(periods=frozenset({name})) for name in names))
    stretches = periods.stretches(
        max(after - margin, wall.EARLIEST - DAY_SECONDS),
        min(until + 1 + margin, wall.LATEST + DAY_SECONDS),
    )
    for index, job, edge in edged:
        for stretch in stretches[names.index(edge.period)]:
            at = stretch.start if edge.edge == "start" else stretch.end
            at += edge.offset // _SECOND
            if after < at <= until and _holds_at(calendar, job, at):
                yield at, index


def _holds_at(calendar: Calendar, job: Job, at: int) -> bool:
    on, day, _ = wall.reading(calendar, wall.instant_of(at))
    return satisfied(job.condition, on, day)
