"""One service per database: a locked file that says who runs, since when, and when last alive."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scheduler import clock, files
from scheduler.errors import ConfigurationError, LockedError, SchedulerError

# `inspect` holds the lock of a service that does not run for a moment.
_GLANCE = 0.5


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
    control: Path | None = None
    """Where it can be asked."""


class Instance:
    """The lock held by a running service. The file's time is its sign of life."""

    def __init__(self, database: Path) -> None:
        self._path = lock_path(database)
        self._file: int | None = None
        self._told = b""

    def take(self) -> datetime | None:
        """Take the lock; returns when the service before was last alive. Raises SchedulerError
        where another service holds it."""
        before = inspect(self._path)
        file = self._open()
        if not _locked(file, _GLANCE):
            os.close(file)
            raise SchedulerError(
                f"Another service already runs on this database (process {before.pid}). "
                "Stop it first, or set TOU_DATABASE."
            )
        self._file = file
        # What the service before told of itself is over, also where it could not say so.
        self._tell(b"")
        if before.seen is not None:
            self.beat(before.seen)
        return before.seen

    def describe(
        self, *, since: datetime, gateway: dict[str, str] | None, control: Path | None = None
    ) -> None:
        """Write who runs; `gateway` tells commands where the simulated one answers, `control`
        where to ask."""
        told = {
            "pid": os.getpid(),
            "since": clock.iso(since),
            "gateway": gateway,
            "control": str(control.absolute()) if control else None,
        }
        self._tell(json.dumps(told).encode())

    def beat(self, now: datetime) -> None:
        """Leave a sign of life. No entry and no fsync: it comes every half minute, for years."""
        if self._file is not None:
            os.utime(self._file, (now.timestamp(), now.timestamp()))

    def mend(self) -> bool:
        """Put the file back where somebody removed it. False where another service has taken its
        place meanwhile."""
        if self._file is None or self._in_place():
            return True
        file = self._open()
        if not _locked(file, 0.0):
            os.close(file)
            return False
        os.close(self._file)
        self._file = file
        self._tell(self._told)
        return True

    def release(self) -> None:
        """Let go; the file stays and tells when the service was last alive."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        try:
            return files.open_shared(self._path, mode=0o644)
        except OSError as error:
            raise ConfigurationError(
                f"{self._path}: cannot be written: {error.strerror}. Set TOU_DATABASE to a "
                "folder this user may write."
            ) from None

    def _tell(self, text: bytes) -> None:
        assert self._file is not None
        self._told = text
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, text, 0)
        except OSError as error:
            raise SchedulerError(
                f"{self._path}: cannot be written: {error.strerror}. Free some space on its disk."
            ) from None

    def _in_place(self) -> bool:
        assert self._file is not None
        try:
            found = os.stat(self._path)  # noqa: PTH116 -- compared with the open file
        except OSError:
            return False
        return os.path.samestat(found, os.fstat(self._file))


def _locked(file: int, seconds: float, how: int = fcntl.LOCK_EX) -> bool:
    """Whether the lock was had within so many seconds."""
    until = clock.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if clock.monotonic() >= until:
                return False
            time.sleep(0.02)
        else:
            return True


def lock_path(database: Path) -> Path:
    """The file beside a database that its service locks."""
    return database.with_suffix(".service.lock")


def acting_path(database: Path) -> Path:
    """The file that is locked while somebody talks to the gateway."""
    return database.with_suffix(".turn.lock")


def inspect(path: Path) -> Running:
    """Who runs, judged by the lock and not by the text. Raises AccessError where this user may not
    look: that is no sign of nobody."""
    try:
        file = files.open_existing(path)
    except OSError as error:
        if denied := files.denied(path, error):
            raise denied from None
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
        control = Path(told["control"]) if told.get("control") else None
    except (ValueError, KeyError, TypeError):
        return Running(running=running, since=None, seen=seen)
    if not running:
        return Running(running=False, since=None, seen=seen)
    return Running(running=True, since=since, seen=seen, pid=pid, gateway=gateway, control=control)


class Presence:
    """A shared lock that every acting process holds, so that a start can tell runs that died
    from runs that are at work in another process. Raises LockedError where another process keeps
    it to itself for longer than any start takes."""

    def __init__(self, database: Path, *, patience: float = 10.0) -> None:
        path = database.with_suffix(".present.lock")
        self._file = files.open_shared(path)
        self.alone = _locked(self._file, 0.0)
        if self.alone:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, str(os.getpid()).encode(), 0)
        elif not _locked(self._file, patience, fcntl.LOCK_SH):
            holder = os.pread(self._file, 20, 0).decode(errors="replace")
            os.close(self._file)
            raise LockedError(
                f"Process {holder or 'unknown'} is starting and keeps {path} locked. If it was "
                "stopped (Ctrl-Z), go on with it or end it; then try again."
            )

    def settle(self) -> None:
        """Let others in: what had to be done alone is done."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def leave(self) -> None:
        """The process acts no more."""
        os.close(self._file)
