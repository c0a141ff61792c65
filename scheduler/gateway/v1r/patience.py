"""The wait after a refused password, kept in a file so that a restart does not forget it: a burst
of wrong passwords locks the right one out too.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from scheduler import clock, files

FIRST: Final = timedelta(minutes=15)
MOST: Final = timedelta(hours=6)
_LARGEST: Final = 10_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Refused:
    salt: str
    digest: str
    until: datetime
    count: int


class Patience:
    """Which login was refused, and until when it is not sent again."""

    def __init__(self, path: Path, login: str, now: Callable[[], datetime]) -> None:
        self._path, self._login, self._now = path, login, now
        self._known: _Refused | None = None
        self._read = False
        self._compared: tuple[str, bool] | None = None

    def left(self) -> float:
        """Seconds for which this very login is not sent."""
        found = self._found()
        if found is None or not self._same(found):
            return 0.0
        left = (found.until - self._now()).total_seconds()
        # A clock that stepped back must not make it wait longer than it ever would.
        return min(max(0.0, left), MOST.total_seconds())

    def refused(self) -> float:
        """Keep that it was refused; seconds to wait from now on."""
        found = self._found()
        count = found.count + 1 if found is not None and self._same(found) else 1
        wait: timedelta = min(FIRST * 2 ** min(count - 1, 10), MOST)
        salt = secrets.token_hex(16)
        self._keep(_Refused(salt, self._digest(salt), self._now() + wait, count))
        return wait.total_seconds()

    def taken(self) -> None:
        if self._found() is not None:
            self._known = None
            self._path.unlink(missing_ok=True)

    def _same(self, found: _Refused) -> bool:
        if self._compared is None or self._compared[0] != found.salt:
            same = secrets.compare_digest(found.digest, self._digest(found.salt))
            self._compared = (found.salt, same)
        return self._compared[1]

    def _digest(self, salt: str) -> str:
        # Slow on purpose: five characters are soon guessed.
        made = hashlib.scrypt(self._login.encode(), salt=salt.encode(), n=2**14, r=8, p=1)
        return made.hex()

    def _found(self) -> _Refused | None:
        if not self._read:
            self._known, self._read = self._load(), True
        return self._known

    def _load(self) -> _Refused | None:
        try:
            data = json.loads(files.read_private(self._path, _LARGEST))
            until = datetime.fromisoformat(data["until"])
            return _Refused(str(data["salt"]), str(data["digest"]), until, int(data["count"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            logger.warning("%s: cannot be read, so a refused login is not remembered.", self._path)
            return None

    def _keep(self, refused: _Refused) -> None:
        self._known = refused
        data = {
            "salt": refused.salt,
            "digest": refused.digest,
            "until": clock.iso(refused.until),
            "count": refused.count,
        }
        try:
            files.replace_private(self._path, json.dumps(data).encode())
        except OSError as error:
            logger.warning("%s: cannot be written: %s.", self._path, error.strerror)
