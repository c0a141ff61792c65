"""Whether a schedule's files still say what is in force; read only when they look touched."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scheduler.errors import ConfigurationError, ScheduleError
from scheduler.schedule.load import Loaded

Sign = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class OnDisk:
    """What the files say now: a digest, or the problems that keep them from being read."""

    digest: str | None
    problems: tuple[str, ...] = ()


class Watch:
    """The files of one schedule. `read` is how a schedule is read and judged."""

    def __init__(self, path: Path, loaded: Loaded, read: Callable[[Path], Loaded]) -> None:
        self._path, self._read = path, read
        self._sign = sign(files_of(path, loaded))
        self._files = files_of(path, loaded)
        self.on_disk = OnDisk(loaded.schedule.digest)

    def changed(self) -> bool:
        """Whether any of the files looks touched since they were last read."""
        return sign(self._files) != self._sign

    def look(self) -> OnDisk:
        """Read the files again; for a thread, since it takes a tenth of a second."""
        before = sign(self._files)
        try:
            loaded = self._read(self._path)
        except ConfigurationError as error:
            self.on_disk = OnDisk(None, problems_of(error))
        else:
            self._files = files_of(self._path, loaded)
            before = sign(self._files)
            self.on_disk = OnDisk(loaded.schedule.digest)
        self._sign = before
        return self.on_disk


def problems_of(error: ConfigurationError) -> tuple[str, ...]:
    """One line for each problem; a hundred tell enough."""
    if isinstance(error, ScheduleError):
        wrong = [each for each in error.problems if each.severity == "error"]
        return tuple(str(each) for each in wrong[:100])
    return tuple(str(error).splitlines()[:100])


def files_of(path: Path, loaded: Loaded) -> tuple[Path, ...]:
    """The schedule's file and, where it names one, its tariff's."""
    tariff: Path | None = getattr(loaded.schedule.calendar, "path", None)
    return (path,) if tariff is None else (path, tariff)


def sign(files: tuple[Path, ...]) -> Sign:
    """What tells a touched file from an untouched one, without reading it."""
    return tuple(_sign(path) for path in files)


def _sign(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 -- half the price of Path.stat, at every pulse
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
