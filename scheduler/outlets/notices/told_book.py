"""What was told to whom, and what each answered: one JSON line each, only ever added.

A text file and not a table: whoever sends cannot write the audit, and a person reads this one with
`tail`. It names targets by their kind and line, never by their address.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from scheduler import clock, files
from scheduler.outlets.notices.notice import OVER, Notice
from scheduler.site.untaken import Untaken

log = logging.getLogger(__name__)

WAITS: Final = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60))
"""Between two tries with one target; the last one again and again."""
MOST_TRIES: Final = 24
_LARGEST: Final = 50_000_000


@dataclass(slots=True)
class _Tries:
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    taken: bool = False


class ToldBook:
    """The file, and what it says. Raises OSError where it cannot be opened; what a full disk does
    not take is remembered, and written with what comes next."""

    def __init__(self, path: Path, now: datetime) -> None:
        self.path = path
        self._unwritten = b""
        self._tries: dict[tuple[str, str], _Tries] = {}
        self.begun = now
        self._file = files.open_shared(path)
        lines = list(self._lines())
        for line in lines:
            self._count(line)
        if not lines:
            self._append({"at": clock.iso(now), "event": "begun"})

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def due(self, notice: Notice, address: str, now: datetime) -> bool:
        """Whether a target has yet to take a notice, and may be tried now."""
        tries = self._tries.get((notice.key, _mark(address)))
        if tries is None or tries.last is None:
            return True
        if tries.taken or tries.count >= MOST_TRIES:
            return False
        # By a clock that may have been set back.
        return abs(now - tries.last) >= WAITS[min(tries.count, len(WAITS)) - 1]

    def heard(self, key: str) -> bool:
        """Whether anybody took the notice of this key."""
        return any(each.taken for (known, _), each in self._tries.items() if known == key)

    def untaken(self, addresses: Iterable[str]) -> Untaken | None:
        """The notices that none of these took, unless the one that was asked took a later one."""
        served: dict[str, datetime] = {}
        for (_, mark), each in self._tries.items():
            if each.taken and each.last:
                served[mark] = max(each.last, served.get(mark, each.last))
        heard = {key for (key, _), each in self._tries.items() if each.taken}
        marks = {_mark(address) for address in addresses}
        waiting = {
            key: each.first
            for (key, mark), each in self._tries.items()
            if key not in heard and mark in marks and each.first and each.last
            if mark not in served or each.last > served[mark]
        }
        return Untaken(len(waiting), min(waiting.values())) if waiting else None

    def open_key(self, start: str) -> str | None:
        """The newest key with this beginning that anybody was to be told, unless its end was
        told too: who did not take it hears by that end what there was."""
        begun = [key for key, _ in self._tries if key.startswith(start) and not key.endswith(OVER)]
        return begun[-1] if begun and not self.heard(begun[-1] + OVER) else None

    def note(
        self, notice: Notice, name: str, address: str, now: datetime, *, taken: bool, why: str
    ) -> None:
        """Keep what a target answered."""
        line = {
            "at": clock.iso(now),
            "key": notice.key,
            "level": notice.level,
            "title": notice.title,
            "target": name,
            "mark": _mark(address),
            "taken": taken,
            "why": why,
        }
        self._append(line)
        self._count(line)

    def _append(self, line: dict[str, Any]) -> None:
        end = os.lseek(self._file, 0, os.SEEK_END)
        data = self._unwritten + json.dumps(line, ensure_ascii=False).encode() + b"\n"
        try:
            if os.write(self._file, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # noqa: TRY301
            os.fsync(self._file)
        except OSError as error:
            if not self._unwritten:
                log.warning("%s: cannot be written: %s", self.path, error.strerror)
            os.ftruncate(self._file, end)
            self._unwritten = data
        else:
            self._unwritten = b""

    def _lines(self) -> Iterator[dict[str, Any]]:
        """Those that are whole; a torn one (the power went) is closed and passed over."""
        text = os.pread(self._file, _LARGEST, 0)
        if text and not text.endswith(b"\n"):
            self._unwritten = b"\n"
        for raw in text.splitlines():
            with suppress(ValueError):
                line = json.loads(raw)
                if isinstance(line, dict) and "at" in line:
                    yield line

    def _count(self, line: dict[str, Any]) -> None:
        at = datetime.fromisoformat(str(line["at"]))
        if line.get("event") == "begun":
            self.begun = at
            return
        tries = self._tries.setdefault((str(line.get("key")), str(line.get("mark"))), _Tries())
        tries.count, tries.first, tries.last = tries.count + 1, tries.first or at, at
        tries.taken = tries.taken or line.get("taken") is True


def book_path(database: Path) -> Path:
    """Under systemd in the sender's own folder, else beside the database."""
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(state) / "notices.jsonl" if state else database.with_suffix(".notices.jsonl")


def _mark(address: str) -> str:
    """Tells a target from another over restarts, whatever its line; tells nothing of it."""
    return hashlib.sha256(address.encode()).hexdigest()[:6]
