"""The file that says what happens in a rehearsal: a YAML list of faults and leases, with every
mistake told at its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from scheduler import clock
from scheduler.errors import Problem, ScheduleError
from scheduler.plan import LeaseKind
from scheduler.rehearsal.strikes import CLOCKS, DEFAULT_BY, DEFAULT_LENGTH, KINDS, LEASES, Strike
from scheduler.schedule import source, text
from scheduler.schedule.document import Document, Loc
from scheduler.schedule.values import Schedule
from scheduler.schedule.wording import did_you_mean, listed, shown
from scheduler.setting import Setting

T = TypeVar("T")

_OF_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    LeaseKind.OVERRIDE: ("mode", "reserve", "for"),
    LeaseKind.PAUSE: ("for",),
    LeaseKind.SKIP: ("name",),
}
"""The keys of a lease beside `at` and `lease`."""
_LONGEST: Final = timedelta(days=731)


def read_strikes(path: Path, schedule: Schedule) -> tuple[Strike, ...]:
    """The strikes of a YAML file, sorted; wall-clock times are those of the schedule's zone. Raises
    ScheduleError with every mistake of the file and its place."""
    document = source.parse(source.read_text(path, str(path)), str(path))
    if not isinstance(document.data, list):
        message = "Write a list of faults, each with at, fault and for."
        raise ScheduleError((Problem(document.place(()), "", message, "wrong-type"),))
    entries = [_Entry(document, number, schedule) for number in range(len(document.data))]
    found = [entry.strike() for entry in entries]
    problems = tuple(problem for entry in entries for problem in entry.problems)
    if problems:
        raise ScheduleError(problems)
    return tuple(sorted((each for each in found if each), key=lambda each: each.at))


def names(schedule: Schedule) -> list[str]:
    """What can be left out: rules and jobs."""
    return [*(rule.name for rule in schedule.rules), *(job.name for job in schedule.jobs)]


class _Entry:
    """One entry of the list, and what is wrong with it."""

    def __init__(self, document: Document, number: int, schedule: Schedule) -> None:
        self.problems: list[Problem] = []
        self._document, self._number, self._schedule = document, number, schedule
        data = document.at((number,))
        self._data = data if isinstance(data, dict) else {}
        if not isinstance(data, dict):
            self._wrong((), "not a fault. Write at, fault and for", "wrong-type")

    def strike(self) -> Strike | None:
        """What it says; None, or something of no worth, where it is wrong."""
        if self.problems:
            return None
        leased = "lease" in self._data
        kind = self._kind("lease", LEASES) if leased else self._kind("fault", KINDS)
        self._tell_unknown(kind)
        at = self._read("at", _instant(self._schedule.calendar.display_zone))
        length = self._length("for", DEFAULT_LENGTH)
        by = self._length("by", DEFAULT_BY)
        setting = self._setting() if kind == LeaseKind.OVERRIDE else None
        name = self._read("name", self._name) if kind == LeaseKind.SKIP else None
        return Strike(at, kind, length, by, setting, name) if at and kind else None

    def _kind(self, key: str, known: Mapping[str, str]) -> str | None:
        kind = self._data.get(key)
        if isinstance(kind, str) and kind in known:
            return kind
        what = "lease" if key == "lease" else "fault of a rehearsal"
        told = f"{shown(kind)} is no {what}."
        way = did_you_mean(str(kind), known) or f" Known are {listed(known)}"
        if key == "fault" and str(kind) in LEASES:
            way = f" Write lease: {kind}"
        self._wrong((key,), f"{told}{way}".rstrip("."), "fault")
        return None

    def _tell_unknown(self, kind: str | None) -> None:
        beside = _OF_KIND.get(kind or "") or (("by", "for") if kind in CLOCKS else ("for",))
        keys = ("at", "lease" if kind in LEASES else "fault", *beside)
        for key in self._data:
            if key not in keys:
                told = f"{shown(key)} is not known here. Known are {listed(keys)}"
                self._wrong((key,), told, "unknown-key")

    def _read(self, key: str, read: Callable[[object], T]) -> T | None:
        try:
            return read(self._data.get(key))
        except (ValueError, OverflowError) as error:
            self._wrong((key,), str(error).rstrip("."), key)
            return None

    def _length(self, key: str, default: timedelta) -> timedelta:
        return (self._read(key, _duration) if key in self._data else None) or default

    def _setting(self) -> Setting | None:
        mode, reserve = self._read("mode", text.mode), self._read("reserve", text.reserve)
        return Setting(mode, reserve.value) if mode and reserve else None

    def _name(self, data: object) -> str:
        known = names(self._schedule)
        if isinstance(data, str) and data in known:
            return data
        way = did_you_mean(str(data), known) or f" It has {listed(shown(each) for each in known)}"
        raise ValueError(f"The schedule has no rule or job {shown(data)}.{way}")

    def _wrong(self, loc: tuple[str, ...], told: str, id: str) -> None:
        whole: Loc = (self._number, *loc)
        place, path = self._document.place(whole), self._document.path(whole)
        self.problems.append(Problem(place, path, told if told[-1] == "?" else f"{told}.", id))


def _instant(zone: ZoneInfo) -> Callable[[object], datetime]:
    def read(data: object) -> datetime:
        way = f"{shown(data)} is not a time. Write 2026-07-03T16:00"
        try:
            at = datetime.fromisoformat(str(data))
            return clock.from_micros(clock.to_micros(at if at.tzinfo else at.replace(tzinfo=zone)))
        except (ValueError, OverflowError):
            raise ValueError(way) from None

    return read


def _duration(data: object) -> timedelta:
    found = clock.parse_duration(str(data))
    if not timedelta(0) < found <= _LONGEST:
        raise ValueError(f"{shown(data)} is not from 1s to two years")
    return found
