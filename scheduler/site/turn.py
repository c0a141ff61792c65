"""One at a time: within this process, and between the service and a command typed beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType

from scheduler import clock, files
from scheduler.errors import AuditUnwritableError, LockedError

_RETRY = 0.05


class Turn:
    """An async context manager around a lock and, where a path is given, a file lock. Raises
    LockedError where another process keeps the file for longer than `patience` seconds, and
    AuditUnwritableError where the file, which stands beside the audit, cannot be had at all."""

    def __init__(self, path: Path | None = None, *, patience: float = 2.0) -> None:
        self._lock = asyncio.Lock()
        self._file = files.Lock(path) if path else None
        self._patience = patience

    @property
    def taken(self) -> bool:
        """Whether somebody in this process has it."""
        return self._lock.locked()

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        try:
            if self._file is not None:
                await self._take(self._file)
        except BaseException:
            self._lock.release()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.release()
        self._lock.release()

    async def _take(self, file: files.Lock) -> None:
        until = clock.monotonic() + self._patience
        while not _had(file):
            if clock.monotonic() >= until:
                raise _kept(file)
            await asyncio.sleep(_RETRY)


def _had(file: files.Lock) -> bool:
    try:
        return file.attempt()
    except OSError as error:
        told = f"{file.path}: cannot be locked: {error.strerror}. See its disk and its folder."
        raise AuditUnwritableError(told) from error


def _kept(file: files.Lock) -> LockedError:
    holder = file.holder()
    who = f"Process {holder}" if holder else "Another process"
    return LockedError(
        f"{who} is talking to the gateway and keeps {file.path.name} locked. It is tried again; "
        "if that process was stopped (Ctrl-Z), go on with it or end it.",
        holder=holder,
    )
