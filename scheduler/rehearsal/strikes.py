"""What goes wrong, when and for how long: a list that a person writes, or one drawn by lot."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from scheduler import clock
from scheduler.errors import Problem, ScheduleError
from scheduler.schedule import source
from scheduler.schedule.document import Document
from scheduler.schedule.wording import did_you_mean, listed, shown

KINDS: Final[Mapping[str, str]] = {
    "unreachable": "nothing answers",
    "busy": "every answer is 503, with a minute's Retry-After",
    "refused": "the password is refused",
    "stranger": "another certificate answers",
    "garbage": "no answer is understood",
    "slow": "every answer takes 20 seconds",
    "deaf": "writes are accepted and lost",
    "half": "writes are accepted, and the mode is dropped",
    "late": "a write is in force two minutes after it was accepted",
    "answer_lost": "a write is in force, and its answer is lost",
    "standing": "the battery stands still, and cannot be run",
    "stopped": "the battery is stopped, once, and can be run again",
    "app": "somebody changes the setting in the app, once",
    "service_down": "this service is not running",
}
"""The faults of a rehearsal, and what each one is."""

ONCE: Final = frozenset({"stopped", "app"})
"""Faults that are over as soon as they were."""
DEFAULT_LENGTH: Final = timedelta(minutes=10)
_KEYS: Final = ("at", "fault", "for")


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault from an instant on, for a time."""

    at: datetime
    fault: str
    length: timedelta = DEFAULT_LENGTH

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.at if self.fault in ONCE else self.at + self.length


def read_strikes(path: Path, zone: ZoneInfo) -> tuple[Strike, ...]:
    """The strikes of a YAML file, sorted; wall-clock times are the zone's. Raises ScheduleError
    with every fault of the file and its place."""
    document = source.parse(source.read_text(path, str(path)), str(path))
    if not isinstance(document.data, list):
        message = "Write a list of faults, each with at, fault and for."
        raise ScheduleError((Problem(document.place(()), "", message, "wrong-type"),))
    problems = [found for at, _ in enumerate(document.data) for found in _problems(document, at)]
    if problems:
        raise ScheduleError(tuple(problems))
    return tuple(sorted((_strike(each, zone) for each in document.data), key=lambda each: each.at))


def drawn(seed: int, start: datetime, days: float, *, a_day: float = 1.0) -> tuple[Strike, ...]:
    """Strikes by lot, the same for the same seed: seconds to hours long, at any time of the day."""
    lot = random.Random(seed)  # noqa: S311 -- a draw that can be repeated
    found = [
        Strike(
            start + timedelta(seconds=lot.uniform(0, days * 86_400)),
            lot.choice(list(KINDS)),
            timedelta(seconds=round(lot.choice((20, 300, 3600, 4 * 3600)) * lot.uniform(0.5, 1.5))),
        )
        for _ in range(round(days * a_day))
    ]
    return tuple(sorted(found, key=lambda each: each.at))


def _problems(document: Document, at: int) -> Iterator[Problem]:
    entry = document.at((at,))
    if not isinstance(entry, dict):
        yield _problem(document, (at,), "not a fault. Write at, fault and for", "wrong-type")
        return
    for key in entry:
        if key not in _KEYS:
            told = f"{shown(key)} is not known here. Known are {listed(_KEYS)}"
            yield _problem(document, (at, key), told, "unknown-key")
    for key, read in (("at", _instant), ("for", clock.parse_duration)):
        if key in entry or key == "at":
            try:
                read(str(entry.get(key)))
            except ValueError:
                way = "2026-07-03T16:00" if key == "at" else "90s, 5m, 2h or 1h30m"
                told = f"{shown(entry.get(key))} is not understood. Write {way}"
                yield _problem(document, (at, key), told, "time")
    if (fault := entry.get("fault")) not in KINDS:
        told = f"{shown(fault)} is no fault of a rehearsal."
        way = did_you_mean(str(fault), KINDS) or f" Known are {listed(KINDS)}"
        yield _problem(document, (at, "fault"), f"{told}{way}".rstrip("."), "fault")


def _problem(document: Document, loc: tuple[int | str, ...], told: str, id: str) -> Problem:
    return Problem(document.place(loc), document.path(loc), f"{told}.".replace("?.", "?"), id)


def _strike(entry: dict[str, object], zone: ZoneInfo) -> Strike:
    at = _instant(str(entry["at"]))
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    length = clock.parse_duration(str(entry["for"])) if "for" in entry else DEFAULT_LENGTH
    return Strike(clock.from_micros(clock.to_micros(at)), str(entry["fault"]), length)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
