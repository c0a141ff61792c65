"""One service per database: a locked file that says who runs, since when, and when last alive."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scheduler import clock, files
from scheduler.errors import ConfigurationError, SchedulerError


@dataclass(frozen=True, slots=True)
class Running:
    """What the lock file tells of the service."""

    running: bool
    since: datetime | None
    seen: datetime | None
    """The last sign of life; kept after the service has ended."""
    pid: int | None = None
    gateway: dict[str, str] | None = None
    """Where its simulated gateway answers: url and fingerprint."""


class Instance:
    """The lock held by a running service. The file's time is its sign of life."""

    def __init__(self, database: Path) -> None:
        self._path = lock_path(database)
        self._file: int | None = None

    def take(self) -> None:
        """Raises SchedulerError where another service holds it."""
        try:
            file = files.open_shared(self._path, mode=0o644)
        except OSError as error:
            raise ConfigurationError(
                f"{self._path}: cannot be written: {error.strerror}. Set TOU_DATABASE to a "
                "folder this user may write."
            ) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            other = inspect(self._path).pid
            raise SchedulerError(
                f"Another service already runs on this database (process {other}). "
                "Stop it first, or set TOU_DATABASE."
            ) from None
        self._file = file

    def describe(self, *, since: datetime, gateway: dict[str, str] | None) -> None:
        """Write who runs; `gateway` tells commands where the simulated one answers."""
        assert self._file is not None
        text = json.dumps({"pid": os.getpid(), "since": clock.iso(since), "gateway": gateway})
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text.encode(), 0)

    def beat(self, now: datetime) -> None:
        """Leave a sign of life. No entry and no fsync: it comes every pulse, for years."""
        if self._file is not None:
            os.utime(self._file, (now.timestamp(), now.timestamp()))

    def release(self) -> None:
        """Let go; the file stays and tells when the service was last alive."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def lock_path(database: Path) -> Path:
    """The file beside a database that its service locks."""
    return database.with_suffix(".service.lock")


def acting_path(database: Path) -> Path:
    """The file that is locked while somebody talks to the gateway."""
    return database.with_suffix(".turn.lock")


def inspect(path: Path) -> Running:
    """Who runs, judged by the lock and not by the text."""
    try:
        file = files.open_existing(path)
    except OSError:
        return Running(running=False, since=None, seen=None)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            running = False
        except BlockingIOError:
            running = True
        text = os.read(file, 10_000).decode(errors="replace")
        seen = clock.from_micros(os.fstat(file).st_mtime_ns // 1000)
    finally:
        os.close(file)
    return _running(text, running=running, seen=seen)


def _running(text: str, *, running: bool, seen: datetime) -> Running:
    try:
        told = json.loads(text)
        since = datetime.fromisoformat(told["since"])
        pid, gateway = int(told["pid"]), told.get("gateway")
    except (ValueError, KeyError, TypeError):
        return Running(running=running, since=None, seen=seen)
    if not running:
        return Running(running=False, since=None, seen=seen)
    return Running(running=True, since=since, seen=seen, pid=pid, gateway=gateway)


class Presence:
    """A shared lock that every acting process holds, so that a start can tell runs that died
    from runs that are at work in another process."""

    def __init__(self, database: Path) -> None:
        self._file = files.open_shared(database.with_suffix(".present.lock"))
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.alone = False
            fcntl.flock(self._file, fcntl.LOCK_SH)
        else:
            self.alone = True

    def settle(self) -> None:
        """Let others in: what had to be done alone is done."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def leave(self) -> None:
        """The process acts no more."""
        os.close(self._file)
