"""One at a time: within this process, and between the service and a command typed beside it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from pathlib import Path
from types import TracebackType

from scheduler import clock, files
from scheduler.errors import TurnTakenError

_RETRY = 0.05


class Turn:
    """An async context manager around a lock and, where a path is given, a file lock. Raises
    TurnTakenError where another process keeps the file for longer than `patience` seconds."""

    def __init__(self, path: Path | None = None, *, patience: float = 2.0) -> None:
        self._lock = asyncio.Lock()
        self._path, self._patience = path, patience
        self._file: int | None = None

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        if self._path is None:
            return
        try:
            self._file = await self._take(self._path)
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
            os.close(self._file)
            self._file = None
        self._lock.release()

    async def _take(self, path: Path) -> int:
        file = files.open_shared(path)
        try:
            await self._wait(file, path)
            os.ftruncate(file, 0)
            os.pwrite(file, str(os.getpid()).encode(), 0)
        except BaseException:
            os.close(file)
            raise
        return file

    async def _wait(self, file: int, path: Path) -> None:
        until = clock.monotonic() + self._patience
        while not _locked(file):
            if clock.monotonic() >= until:
                raise TurnTakenError(_holder(file, path))
            await asyncio.sleep(_RETRY)


def _locked(file: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _holder(file: int, path: Path) -> str:
    pid = os.pread(file, 20, 0).decode(errors="replace").strip()
    who = f"Process {pid}" if pid.isdecimal() else "Another process"
    return (
        f"{who} is talking to the gateway and keeps {path.name} locked. It is tried again; "
        "if that process was stopped (Ctrl-Z), go on with it or end it."
    )
