"""What an edit of a schedule changes in behaviour: which days, at what times, from what to what.

Pure: compares what two schedules do, not how they are written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from scheduler import clock
from scheduler.plain import plain
from scheduler.plan import wall
from scheduler.plan.job_times import due
from scheduler.plan.switches import changes, desired_at
from scheduler.plan.wall import by_day
from scheduler.schedule.clocktime import format_time
from scheduler.schedule.values import DAY_SECONDS, Charge, Job, Schedule
from scheduler.setting import Setting

# Two days: a difference that reaches further than this beyond an end is longer than a day, and
# those are cut at midnights anyway.
_MARGIN = 2 * DAY_SECONDS
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Target:
    """What a rule asks for: the setting, and a power beside it where one is named."""

    setting: Setting
    charge: Charge | None = None

    def to_json(self) -> dict[str, str | float | None]:
        """As the entries of a plan have it."""
        setting = self.setting.to_json()
        return setting if self.charge is None else {**setting, "charge": self.charge}


@dataclass(frozen=True, slots=True)
class Change:
    """The first instant at which two schedules ask for something else."""

    at: datetime
    old: Target
    new: Target


@dataclass(frozen=True, slots=True)
class Group:
    """The same change in the same window of the local clock. `dates` are the local dates on
    which the window begins, ascending; `to_time` before `from_time` is on the next date."""

    from_time: str
    to_time: str
    old: Target
    new: Target
    dates: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class JobChange:
    """A job that comes, goes, is due at other instants (moved), or does something else (altered).
    `first` is the first instant concerned, None when it is never due; `times` counts them."""

    name: str
    how: Literal["added", "removed", "moved", "altered"]
    first: datetime | None
    times: int


@dataclass(frozen=True, slots=True)
class EditEffect:
    """What changes between two instants. `days_changed` counts the local dates on which the
    settings differ at some instant."""

    zone: ZoneInfo
    days_changed: int
    first: Change | None
    groups: tuple[Group, ...]
    jobs: tuple[JobChange, ...]

    def summary(self) -> str:
        """One line, such as `42 days change; first: Mon 2026-10-05 16:00, reserve 20 % -> 5 %`."""
        parts = [self._days()] if self.first else []
        if self.jobs:
            counts = Counter(each.how for each in self.jobs)
            words = ", ".join(f"{count} {how}" for how, count in counts.items())
            parts.append(f"jobs: {words}")
        return "; ".join(parts) or "No change in behaviour"

    def _days(self) -> str:
        assert self.first is not None
        local = clock.localise(self.first.at, self.zone)
        seconds = f":{local:%S}" if local.second else ""
        count = "1 day changes" if self.days_changed == 1 else f"{self.days_changed} days change"
        words = change_text(self.first.old, self.first.new)
        return f"{count}; first: {local:%a %Y-%m-%d %H:%M}{seconds}, {words}"

    def to_json(self) -> dict[str, Any]:
        """As `tou diff --format json`."""
        jobs: dict[str, list[dict[str, Any]]] = {
            how: [_job_json(each) for each in self.jobs if each.how == how]
            for how in ("added", "removed", "moved", "altered")
        }
        return {
            "days_changed": self.days_changed,
            "first": _first_json(self.first, self.zone),
            "groups": [
                {
                    "from_time": group.from_time,
                    "to_time": group.to_time,
                    "old": group.old.to_json(),
                    "new": group.new.to_json(),
                    "days": len(group.dates),
                    "first": group.dates[0].isoformat(),
                    "last": group.dates[-1].isoformat(),
                    "weekdays": weekdays(group.dates),
                }
                for group in self.groups
            ],
            "jobs": jobs,
            "summary": self.summary(),
        }


@dataclass(frozen=True, slots=True)
class _Difference:
    start: int
    end: int
    old: Target
    new: Target


def effect(old: Schedule, new: Schedule, start: datetime, end: datetime) -> EditEffect:
    """What changes with start <= t < end when `old` gives way to `new`, in the local time of
    `new`. Raises ValueError at the ends of datetime's range."""
    first, last = wall.floor_seconds(start), wall.ceil_seconds(end)
    zone = new.calendar.display_zone
    if last <= first:
        return EditEffect(zone, 0, None, (), ())
    found = [each for each in _differences(old, new, first, last) if _inside(each, first, last)]
    numbers = {
        number
        for each in found
        for number in by_day(zone, max(each.start, first), min(each.end, last))
    }
    return EditEffect(
        zone=zone,
        days_changed=len(numbers),
        first=_first(found, first),
        groups=_groups(found, zone, first, last),
        jobs=tuple(_job_changes(old, new, first, last)),
    )


def change_text(old: Target, new: Target) -> str:
    """`reserve 20 % -> 5 %`, with the other parts where they change too."""
    parts, before, after = [], old.setting, new.setting
    if before.mode is not after.mode:
        parts.append(f"mode {before.mode.app_name} -> {after.mode.app_name}")
    pairs = {
        "reserve": (_percent(before), _percent(after)),
        "grid charging": (before.grid_charging, after.grid_charging),
        "export": (before.export, after.export),
        "charge": (_power(old.charge), _power(new.charge)),
    }
    parts += [
        f"{name} {was or 'as it is'} -> {now or 'as it is'}"
        for name, (was, now) in pairs.items()
        if was != now
    ]
    return ", ".join(parts)


def weekdays(dates: tuple[date, ...]) -> str:
    """`every day`, `Mon-Fri`, `Sat, Sun`: the days of the week that some dates fall on."""
    numbers = sorted({each.weekday() for each in dates})
    if len(numbers) == 7:
        return "every day"
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{_DAYS[numbers[0]]}-{_DAYS[numbers[-1]]}"
    return ", ".join(_DAYS[number] for number in numbers)


def _first_json(first: Change | None, zone: ZoneInfo) -> dict[str, Any] | None:
    if first is None:
        return None
    return {
        "at": clock.iso(first.at),
        "local": clock.localise(first.at, zone).isoformat(),
        "old": first.old.to_json(),
        "new": first.new.to_json(),
    }


def _job_json(job: JobChange) -> dict[str, Any]:
    return {"name": job.name, "times": job.times, "first": plain(job.first)}


def _percent(setting: Setting) -> str:
    if not isinstance(setting.reserve, str):
        return f"{setting.reserve:g} %"
    return "hold" if setting.at_least is None else f"hold, at least {setting.at_least:g} %"


def _power(charge: Charge | None) -> str | None:
    return charge if charge is None or isinstance(charge, str) else f"{charge:g} W"


def _inside(each: _Difference, first: int, last: int) -> bool:
    return each.start < last and each.end > first


def _first(found: list[_Difference], first: int) -> Change | None:
    if not found:
        return None
    return Change(wall.instant_of(max(found[0].start, first)), found[0].old, found[0].new)


def _differences(old: Schedule, new: Schedule, first: int, last: int) -> Iterator[_Difference]:
    """The longest stretches in which the settings differ and neither changes; with a margin, so
    that a window cut by `first` or `last` is known whole."""
    start, end = max(first - _MARGIN, wall.EARLIEST), min(last + _MARGIN, wall.LATEST)
    before, after = dict(asked(old, start, end)), dict(asked(new, start, end))
    wanted, instead = before[start], after[start]
    for at in sorted({*before, *after, end}):
        if at > start and wanted != instead:
            yield _Difference(start, at, wanted, instead)
        start = at
        wanted, instead = before.get(at, wanted), after.get(at, instead)


def asked(schedule: Schedule, start: int, end: int) -> list[tuple[int, Target]]:
    """(instant, what is asked from there on), first at `start`, the others at its changes before
    `end`; in whole seconds since 1970."""
    at_start = desired_at(schedule, wall.instant_of(start))
    found = [
        (at, Target(rule.setting, rule.charge)) for at, rule in changes(schedule, start, end - 1)
    ]
    return [(start, Target(at_start.setting, at_start.charge)), *found]


def _groups(
    found: Iterable[_Difference], zone: ZoneInfo, first: int, last: int
) -> tuple[Group, ...]:
    dates: dict[tuple[str, str, Target, Target], set[date]] = {}
    for difference in found:
        for each in _daily(difference, zone):
            if not _inside(each, first, last):
                continue
            key = (_clock(each.start, zone), _clock_end(each.end, zone), each.old, each.new)
            begins = clock.localise(wall.instant_of(max(each.start, first)), zone).date()
            dates.setdefault(key, set()).add(begins)
    groups = [Group(*key, tuple(sorted(days))) for key, days in dates.items()]
    return tuple(sorted(groups, key=lambda group: (group.dates[0], group.from_time)))


def _daily(difference: _Difference, zone: ZoneInfo) -> Iterator[_Difference]:
    """A difference of a day or more is cut at the local midnights; a shorter one stays whole,
    so that 22:00-08:00 is one window."""
    if difference.end - difference.start < DAY_SECONDS:
        yield difference
        return
    for pieces in by_day(zone, difference.start, difference.end).values():
        yield _Difference(pieces[0].start, pieces[-1].end, difference.old, difference.new)


def _clock(at: int, zone: ZoneInfo) -> str:
    local = clock.localise(wall.instant_of(at), zone)
    return format_time(local.hour * 3600 + local.minute * 60 + local.second)


def _clock_end(at: int, zone: ZoneInfo) -> str:
    text = _clock(at, zone)
    return "24:00" if text == "00:00" else text


def _job_changes(old: Schedule, new: Schedule, first: int, last: int) -> Iterator[JobChange]:
    before, after = _due(old, first, last), _due(new, first, last)
    deeds, later_deeds = _deeds(old.jobs), _deeds(new.jobs)
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield _job_change(name, "removed", before[name])
        elif name not in before:
            yield _job_change(name, "added", after[name])
        elif before[name] != after[name]:
            yield _job_change(name, "moved", before[name] ^ after[name], len(after[name]))
        elif deeds[name] != later_deeds[name]:
            yield _job_change(name, "altered", after[name])


def _job_change(
    name: str,
    how: Literal["added", "removed", "moved", "altered"],
    instants: Iterable[datetime],
    times: int | None = None,
) -> JobChange:
    ordered = sorted(instants)
    first = ordered[0] if ordered else None
    return JobChange(name, how, first, len(ordered) if times is None else times)


def _due(schedule: Schedule, first: int, last: int) -> dict[str, set[datetime]]:
    """The instants of each job with first <= at < last."""
    found: dict[str, set[datetime]] = {job.name: set() for job in schedule.jobs}
    for entry in due(schedule, first - 1, last - 1):
        found[entry.name].add(entry.at)
    return found


def _deeds(jobs: Iterable[Job]) -> dict[str, tuple[object, ...]]:
    return {job.name: (job.do, job.install, job.limit, job.allow_on_peak) for job in jobs}
