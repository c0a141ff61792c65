"""One at a time: within this process, and between the service and a command typed beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType

from scheduler import files

_RETRY = 0.05


class Turn:
    """An async context manager around a lock and, where a path is given, a file lock."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = asyncio.Lock()
        self._file = files.Lock(path) if path else None

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        try:
            while self._file and not self._file.attempt():  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(_RETRY)
        except BaseException:
            self._lock.release()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.release()
        self._lock.release()
