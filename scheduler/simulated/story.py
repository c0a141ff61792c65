"""A story that a simulated gateway plays while it serves: at 15:50 it updates itself, is away for
two minutes and comes back as another version.

Scenes come after a time from the start, or at a time of the day by the house's own clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from scheduler import clock
from scheduler.errors import Problem, ScheduleError
from scheduler.schedule import source
from scheduler.schedule.clocktime import parse_time
from scheduler.schedule.document import Document
from scheduler.schedule.wording import listed, shown
from scheduler.simulated.device import Device
from scheduler.simulated.faults import Faults

_ACTS: Final = ("faults", "well", "restart", "stop", "forget_sessions")
_KEYS: Final = ("at", "after", "away", "version", *_ACTS)


@dataclass(frozen=True, slots=True)
class Scene:
    after: timedelta | None = None
    at: timedelta | None = None
    """Since the house's midnight."""
    faults: tuple[str, ...] = ()
    """Faults that begin, such as busy:3."""
    well: bool = False
    """All faults end."""
    restart: bool = False
    away: timedelta | None = None
    version: str | None = None
    """The firmware it comes back as."""
    stop: bool = False
    forget_sessions: bool = False

    def due(self, started: datetime, device: Device) -> datetime:
        if self.after is not None:
            return started + self.after
        assert self.at is not None
        local = clock.localise(started, device.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        for day in (0, 1):
            wall = midnight + timedelta(days=day) + self.at
            if (due := clock.from_micros(clock.to_micros(wall))) > started:
                return due
        raise AssertionError("tomorrow's time of the day is to come")

    def play(self, device: Device) -> None:
        if self.well:
            device.faults.end()
        for text in self.faults:
            device.faults.set(text)
        if self.stop:
            device.stop(device.turn())
        if self.forget_sessions:
            device.drop_sessions()
        if self.restart:
            away = None if self.away is None else self.away.total_seconds()
            device.reboot(version=self.version, away=away)


def read_story(path: Path) -> tuple[Scene, ...]:
    """The scenes of a YAML file. Raises ScheduleError with all faults of the file."""
    document = source.parse(source.read_text(path, str(path)), str(path))
    if not isinstance(document.data, list):
        told = "Write a list of scenes, each with at or after and what happens."
        raise ScheduleError((Problem(document.place(()), "", told, "wrong-type"),))
    scenes, problems = list[Scene](), list[Problem]()
    for number, entry in enumerate(document.data):
        try:
            scenes.append(_scene(entry))
        except ValueError as error:
            problems.append(_problem(document, number, str(error)))
    if problems:
        raise ScheduleError(tuple(problems))
    return tuple(scenes)


async def tell(
    scenes: tuple[Scene, ...],
    device: Device,
    *,
    now: Callable[[], datetime] = clock.now,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Play all scenes in the order of their times."""
    started = now()
    for due, scene in sorted(
        ((each.due(started, device), each) for each in scenes), key=lambda pair: pair[0]
    ):
        while (left := (due - now()).total_seconds()) > 0:
            await sleep(left)
        scene.play(device)


def _problem(document: Document, number: int, told: str) -> Problem:
    return Problem(document.place((number,)), document.path((number,)), told, "story")


def _scene(entry: object) -> Scene:
    if not isinstance(entry, Mapping):
        raise ValueError("A scene has at or after, and what happens.")  # noqa: TRY004
    for key in entry:
        if key not in _KEYS:
            raise ValueError(f"{shown(key)} is not known here. Known are {listed(_KEYS)}.")
    if ("at" in entry) == ("after" in entry):
        raise ValueError("Write at (such as 15:50) or after (such as 5m), one of them.")
    if not any(key in entry for key in _ACTS):
        raise ValueError(f"Nothing happens in it. Write one of {listed(_ACTS, 'or')}.")
    faults = entry.get("faults", [])
    texts = tuple(faults) if isinstance(faults, list) else (faults,)
    Faults.parse(*texts)
    version = entry.get("version")
    return Scene(
        after=_length(entry, "after"),
        at=timedelta(seconds=parse_time(str(entry["at"]))) if "at" in entry else None,
        faults=texts,
        well=bool(entry.get("well")),
        restart=bool(entry.get("restart")),
        away=_length(entry, "away"),
        version=None if version is None else str(version),
        stop=bool(entry.get("stop")),
        forget_sessions=bool(entry.get("forget_sessions")),
    )


def _length(entry: Mapping[object, object], key: str) -> timedelta | None:
    return clock.parse_duration(str(entry[key])) if key in entry else None
