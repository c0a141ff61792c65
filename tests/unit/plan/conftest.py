"""Small tariffs, rules and jobs, written down as a person would say them; and a naive walk that
answers what a plan answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from scheduler.clock import localise, parse_duration
from scheduler.errors import Place
from scheduler.schedule.values import (
    WEEKDAY_NAMES,
    Calendar,
    ClockTime,
    ClockWindow,
    Condition,
    DateRange,
    Day,
    DayClass,
    Inset,
    Job,
    JobKind,
    PeriodEdge,
    Rule,
    Schedule,
)
from scheduler.setting import HOLD, Mode, Setting

NOWHERE = Place("test.yaml", 1, 1)
CHARGE = Setting(Mode.BACKUP, 100.0)
RUN = Setting(Mode.SELF_CONSUMPTION, 5.0)

Periods = tuple[tuple[int, str | None], ...]
NO_TARIFF: Periods = ((0, None),)


def seconds(text: str) -> int:
    hours, minutes, *rest = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + (rest[0] if rest else 0)


def periods(text: str) -> Periods:
    """`00:00 cheap, 08:00 dear`."""
    pairs = (part.split() for part in text.split(","))
    return tuple((seconds(start), name) for start, name in pairs)


@dataclass(frozen=True)
class SmallCalendar:
    """Day shapes by season and day class; a season begins on each date of `seasons`."""

    zone: ZoneInfo
    shapes: Mapping[tuple[str | None, DayClass], Periods]
    seasons: tuple[tuple[date, str | None], ...] = ((date.min, None),)
    holidays: frozenset[date] = frozenset()
    _days: dict[date, Day] = field(default_factory=dict)

    @property
    def display_zone(self) -> ZoneInfo:
        return self.zone

    def day(self, local_date: date, /) -> Day:
        if local_date not in self._days:
            self._days[local_date] = self._make(local_date)
        return self._days[local_date]

    def _make(self, on: date) -> Day:
        season = [name for first, name in self.seasons if first <= on][-1]
        day_class = DayClass.WEEKEND if on.weekday() >= 5 else DayClass.WEEKDAY
        if on in self.holidays:
            day_class = DayClass.HOLIDAY
        return Day(season, day_class, self.shapes[season, day_class])


def calendar(
    zone: str,
    every_day: str | None = None,
    *,
    weekday: str | None = None,
    weekend: str | None = None,
    holiday: str | None = None,
    holidays: tuple[str, ...] = (),
) -> SmallCalendar:
    """One season; a weekend is like every day, a holiday like a weekend, unless said otherwise."""
    base = weekday or every_day
    texts = {
        DayClass.WEEKDAY: base,
        DayClass.WEEKEND: weekend or base,
        DayClass.HOLIDAY: holiday or weekend or base,
    }
    shapes: dict[tuple[str | None, DayClass], tuple[tuple[int, str | None], ...]]
    shapes = {(None, kind): periods(text) if text else NO_TARIFF for kind, text in texts.items()}
    dates = frozenset(date.fromisoformat(text) for text in holidays)
    return SmallCalendar(ZoneInfo(zone), shapes, holidays=dates)


def windows(*texts: str) -> tuple[ClockWindow, ...]:
    """`22:00-08:00`."""
    pairs = (text.split("-") for text in texts)
    return tuple(ClockWindow(seconds(start), seconds(end)) for start, end in pairs)


def condition(
    *,
    during: str | None = None,
    clock: str | None = None,
    days: str = "",
    seasons: str = "",
    dates: str | None = None,
) -> Condition:
    """Names separated by blanks; dates as `2026-07-04` or `2026-12-24..2027-01-01`."""
    first, _, last = (dates or "").partition("..")
    return Condition(
        periods=frozenset(during.split()) if during else frozenset(),
        windows=windows(*clock.split()) if clock else (),
        days=frozenset(days.split()),  # type: ignore[arg-type]
        seasons=frozenset(seasons.split()),
        dates=(DateRange(date.fromisoformat(first), date.fromisoformat(last or first)),)
        if dates
        else (),
    )


def rule(
    name: str = "charge",
    setting: Setting = CHARGE,
    *,
    inset: str | tuple[str, str] = "0s",
    charge: float | Literal["full"] | None = None,
    **parts: str,
) -> Rule:
    start, end = (inset, inset) if isinstance(inset, str) else inset
    cut = Inset(parse_duration(start), parse_duration(end))
    return Rule(name, condition(**parts), cut, setting, NOWHERE, charge)


def job(name: str, at: str, **parts: str) -> Job:
    """`at` is `07:15`, or `cheap.end` with ` - 45m` or ` + 5m` after it."""
    return Job(name, JobKind.COMMIT, job_time(at), condition(**parts), NOWHERE)


def job_time(text: str) -> ClockTime | PeriodEdge:
    if "." not in text:
        return ClockTime(seconds(text))
    edge, sign, duration = (*text.split(), "+", "0s")[:3]
    period, _, end = edge.partition(".")
    offset = parse_duration(duration)
    return PeriodEdge(period, end, -offset if sign == "-" else offset)  # type: ignore[arg-type]


def schedule(tariff: Calendar, *parts: Rule | Job) -> Schedule:
    """The rules given, then one that runs the house; and the jobs."""
    rules = tuple(part for part in parts if isinstance(part, Rule))
    last = Rule("run the house", Condition(), Inset(), RUN, NOWHERE)
    return Schedule(
        name="test",
        file="test.yaml",
        timezone=tariff.zone.key,
        calendar=tariff,
        tariff_name=None,
        peak_periods=frozenset(),
        rules=(*rules, last),
        jobs=tuple(part for part in parts if isinstance(part, Job)),
        digest="",
    )


class Build:
    """The builders of this file."""

    SmallCalendar = SmallCalendar
    calendar = staticmethod(calendar)
    rule = staticmethod(rule)
    job = staticmethod(job)
    schedule = staticmethod(schedule)
    CHARGE = CHARGE
    RUN = RUN
    NOWHERE = NOWHERE
    day = timedelta(days=1)


@pytest.fixture(scope="session")
def build() -> type[Build]:
    return Build


# The naive walk: looks at the wall clock, and conditions evaluated there as the words say.

# The walk reaches this much further than the answers compared, so that no stretch that matters
# is cut where the walk ends.
MARGIN = timedelta(hours=4)


@dataclass(frozen=True)
class Look:
    at: datetime
    on: date
    second: int


@cache
def walk(zone: str, day: str, minutes: int) -> tuple[Look, ...]:
    """Looks at the wall clock from two days before a date until two days after it."""
    start = datetime.fromisoformat(f"{day}T12:00Z") - timedelta(days=2, hours=12) - MARGIN
    count = int((timedelta(days=5) + 2 * MARGIN) / timedelta(minutes=minutes))
    looks = []
    for step in range(count):
        instant = start + timedelta(minutes=minutes * step)
        local = localise(instant, ZoneInfo(zone))
        second = local.hour * 3600 + local.minute * 60 + local.second
        looks.append(Look(instant, local.date(), second))
    return tuple(looks)


def period_of(schedule: Schedule, look: Look) -> str | None:
    return [name for start, name in schedule.calendar.day(look.on).periods if start <= look.second][
        -1
    ]


def date_parts_hold(schedule: Schedule, condition: Condition, on: date) -> bool:
    day = schedule.calendar.day(on)
    names = {WEEKDAY_NAMES[on.weekday()], day.day_class.value}
    return (
        (not condition.days or bool(names & condition.days))
        and (not condition.seasons or day.season in condition.seasons)
        and (not condition.dates or any(r.first <= on <= r.last for r in condition.dates))
    )


def condition_holds(schedule: Schedule, condition: Condition, look: Look) -> bool:
    today = date_parts_hold(schedule, condition, look.on)
    before = date_parts_hold(schedule, condition, look.on - timedelta(days=1))
    if not condition.periods and not condition.windows:
        return today
    ways = [today and period_of(schedule, look) in condition.periods]
    for window in condition.windows:
        if window.start < window.end:
            ways.append(today and window.start <= look.second < window.end)
        else:
            ways.append(today and look.second >= window.start)
            ways.append(before and look.second < window.end)
    return any(ways)


def shrink(flags: list[bool], first: int, last: int) -> list[bool]:
    """Cuts `first` looks off the start and `last` off the end of each run that is seen whole."""
    shrunk = [False] * len(flags)
    index = 0
    while index < len(flags):
        begin = index
        while index < len(flags) and flags[index] == flags[begin]:
            index += 1
        if flags[begin]:
            left = begin + (first if begin > 0 else 0)
            right = index - (last if index < len(flags) else 0)
            shrunk[left : max(left, right)] = [True] * max(0, right - left)
    return shrunk


def naive_rules(schedule: Schedule, looks: tuple[Look, ...], minutes: int) -> list[Rule]:
    """The rule that decides at each look."""
    grid = timedelta(minutes=minutes)
    held = [
        shrink(
            [condition_holds(schedule, rule.condition, look) for look in looks],
            rule.inset.start // grid,
            rule.inset.end // grid,
        )
        for rule in schedule.rules
    ]
    return [
        next(rule for rule, flags in zip(schedule.rules, held, strict=True) if flags[index])
        for index in range(len(looks))
    ]


def inner(looks: tuple[Look, ...]) -> tuple[datetime, datetime]:
    return looks[0].at + MARGIN, looks[-1].at - MARGIN


def naive_switches(
    schedule: Schedule, looks: tuple[Look, ...], minutes: int
) -> list[tuple[Any, ...]]:
    after, until = inner(looks)
    rules = naive_rules(schedule, looks, minutes)
    return [
        (look.at, rule.name, rule.setting, period_of(schedule, look))
        for previous, rule, look in zip(rules, rules[1:], looks[1:], strict=False)
        if after < look.at <= until
        and (rule.setting != previous.setting or begins_hold(previous, rule))
    ]


def begins_hold(previous: Rule, rule: Rule) -> bool:
    """Each rule that holds reads the charge when it begins, also after another one."""
    return rule is not previous and rule.setting.reserve == HOLD


def naive_jobs(schedule: Schedule, looks: tuple[Look, ...]) -> list[tuple[datetime, str]]:
    after, until = inner(looks)
    found = []
    for order, job in enumerate(schedule.jobs):
        times = clock_job(schedule, job, looks) if isinstance(job.at, ClockTime) else None
        times = edge_job(schedule, job, looks) if times is None else times
        found += [(at, order, job.name) for at in times if after < at <= until]
    return [(at, name) for at, _, name in sorted(found)]


def clock_job(schedule: Schedule, job: Job, looks: tuple[Look, ...]) -> list[datetime]:
    """For each date that is seen: the first look at or past the wanted reading."""
    found = []
    for on in sorted({look.on for look in looks}):
        wanted = (on, job.at.second)
        past = [look.at for look in looks if (look.on, look.second) >= wanted]
        if past and past[0] != looks[0].at and date_parts_hold(schedule, job.condition, on):
            found.append(past[0])
    return found


def edge_job(schedule: Schedule, job: Job, looks: tuple[Look, ...]) -> list[datetime]:
    inside = [period_of(schedule, look) == job.at.period for look in looks]
    wanted = (False, True) if job.at.edge == "start" else (True, False)
    edges = [
        look.at + job.at.offset
        for *pair, look in zip(inside, inside[1:], looks[1:], strict=False)
        if tuple(pair) == wanted
    ]
    zone = schedule.calendar.zone
    return [
        at for at in edges if date_parts_hold(schedule, job.condition, localise(at, zone).date())
    ]


class Naive:
    """The naive walk of this file."""

    walk = staticmethod(walk)
    inner = staticmethod(inner)
    period_of = staticmethod(period_of)
    rules = staticmethod(naive_rules)
    switches = staticmethod(naive_switches)
    jobs = staticmethod(naive_jobs)


@pytest.fixture(scope="session")
def naive() -> type[Naive]:
    return Naive
