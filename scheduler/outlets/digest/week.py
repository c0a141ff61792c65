"""What a digest is made of: the audit's facts of a week, and what is to come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from scheduler import plan
from scheduler.audit.questions import Event
from scheduler.outlets.explain import GOOD
from scheduler.outlets.hindsight import Hindsight
from scheduler.outlets.notices.notice import Story
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.values import Schedule

ALLOWED: Final = timedelta(minutes=1)
"""What a switch may take before its time counts as spent in a wrong setting."""


@dataclass(frozen=True, slots=True)
class Week:
    """Facts from its start to its end; what was not over by then is as it is now."""

    facts: Hindsight
    zone: ZoneInfo
    stories: tuple[Story, ...] = ()
    """Incidents that were open at some time of it."""
    firmware: tuple[Event, ...] = ()
    ahead: Schedule | None = None
    """The schedule as it stands now, for the week to come; None where it cannot be read."""

    @property
    def end(self) -> datetime:
        """Of what is over."""
        return min(self.facts.end, self.facts.now)


@dataclass(frozen=True, slots=True)
class Switched:
    """One change of the wanted setting, and how long it took to be proven."""

    at: datetime
    until: datetime
    """When the next one was due."""
    late: timedelta | None
    """None: not proven before that."""

    @property
    def wrong(self) -> timedelta:
        """Time in another setting than the one wanted, as far as the audit knows."""
        taken = self.until - self.at if self.late is None else self.late
        return taken if taken > ALLOWED else timedelta(0)


def switched(week: Week) -> tuple[Switched, ...]:
    """Every change that was due, by the schedules of then, be the service there or not; without
    those in a pause, which were not meant to be made."""
    due = sorted(set(_due(week)))
    found = []
    for number, at in enumerate(due):
        until = due[number + 1] if number + 1 < len(due) else week.end
        if plan.pause_at(week.facts.leases, at) is None:
            found.append(Switched(at, until, _late(week, at, until)))
    return tuple(found)


def tariff_of(schedule: Schedule | None) -> Tariff | None:
    """The tariff that a schedule names; None where it has a zone alone."""
    calendar = schedule.calendar if schedule else None
    return calendar if isinstance(calendar, Tariff) and calendar.periods else None


def _due(week: Week) -> Iterator[datetime]:
    facts = week.facts
    for number, then in enumerate(facts.thens):
        after = facts.thens[number + 1].since if number + 1 < len(facts.thens) else None
        start, end = max(facts.start, then.since or facts.start), min(week.end, after or week.end)
        if then.schedule is not None and start < end:
            for each in plan.boundaries(then.schedule, start, end, facts.leases):
                if facts.start <= each.at < week.end:
                    yield each.at


def _late(week: Week, at: datetime, until: datetime) -> timedelta | None:
    ends = [
        run.finished_at
        for run in week.facts.runs
        if run.kind == "switch" and run.outcome in GOOD and run.started_at >= at and run.finished_at
    ]
    first = min((each for each in ends if each <= until), default=None)
    return None if first is None else first - at
