"""The names that a shell offers: tariffs, and the jobs and rules of the schedule in force.

Asked at every press of a key, so it imports none of the readers and checks nothing; and never an
error in the person's shell: what cannot be read has no names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent.parent


def names(kind: str) -> list[str]:
    """The names of one of KINDS, each one printable line."""
    found: list[str] = []
    with suppress(Exception):
        found = [each for each in KINDS[kind]() if each.isprintable() and each.strip()]
    return list(dict.fromkeys(found))


def _tariffs() -> Iterator[str]:
    schedule = _in_force()
    folders = [each / "schedules" for each in (_PACKAGE, _PACKAGE.parent)]
    for folder in (*folders, schedule.parent if schedule else Path()):
        yield from sorted(path.stem for path in (folder / "tariffs").glob("*.y*ml"))


def _named(key: str) -> Iterator[str]:
    from scheduler.schedule import source

    path = _in_force() or _default()
    data = source.compose(source.read_text(path, str(path)), str(path)).data
    listed = data.get(key) if isinstance(data, dict) else None
    for each in listed if isinstance(listed, list) else ():
        name = each.get("name") if isinstance(each, dict) else None
        if isinstance(name, str):
            yield name


def _in_force() -> Path | None:
    """The schedule of the settings, read without their table: that takes longer than a key."""
    told = os.environ.get("TOU_SCHEDULE")
    file = os.environ.get("TOU_SETTINGS_FILE")
    if not told and file:
        from scheduler import environment_file

        told = environment_file.read(Path(file)).get("TOU_SCHEDULE")
    return Path(told) if told else None


def _default() -> Path:
    from scheduler import settings

    return settings.load().schedule_path


KINDS: Final[Mapping[str, Callable[[], Iterator[str]]]] = {
    "tariffs": _tariffs,
    "jobs": lambda: _named("jobs"),
    "rules": lambda: _named("rules"),
    "names": lambda: chain(_named("rules"), _named("jobs")),
}
