"""What a picture of a stretch of time shows, taken out of what the audit knows. Draws nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from scheduler import clock, outside, plan
from scheduler.audit.readings import KeptReading
from scheduler.audit.views import RunView
from scheduler.outlets.explain import GOOD
from scheduler.outlets.hindsight import Hindsight, Then
from scheduler.outlets.watched import Gap
from scheduler.plan import Lease, PlanEntry, wall
from scheduler.setting import HOLD, setting_words

LEAST_APART: Final = timedelta(seconds=30)
# What was proven is no longer known to hold from the beginning of a run that ended so.
_DOUBTFUL: Final = frozenset({"unconfirmed", "interrupted", "accepted", None})


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of a period of the tariff."""

    start: datetime
    end: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in which a setting was wanted, or known to be in force."""

    start: datetime
    end: datetime
    setting: str
    """In words."""
    reserve: float | None
    by: str
    """The rule or lease; of what was proven, the run."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A run."""

    at: datetime
    outcome: str
    run: int
    text: str


@dataclass(frozen=True, slots=True)
class PowersAt:
    """PowersAt that were read at an instant, in watts; None is not known."""

    at: datetime
    solar: float | None
    load: float | None
    grid: float | None
    """Above zero: taken from the grid."""


@dataclass(frozen=True, slots=True)
class DayPicture:
    """All that is drawn between two instants; usually from one local midnight to the next."""

    start: datetime
    end: datetime
    now: datetime
    zone: ZoneInfo
    bands: tuple[Band, ...]
    wanted: tuple[Span, ...]
    proven: tuple[Span, ...]
    marks: tuple[Mark, ...]
    charge: tuple[tuple[datetime, float], ...]
    gaps: tuple[Gap, ...]
    """Cut to the day; both ends known."""
    pauses: tuple[tuple[datetime, datetime, str], ...]
    powers: tuple[PowersAt, ...] = ()

    def parted(self) -> tuple[tuple[datetime, datetime], ...]:
        """Where what was proven was known to be another setting than the one wanted, for longer
        than a switch takes."""
        found = [
            (max(a.start, b.start), min(a.end, b.end))
            for a in self.wanted
            for b in self.proven
            if a.setting != b.setting
        ]
        return tuple(each for each in sorted(found) if each[1] - each[0] >= LEAST_APART)


def day(facts: Hindsight, start: datetime, end: datetime, zone: ZoneInfo) -> DayPicture:
    """What the facts say of a stretch of time; what is to come is planned, and nothing else."""
    gaps = tuple(_cut_gaps(facts, start, end))
    return DayPicture(
        start=start,
        end=end,
        now=facts.now,
        zone=zone,
        bands=tuple(_bands(facts, start, end)),
        wanted=tuple(_wanted(facts, start, end)),
        proven=tuple(_proven(facts, gaps, start, end)),
        marks=tuple(_mark(run) for run in facts.runs if start <= run.started_at < end),
        charge=tuple(
            (each.at, each.charge)
            for each in facts.readings
            if each.charge is not None and start <= each.at < end
        ),
        gaps=gaps,
        pauses=tuple(_pauses(facts.leases, start, end)),
        powers=tuple(
            PowersAt(each.at, each.solar_w, each.load_w, each.grid_w)
            for each in facts.readings
            if start <= each.at < end and _has_power(each)
        ),
    )


def _has_power(each: KeptReading) -> bool:
    return any(value is not None for value in (each.solar_w, each.load_w, each.grid_w))


def _pieces(
    facts: Hindsight, start: datetime, end: datetime
) -> Iterator[tuple[Then, datetime, datetime]]:
    """Each schedule with its part of the stretch; the first one also for what was before it."""
    changes = [each.since for each in facts.thens[1:] if each.since and start < each.since < end]
    for begin, stop in pairwise([start, *changes, end]):
        yield facts.then(begin), begin, stop


def _wanted(facts: Hindsight, start: datetime, end: datetime) -> Iterator[Span]:
    for then, begin, stop in _pieces(facts, start, end):
        if then.schedule is None:
            yield from _wanted_of_runs(facts.runs, begin, min(stop, facts.now))
            continue
        made = plan.plan(then.schedule, begin, stop, facts.leases).entries
        switches = [each for each in made if each.setting is not None]
        ends = [*(each.at for each in switches[1:]), stop]
        for entry, until in zip(switches, ends, strict=True):
            assert entry.setting is not None
            wanted = _resolved(facts.runs, entry, until) or entry.setting.to_json()
            yield _span(entry.at, until, wanted, entry.name)


def _resolved(
    runs: Sequence[RunView], entry: PlanEntry, until: datetime
) -> Mapping[str, Any] | None:
    """A hold as the runs of its time resolved it."""
    if entry.setting is None or entry.setting.reserve != HOLD:
        return None
    found = [
        run.wanted
        for run in runs
        if run.name == entry.name and run.wanted and entry.at <= run.started_at < until
    ]
    return next((each for each in found if each.get("reserve_percent") is not None), None)


def _wanted_of_runs(runs: Sequence[RunView], start: datetime, end: datetime) -> Iterator[Span]:
    told = [run for run in runs if run.kind == "switch" and run.wanted and run.started_at < end]
    ends = [*(run.started_at for run in told[1:]), end]
    for run, until in zip(told, ends, strict=False):
        if max(run.started_at, start) < until and run.wanted:
            yield _span(max(run.started_at, start), until, run.wanted, run.name or "")


def _proven(
    facts: Hindsight, gaps: Sequence[Gap], start: datetime, end: datetime
) -> Iterator[Span]:
    """From each proof to whatever ends it: another proof, a run in doubt, nobody there, now."""
    switches = [run for run in facts.runs if run.kind == "switch"]
    for number, run in enumerate(switches):
        if run.outcome not in GOOD or run.finished_at is None or not run.wanted:
            continue
        last = min([end, facts.now, *_enders(switches[number + 1 :], gaps, run.finished_at)])
        begin = max(run.finished_at, start)
        if begin < last:
            yield _span(begin, last, run.wanted, f"run {run.run}")


def _enders(later: Sequence[RunView], gaps: Sequence[Gap], after: datetime) -> Iterator[datetime]:
    for run in later:
        if run.outcome in GOOD and run.finished_at:
            yield run.finished_at
        elif run.outcome in _DOUBTFUL:
            yield run.started_at
    yield from (gap.start for gap in gaps if gap.start and gap.end and gap.end > after)


def _span(start: datetime, end: datetime, setting: Mapping[str, Any], by: str) -> Span:
    reserve = setting.get("reserve_percent")
    percent = float(reserve) if isinstance(reserve, int | float) else None
    return Span(start, end, setting_words(setting), percent, by)


def _bands(facts: Hindsight, start: datetime, end: datetime) -> Iterator[Band]:
    """The periods, looked up each five minutes: no tariff has finer ones."""
    for then, begin, stop in _pieces(facts, start, end):
        if then.schedule is None:
            continue
        name, since, at = None, begin, begin
        while at < stop:
            _, _, found = wall.reading(then.schedule.calendar, at)
            if found != name:
                if name:
                    yield Band(since, at, name)
                name, since = found, at
            at = _next_five(at)
        if name:
            yield Band(since, stop, name)


def _next_five(at: datetime) -> datetime:
    step = 300_000_000
    return clock.from_micros((clock.to_micros(at) // step + 1) * step)


def _mark(run: RunView) -> Mark:
    what = setting_words(run.wanted) if run.wanted else run.kind
    error = f": {outside.said(run.error)}" if run.error else ""
    outcome = run.outcome or "at work"
    return Mark(run.started_at, outcome, run.run, f"{what} ({run.name or run.kind}){error}")


def _cut_gaps(facts: Hindsight, start: datetime, end: datetime) -> Iterator[Gap]:
    for gap in facts.gaps:
        begin, stop = max(gap.start or start, start), min(gap.end or facts.now, end)
        if begin < stop:
            yield Gap(begin, stop, gap.why)


def _pauses(
    leases: Sequence[Lease], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, str]]:
    for lease in leases:
        begin, stop = max(lease.begun, start), min(lease.until, end)
        if lease.kind is plan.LeaseKind.PAUSE and begin < stop:
            yield begin, stop, ": ".join(x for x in (lease.who, lease.reason) if x)
