"""The checked values that text becomes: what `plan` computes with.

Frozen, complete and already valid; nothing here reads a file or a clock. Clock times are seconds
of the day, 0 to 86400, in the schedule's wall clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from scheduler.errors import Place
from scheduler.setting import Setting

DAY_SECONDS = 86_400
DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "weekday", "weekend", "holiday"]
WEEKDAY_NAMES: tuple[DayName, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class DayClass(StrEnum):
    """What a date is: holiday beats weekend beats weekday."""

    WEEKDAY = "weekday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Day:
    """One local date as the tariff sees it.

    `periods` holds (second of the day at which it starts, period name), first at 0, ascending,
    neighbours different. Without a tariff: season None and periods ((0, None),).
    """

    season: str | None
    day_class: DayClass
    periods: tuple[tuple[int, str | None], ...]


class Calendar(Protocol):
    """What `plan` needs of a tariff: the zone of its wall clock, and any date's shape."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which clock times are read; UTC where the meter ignores summer time."""

    @property
    def display_zone(self) -> ZoneInfo:
        """The zone people live in; differs from `zone` only for meters on UTC."""

    def day(self, local_date: date, /) -> Day:
        """The shape of a local date; cheap when asked again."""


@dataclass(frozen=True, slots=True)
class ClockWindow:
    """From `start` to before `end`, seconds of the day; `end <= start` crosses midnight and
    then belongs to the day on which it starts."""

    start: int
    end: int

    @property
    def crosses_midnight(self) -> bool:
        return self.end <= self.start


@dataclass(frozen=True, slots=True)
class DateRange:
    """Inclusive local dates."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Condition:
    """All that is given must hold; an empty part holds always.

    `periods` and `windows` together are `during`: one of them must hold. For a clock window
    `days`, `seasons` and `dates` are those of the day on which the window starts.
    """

    periods: frozenset[str] = frozenset()
    windows: tuple[ClockWindow, ...] = ()
    days: frozenset[DayName] = frozenset()
    seasons: frozenset[str] = frozenset()
    dates: tuple[DateRange, ...] = ()

    @property
    def always(self) -> bool:
        return not (self.periods or self.windows or self.days or self.seasons or self.dates)


@dataclass(frozen=True, slots=True)
class Inset:
    """Elapsed time cut from both ends of each unbroken stretch of a condition."""

    start: timedelta = timedelta(0)
    end: timedelta = timedelta(0)


Charge = float | Literal["full"]
"""Watts to charge with, or as much as the battery takes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition and the setting that should hold while it is true."""

    name: str
    condition: Condition
    inset: Inset
    setting: Setting
    place: Place
    charge: Charge | None = None
    """A power set-point beside the setting; no part of its comparison."""
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """Where each key that the file names has its value."""


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A job's time of the day, in seconds."""

    second: int


@dataclass(frozen=True, slots=True)
class PeriodEdge:
    """A job's time as the start or end of each unbroken stretch of a period, plus an offset."""

    period: str
    edge: Literal["start", "end"]
    offset: timedelta


class Drift(StrEnum):
    """What to do when the gateway shows another setting than the one confirmed, not by us."""

    REASSERT = "reassert"
    RESPECT = "respect"
    NOTIFY = "notify"


GUARDS: tuple[str, ...] = (
    "grid_down",
    "firmware_update",
    "clock",
    "storm_watch",
    "calibrating",
    "grid_services",
)
"""The conditions under which acting can be deferred."""


class JobKind(StrEnum):
    FIRMWARE_CHECK = "firmware_check"
    COMMIT = "commit"
    SITEMASTER_RUN = "sitemaster_run"


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do at an instant. `days`, `seasons`, `dates` are those of that instant."""

    name: str
    do: JobKind
    at: ClockTime | PeriodEdge
    condition: Condition
    place: Place
    install: bool = False
    """firmware_check: install what is staged, and wait until the gateway is back."""
    limit: timedelta = timedelta(minutes=15)
    """firmware_check: give up polling after this long."""
    allow_on_peak: bool = False
    """firmware_check: may run during a peak period."""
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """As of a rule."""


@dataclass(frozen=True, slots=True)
class Schedule:
    name: str
    file: str
    timezone: str
    calendar: Calendar
    tariff_name: str | None
    peak_periods: frozenset[str]
    """Periods during which a firmware check does not run unless the job allows it."""
    rules: tuple[Rule, ...]
    jobs: tuple[Job, ...]
    digest: str
    """SHA-256 of the schedule's and the tariff's text, hex."""
    season_names: frozenset[str] = field(default_factory=frozenset)
    period_names: frozenset[str] = field(default_factory=frozenset)
    drift: Drift = Drift.REASSERT
    guards: tuple[str, ...] | None = None
    """The guards that the file names; None where it leaves them to the program."""
    tariff_place: Place | None = None
    """Where the file names its tariff, or else its zone."""
