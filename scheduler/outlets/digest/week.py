"""What a digest is made of: the audit's facts of a week, and what is to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduler.audit.answers import Event
from scheduler.outlets.explain import GOOD
from scheduler.outlets.hindsight import Hindsight
from scheduler.outlets.notices.notice import Story
from scheduler.outlets.switched import Switched, between
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.values import Schedule


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


def switched(week: Week) -> tuple[Switched, ...]:
    """Every change that was due, be the service there or not."""
    facts = week.facts
    proofs = [
        (run.started_at, run.finished_at)
        for run in facts.runs
        if run.kind == "switch" and run.outcome in GOOD and run.finished_at
    ]
    return between(facts.thens, facts.leases, proofs, facts.start, week.end)


def tariff_of(schedule: Schedule | None) -> Tariff | None:
    """The tariff that a schedule names; None where it has a zone alone."""
    calendar = schedule.calendar if schedule else None
    return calendar if isinstance(calendar, Tariff) and calendar.periods else None
