"""The setting in force, and the instants at which it changes.

The first rule whose condition, shrunk by its inset, holds at an instant decides; where a change
of rule keeps the setting there is no boundary.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from scheduler.plan import wall
from scheduler.plan.entry import Desired, Override, PlanEntry
from scheduler.plan.stretches import Conditions, Stretch
from scheduler.schedule.values import DAY_SECONDS, Rule, Schedule
from scheduler.setting import Setting

OVERRIDE_RULE = "override"
"""The rule's name while a person's override wins."""

# Most schedules change within a day; a seasonal one may not for eight months. Together 400 days.
SEARCH_STEPS = tuple(days * DAY_SECONDS for days in (2, 14, 100, 284))

_SECOND = timedelta(seconds=1)


def desired_at(schedule: Schedule, instant: datetime, override: Override | None = None) -> Desired:
    """What should be true at an instant. Raises ValueError at the ends of datetime's range."""
    at = wall.floor_seconds(instant)
    _, day, period = wall.reading(schedule.calendar, wall.instant_of(at))
    if override is not None and instant < override.until:
        return Desired(OVERRIDE_RULE, override.setting, day.season, day.day_class, period)
    rule = _rule_at(schedule, at)
    return Desired(rule.name, rule.setting, day.season, day.day_class, period)


def began_at(schedule: Schedule, instant: datetime) -> datetime | None:
    """Since when the setting wanted at `instant` has been wanted without a break; None when for
    more than 400 days."""
    until = wall.floor_seconds(instant)
    for step in SEARCH_STEPS:
        after = max(until - step, wall.EARLIEST)
        found = list(changes(schedule, after, until))
        if found:
            return wall.instant_of(found[-1][0])
        until = after
    return None


def next_boundary(schedule: Schedule, instant: datetime) -> PlanEntry | None:
    """The first change of the setting after an instant; None when there is none for 400 days."""
    after = wall.floor_seconds(instant)
    for step in SEARCH_STEPS:
        until = min(after + step, wall.LATEST)
        for at, rule in changes(schedule, after, until):
            return switch(schedule, wall.instant_of(at), rule)
        after = until
    return None


def boundaries(schedule: Schedule, after: datetime, until: datetime) -> tuple[PlanEntry, ...]:
    """The switches with after < at <= until."""
    found = changes(schedule, wall.floor_seconds(after), wall.floor_seconds(until))
    return tuple(switch(schedule, wall.instant_of(at), rule) for at, rule in found)


def switch(schedule: Schedule, at: datetime, rule: Rule | None = None) -> PlanEntry:
    """The entry for the setting in force at an instant, or for the rule that is known to hold."""
    rule = rule or _rule_at(schedule, wall.floor_seconds(at))
    _, day, period = wall.reading(schedule.calendar, at)
    return PlanEntry(
        at=at,
        kind="switch",
        name=rule.name,
        setting=rule.setting,
        job=None,
        period=period,
        season=day.season,
        day_class=day.day_class,
    )


def changes(schedule: Schedule, after: int, until: int) -> Iterator[tuple[int, Rule]]:
    """The instants with after < at <= until at which the setting changes, and the new rule."""
    setting: Setting | None = None
    for at, rule in decisions(schedule, after, until):
        if setting is not None and rule.setting != setting:
            yield at, rule
        setting = rule.setting


def _rule_at(schedule: Schedule, at: int) -> Rule:
    return decisions(schedule, at, at)[0][1]


def decisions(schedule: Schedule, start: int, last: int) -> list[tuple[int, Rule]]:
    """(instant, rule that decides from there on) from `start` up to and including `last`."""
    toggles = _toggles(schedule, start, last)
    # The last rule has no condition, so its bit is always set and some rule always holds.
    held = 1 << (len(schedule.rules) - 1)
    found = [(start, _first(schedule, held))]
    for at, bits in sorted(toggles):
        held ^= bits
        if found[-1][0] >= at:
            found.pop()
        found.append((max(at, start), _first(schedule, held)))
    return found


def _first(schedule: Schedule, held: int) -> Rule:
    return schedule.rules[(held & -held).bit_length() - 1]


def _toggles(schedule: Schedule, start: int, last: int) -> list[tuple[int, int]]:
    """(instant, bit of a rule that begins or ceases to hold) up to and including `last`."""
    rules = schedule.rules[:-1]
    if not rules:
        return []
    insets = [(rule.inset.start // _SECOND, rule.inset.end // _SECOND) for rule in rules]
    # So far beyond both ends that a stretch cut there cannot have a shrunk edge between them.
    margin = 1 + max((edge for inset in insets for edge in inset), default=0)
    conditions = Conditions(schedule.calendar, tuple(rule.condition for rule in rules))
    stretches = conditions.stretches(
        max(start - margin, wall.EARLIEST - DAY_SECONDS),
        min(last + 1 + margin, wall.LATEST + DAY_SECONDS),
    )
    return [
        (at, 1 << bit)
        for bit, (of_rule, inset) in enumerate(zip(stretches, insets, strict=True))
        for stretch in _shrunk(of_rule, *inset)
        for at in (stretch.start, stretch.end)
        if at <= last
    ]


def _shrunk(stretches: list[Stretch], start: int, end: int) -> list[Stretch]:
    shrunk = (Stretch(each.start + start, each.end - end) for each in stretches)
    return [each for each in shrunk if each.start < each.end]
