"""One at a time: within this process, and between the service and a command typed beside it."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path
from types import TracebackType

from scheduler import files

_RETRY = 0.05


class Turn:
    """An async context manager around a lock and, where a path is given, a file lock."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = asyncio.Lock()
        self._path = path
        self._file: int | None = None

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        if self._path is None:
            return
        try:
            await self._take(self._path)
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

    async def _take(self, path: Path) -> None:
        file = files.open_shared(path)
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                try:
                    await asyncio.sleep(_RETRY)
                except BaseException:
                    os.close(file)
                    raise
                continue
            self._file = file
            return
