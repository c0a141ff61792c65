"""The time to come of one schedule, laid out once for all checks and only as far as they ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from scheduler import clock, plan
from scheduler.errors import Place, Problem
from scheduler.plan import PlanEntry, wall
from scheduler.plan.stretches import Conditions, Stretch
from scheduler.plan.switches import decisions
from scheduler.schedule.values import DAY_SECONDS, Condition, Job, Rule, Schedule
from scheduler.schedule.zones import ZoneData

YEAR = timedelta(days=366)
_CUT = 1 << 50
"""Seconds; an edge further away than this lies outside what was laid out."""


# No slots: the cached properties live in the instance's dictionary.
@dataclass(frozen=True)
class Outlook:
    """A schedule, and lazily its coming year and the one after."""

    schedule: Schedule
    zone_data: ZoneData
    now: datetime

    @cached_property
    def today(self) -> date:
        return clock.localise(self.now, self.schedule.calendar.zone).date()

    @cached_property
    def decisions(self) -> list[tuple[int, Rule]]:
        """(instant, rule that decides from there on) in the coming year."""
        return self._decisions(0)

    @cached_property
    def deciding(self) -> frozenset[str]:
        """The names of the rules that decide at some time within two years."""
        names = frozenset(rule.name for _, rule in self.decisions)
        if len(names) == len(self.schedule.rules):
            return names
        return names | {rule.name for _, rule in self._decisions(1)}

    @cached_property
    def jobs(self) -> tuple[PlanEntry, ...]:
        return plan.jobs(self.schedule, self.now, self.now + YEAR)

    @cached_property
    def due(self) -> frozenset[str]:
        """The names of the jobs that are due at some time within two years."""
        names = frozenset(entry.name for entry in self.jobs)
        if len(names) == len(self.schedule.jobs):
            return names
        later = plan.jobs(self.schedule, self.now + YEAR, self.now + 2 * YEAR)
        return names | {entry.name for entry in later}

    @cached_property
    def stretches(self) -> list[list[Stretch]]:
        """For each rule the unbroken stretches of its condition in the coming year; some may
        have no end."""
        now = wall.floor_seconds(self.now)
        end = wall.floor_seconds(self.now + YEAR) + 2 * DAY_SECONDS
        conditions = tuple(rule.condition for rule in self.schedule.rules)
        found = Conditions(self.schedule.calendar, conditions).stretches(now - 2 * DAY_SECONDS, end)
        return [[each for each in of_rule if each.end > now] for of_rule in found]

    def words(self, seconds: int) -> str:
        """An instant in the zone people live in."""
        local = clock.localise(wall.instant_of(seconds), self.schedule.calendar.display_zone)
        return f"{local:%a %Y-%m-%d %H:%M}"

    def over(self, condition: Condition) -> bool:
        """Whether all dates of a condition have passed, which reading the file tells already."""
        return bool(condition.dates) and max(each.last for each in condition.dates) < self.today

    def _decisions(self, year: int) -> list[tuple[int, Rule]]:
        start = wall.floor_seconds(self.now + year * YEAR)
        return decisions(self.schedule, start, wall.floor_seconds(self.now + (year + 1) * YEAR))


def whole(stretch: Stretch) -> bool:
    """Whether both edges of a stretch are known."""
    return stretch.start > -_CUT and stretch.end < _CUT


def warning(entry: Rule | Job, path: str, message: str, id_: str) -> Problem:
    """A warning about a rule or job, at the key that the path ends in."""
    return Problem(place_of(entry, path), path, message, id_, "warning")


def place_of(entry: Rule | Job, path: str) -> Place:
    """Where the key that a path ends in stands, or else the entry."""
    return entry.places.get(path.rpartition(".")[2], entry.place)
