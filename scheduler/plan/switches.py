"""The setting in force, and the instants at which it changes.

The first rule whose condition, shrunk by its inset, holds at an instant decides; where a change
of rule keeps the setting there is no boundary. A lease comes before the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from scheduler.plan import wall
from scheduler.plan.entry import Desired, PlanEntry
from scheduler.plan.leases import Lease, cuts, override_at, skipped_rules
from scheduler.plan.stretches import Conditions, Stretch
from scheduler.schedule.values import DAY_SECONDS, Rule, Schedule
from scheduler.setting import HOLD

OVERRIDE_RULE = "override"
"""The rule's name while a person's override wins."""

# Most schedules change within a day; a seasonal one may not for eight months. Together 400 days.
SEARCH_STEPS = tuple(days * DAY_SECONDS for days in (2, 14, 100, 284))

_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)


def desired_at(schedule: Schedule, instant: datetime, leases: Sequence[Lease] = ()) -> Desired:
    """What should be true at an instant. Raises ValueError at the ends of datetime's range."""
    at = wall.floor_seconds(instant)
    _, day, period = wall.reading(schedule.calendar, wall.instant_of(at))
    lease = override_at(leases, instant)
    if lease and lease.setting:
        return Desired(
            OVERRIDE_RULE, lease.setting, day.season, day.day_class, period, lease=lease.id
        )
    rule = _rule_at(schedule, at, skipped_rules(leases, instant))
    return Desired(rule.name, rule.setting, day.season, day.day_class, period, rule.charge)


def began_at(
    schedule: Schedule, instant: datetime, leases: Sequence[Lease] = ()
) -> datetime | None:
    """Since when the setting wanted at `instant` has been wanted without a break; None when for
    more than 400 days."""
    wanted, at = desired_at(schedule, instant, leases), instant
    for cut in reversed([cut for cut in cuts(leases) if cut <= instant]):
        began = _began(schedule, at, leases, after=cut)
        if began is not None:
            return began
        before = desired_at(schedule, cut - _MICROSECOND, leases)
        if _differs(before, wanted):
            return cut
        wanted, at = before, cut - _MICROSECOND
    return _began(schedule, at, leases)


def _began(
    schedule: Schedule, instant: datetime, leases: Sequence[Lease], after: datetime | None = None
) -> datetime | None:
    """As `began_at`, while the leases of `instant` hold; no further back than `after`."""
    if override_at(leases, instant):
        return None
    skipped = skipped_rules(leases, instant)
    earliest = wall.EARLIEST if after is None else wall.floor_seconds(after)
    until = wall.floor_seconds(instant)
    for step in SEARCH_STEPS:
        start = max(until - step, earliest)
        found = list(changes(schedule, start, until, skipped))
        if found:
            return wall.instant_of(found[-1][0])
        until = start
    return None


def next_boundary(
    schedule: Schedule, instant: datetime, leases: Sequence[Lease] = ()
) -> PlanEntry | None:
    """The first change of the setting after an instant, or the lapse of a lease; None when there
    is none for 400 days."""
    cut = next((cut for cut in cuts(leases) if cut > instant), None)
    found = None if override_at(leases, instant) else _change_after(schedule, instant, leases)
    if cut is None or (found is not None and found.at < cut):
        return found
    return entry(cut, desired_at(schedule, cut, leases))


def _change_after(
    schedule: Schedule, instant: datetime, leases: Sequence[Lease]
) -> PlanEntry | None:
    """The first change that the rules make, while the leases of `instant` hold."""
    skipped = skipped_rules(leases, instant)
    after = wall.floor_seconds(instant)
    for step in SEARCH_STEPS:
        until = min(after + step, wall.LATEST)
        for at, rule in changes(schedule, after, until, skipped):
            return switch(schedule, wall.instant_of(at), rule)
        after = until
    return None


def boundaries(
    schedule: Schedule, after: datetime, until: datetime, leases: Sequence[Lease] = ()
) -> tuple[PlanEntry, ...]:
    """The switches with after < at <= until; the end of a lease where it changes something."""
    if not leases:
        found = changes(schedule, wall.floor_seconds(after), wall.floor_seconds(until))
        return tuple(switch(schedule, wall.instant_of(at), rule) for at, rule in found)
    return tuple(_boundaries(schedule, after, until, leases))


def _boundaries(
    schedule: Schedule, after: datetime, until: datetime, leases: Sequence[Lease]
) -> Iterator[PlanEntry]:
    inside = [cut for cut in cuts(leases) if after < cut <= until]
    for begin, end in pairwise([after, *inside, until + _MICROSECOND]):
        if begin in inside:
            before = desired_at(schedule, begin - _MICROSECOND, leases)
            wanted = desired_at(schedule, begin, leases)
            if _differs(before, wanted):
                yield entry(begin, wanted)
        if override_at(leases, begin):
            continue
        first, last = wall.floor_seconds(begin), wall.floor_seconds(end - _MICROSECOND)
        for at, rule in changes(schedule, first, last, skipped_rules(leases, begin)):
            yield switch(schedule, wall.instant_of(at), rule)


def stretch_of(
    schedule: Schedule, name: str, instant: datetime
) -> tuple[datetime, datetime] | None:
    """The stretch of a rule's condition, shrunk by its inset, that holds at an instant or else the
    next in which it decides: what a skip leaves out. None for a rule without an end, or none
    within 400 days."""
    index = next((i for i, each in enumerate(schedule.rules) if each.name == name), None)
    if index is None:
        return None
    rule, at = schedule.rules[index], wall.floor_seconds(instant)
    for step in SEARCH_STEPS:
        end = min(at + step, wall.LATEST)
        decides = [start for start, each in decisions(schedule, at, end) if each is rule]
        if not decides:
            continue
        margin = (rule.inset.start + rule.inset.end) // _SECOND + step
        found = Conditions(schedule.calendar, (rule.condition,)).stretches(
            max(at - margin, wall.EARLIEST - DAY_SECONDS),
            min(end + margin, wall.LATEST + DAY_SECONDS),
        )[0]
        for each in _shrunk(found, rule.inset.start // _SECOND, rule.inset.end // _SECOND):
            if each.start <= decides[0] < each.end < wall.LATEST:
                start = max(each.start, wall.EARLIEST)
                return wall.instant_of(start), wall.instant_of(each.end)
    return None


def switch(schedule: Schedule, at: datetime, rule: Rule | None = None) -> PlanEntry:
    """The entry for the setting in force at an instant, or for the rule that is known to hold."""
    rule = rule or _rule_at(schedule, wall.floor_seconds(at))
    _, day, period = wall.reading(schedule.calendar, at)
    return entry(
        at, Desired(rule.name, rule.setting, day.season, day.day_class, period, rule.charge)
    )


def entry(at: datetime, desired: Desired) -> PlanEntry:
    """What is desired from an instant on, as an entry of a plan."""
    return PlanEntry(
        at=at,
        kind="switch",
        name=desired.rule,
        setting=desired.setting,
        job=None,
        period=desired.period,
        season=desired.season,
        day_class=desired.day_class,
        charge=desired.charge,
    )


def _differs(before: Desired, after: Desired) -> bool:
    """As `breaks`, of what is wanted on both sides of the beginning or end of a lease."""
    if (before.rule, before.lease) == (after.rule, after.lease):
        return False
    held = after.setting.reserve == HOLD
    return held or before.setting != after.setting or before.charge != after.charge


def breaks(before: Rule, after: Rule) -> bool:
    """Whether a change of rule is a boundary: the setting changes, or a hold begins, which reads
    the charge anew."""
    if before is after:
        return False
    held = after.setting.reserve == HOLD
    return held or before.setting != after.setting or before.charge != after.charge


def changes(
    schedule: Schedule, after: int, until: int, skipped: frozenset[str] = frozenset()
) -> Iterator[tuple[int, Rule]]:
    """The instants with after < at <= until at which the setting changes, and the new rule."""
    before: Rule | None = None
    for at, rule in decisions(schedule, after, until, skipped):
        if before is not None and breaks(before, rule):
            yield at, rule
        before = rule


def _rule_at(schedule: Schedule, at: int, skipped: frozenset[str] = frozenset()) -> Rule:
    return decisions(schedule, at, at, skipped)[0][1]


def decisions(
    schedule: Schedule, start: int, last: int, skipped: frozenset[str] = frozenset()
) -> list[tuple[int, Rule]]:
    """(instant, rule that decides from there on) from `start` up to and including `last`."""
    toggles = _toggles(schedule, start, last)
    # The last rule has no condition, so its bit is always set and some rule always holds.
    held = 1 << (len(schedule.rules) - 1)
    left_out = sum(1 << bit for bit, rule in enumerate(schedule.rules[:-1]) if rule.name in skipped)
    found = [(start, _first(schedule, held))]
    for at, bits in sorted(toggles):
        held ^= bits
        if found[-1][0] >= at:
            found.pop()
        found.append((max(at, start), _first(schedule, held & ~left_out)))
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
