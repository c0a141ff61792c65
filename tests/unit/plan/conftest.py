"""Small tariffs, rules and jobs, written down as a person would say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from scheduler.clock import parse_duration
from scheduler.errors import Place
from scheduler.schedule.setting import Mode, Setting
from scheduler.schedule.values import (
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
    **parts: str,
) -> Rule:
    start, end = (inset, inset) if isinstance(inset, str) else inset
    cut = Inset(parse_duration(start), parse_duration(end))
    return Rule(name, condition(**parts), cut, setting, NOWHERE)


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


def schedule(tariff: SmallCalendar, *parts: Rule | Job) -> Schedule:
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


@pytest.fixture(scope="session")
def build() -> SimpleNamespace:
    """The builders of this file, for tests that cannot import it."""
    return SimpleNamespace(
        SmallCalendar=SmallCalendar,
        calendar=calendar,
        rule=rule,
        job=job,
        schedule=schedule,
        CHARGE=CHARGE,
        RUN=RUN,
        NOWHERE=NOWHERE,
        day=timedelta(days=1),
    )
