"""The schedule as in force: its text with what is doubtful at its lines, what the last edit
changed, and where the file now says something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from scheduler import advice
from scheduler.errors import Problem, ScheduleError
from scheduler.outlets.hindsight import Then
from scheduler.outlets.web import tariff
from scheduler.outlets.web.page import Page, rendered
from scheduler.outlets.web.shapes import SHOWN_SCHEDULE
from scheduler.outlets.web.source import Source
from scheduler.plain import plain
from scheduler.plan.effect import EditEffect, change_text, effect, weekdays
from scheduler.schedule import source as reading
from scheduler.schedule import zones
from scheduler.schedule.load import parse_schedule
from scheduler.schedule.values import Schedule

_LOOKED_BACK: Final = timedelta(days=90)
_AHEAD: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class FileAsItIs:
    """The file where it is not what is in force, as far as this process may read it."""

    file: str
    text: str | None
    problems: tuple[Problem, ...]
    told: tuple[str, ...]
    """What the service says of it, where it cannot be read here."""
    schedule: Schedule | None


@dataclass(frozen=True, slots=True)
class Shown:
    """All that the page shows."""

    then: Then
    before: Then | None
    doubts: tuple[Problem, ...]
    edit: EditEffect | None
    """Of the last edit, from when it came into force."""
    disk: FileAsItIs | None
    coming: EditEffect | None
    """What the file would change, were it taken up."""

    @classmethod
    def of(cls, source: Source) -> Shown:
        """Raises SchedulerError where there is no audit."""
        now = source.now()
        thens = source.outline(now - _LOOKED_BACK, now, now).thens
        then, before = thens[-1], thens[-2] if len(thens) > 1 else None
        disk = _on_disk(source, then, now)
        old = before.schedule if before else None
        return cls(
            then,
            before,
            _doubts(then, now),
            _effect(old, then.schedule, then.since or now),
            disk,
            _effect(then.schedule, disk.schedule, now) if disk else None,
        )


def facts(source: Source) -> dict[str, Any]:
    """What the template shows."""
    shown = Shown.of(source)
    then, disk = shown.then, shown.disk
    return {
        "page": "Schedule",
        "name": then.schedule.name if then.schedule else "",
        "then": then,
        "lines": lines(then.text, shown.doubts),
        "edit": _edit(shown.edit),
        "disk": disk,
        "disk_lines": lines(disk.text, disk.problems) if disk else [],
        "coming": _edit(shown.coming),
        "tariff": tariff.facts(then.schedule) if then.schedule else None,
    }


def to_json(source: Source) -> dict[str, Any]:
    """The same as data."""
    shown = Shown.of(source)
    then, disk = shown.then, shown.disk
    return {
        "schedule": {
            "name": then.schedule.name if then.schedule else None,
            "digest": then.digest,
            "since": plain(then.since),
            "text": then.text,
            "problem": then.problem,
        },
        "problems": plain(shown.doubts),
        "edit": plain(shown.edit),
        "file": disk
        and {
            "file": disk.file,
            "problems": plain(disk.problems),
            "told": list(disk.told),
            "edit": plain(shown.coming),
        },
        "tariff": tariff.to_json(then.schedule) if then.schedule else None,
    }


def lines(text: str | None, problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Each line with its number and what is wrong with it."""
    by_line: dict[int, list[Problem]] = {}
    for each in problems:
        by_line.setdefault(each.place.line, []).append(each)
    return [
        {"number": number, "text": line, "problems": by_line.get(number, [])}
        for number, line in enumerate((text or "").splitlines(), 1)
    ]


def _doubts(then: Then, now: datetime) -> tuple[Problem, ...]:
    """What was doubtful when it was read, and what the coming year makes doubtful."""
    if then.schedule is None:
        return ()
    return (*then.doubts, *advice.advise(then.schedule, zones.zone_data(), now=now))


def _effect(old: Schedule | None, new: Schedule | None, since: datetime) -> EditEffect | None:
    return effect(old, new, since, since + _AHEAD) if old and new else None


def _on_disk(source: Source, then: Then, now: datetime) -> FileAsItIs | None:
    """None where the file says what is in force."""
    told: Mapping[str, Any] = source.state(now).get("schedule_in_force") or {}
    problems = tuple(told.get("file_problems", ()))
    digest = told.get("digest") or ""
    same = then.digest is not None and digest.startswith(then.digest)
    if same and not problems and not told.get("file_differs"):
        return None
    path = Path(told.get("file") or source.file)
    try:
        text = reading.read_text(path, path.name)
        loaded = parse_schedule(text, path.name, folder=path.parent, now=now)
    except ScheduleError as error:
        text_ = file_text(path)
        return FileAsItIs(str(path), text_, error.problems, problems if text_ is None else (), None)
    return FileAsItIs(str(path), text, loaded.warnings, (), loaded.schedule)


def file_text(path: Path) -> str | None:
    """What stands in it, as far as it can be read here."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _edit(found: EditEffect | None) -> dict[str, Any] | None:
    """The effect for a table."""
    if found is None:
        return None
    return {
        "summary": found.summary(),
        "groups": [
            {
                "window": f"{group.from_time}-{group.to_time}",
                "change": change_text(group.old, group.new),
                "days": len(group.dates),
                "first": group.dates[0],
                "last": group.dates[-1],
                "weekdays": weekdays(group.dates),
            }
            for group in found.groups
        ],
        "jobs": found.jobs,
    }


PAGE: Final = Page(
    "/schedule",
    rendered("schedule.html", lambda desk, _: facts(desk.source)),
    "The schedule as in force, its problems at their lines, the last edit, the tariff's weeks.",
    tab="Schedule",
    json="/schedule.json",
    data=lambda desk, _: to_json(desk.source),
    shape=SHOWN_SCHEDULE,
)
