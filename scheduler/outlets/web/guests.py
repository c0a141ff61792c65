"""Who is signed in, in memory only: a restart signs everybody out. Knows no cookie and no clock."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

IDLE: Final = 3600.0
"""Seconds without a request after which a session is over."""
ABSOLUTE: Final = 12 * 3600.0
"""Seconds after which it is over in any case."""
MOST: Final = 64
"""So many at once; then the one that was idle for longest gives way."""


@dataclass(slots=True)
class Guest:
    """One browser of one person. No repr: it would show the token of the forms."""

    who: str
    token: str
    """What each form of this session carries."""
    begun: float
    seen: float
    told: tuple[str, str] | None = None
    """What came of the last act, for the next page: its class and its sentence."""

    def __repr__(self) -> str:
        return f"Guest({self.who!r})"


class Guests:
    """Guests by their keys; only a digest of a key is kept."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._kept: dict[str, Guest] = {}

    def begin(self, who: str) -> tuple[str, Guest]:
        """A new session, and the key that only its browser will have."""
        now = self._monotonic()
        self._forget(now)
        while len(self._kept) >= MOST:
            del self._kept[min(self._kept, key=lambda each: self._kept[each].seen)]
        key = secrets.token_urlsafe(32)
        made = Guest(who, secrets.token_urlsafe(32), now, now)
        self._kept[_digest(key)] = made
        return key, made

    def find(self, key: str | None) -> Guest | None:
        """The session of a key, unless it is over. A key that we did not give opens nothing."""
        now = self._monotonic()
        found = self._kept.get(_digest(key)) if key else None
        if found is None or _over(found, now):
            return None
        found.seen = now
        return found

    def end(self, key: str | None) -> None:
        """Sign out."""
        if key:
            self._kept.pop(_digest(key), None)

    def _forget(self, now: float) -> None:
        self._kept = {key: each for key, each in self._kept.items() if not _over(each, now)}


def _over(session: Guest, now: float) -> bool:
    return now - session.seen > IDLE or now - session.begun > ABSOLUTE


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
