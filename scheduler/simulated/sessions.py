"""Who is logged in: tokens, roles, and how long they live. Several live side by side."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

HOME_OWNER: Final = "Home_Owner"
INSTALLER: Final = "Provider_Engineer"


@dataclass(frozen=True, slots=True)
class Login:
    role: str
    since: datetime


@dataclass(slots=True)
class LiveSessions:
    """The live sessions by their token; `life` None is for ever."""

    _live: dict[str, Login] = field(default_factory=dict, repr=False)

    def open(self, role: str, now: datetime) -> str:
        """A new session's token: 64 random bytes as URL-safe base64, 88 characters."""
        token = base64.urlsafe_b64encode(secrets.token_bytes(64)).decode()
        self._live[token] = Login(role, now)
        return token

    def find(self, tokens: tuple[str, ...], now: datetime, life: float | None) -> Login | None:
        """The first of these that is alive."""
        for token in tokens:
            session = self._live.get(token)
            if session is None:
                continue
            if life is None or now - session.since < timedelta(seconds=life):
                return session
            del self._live[token]
        return None

    def close(self, tokens: tuple[str, ...]) -> None:
        for token in tokens:
            self._live.pop(token, None)

    def close_all(self) -> None:
        self._live.clear()

    def count(self, now: datetime, life: float | None) -> int:
        if life is None:
            return len(self._live)
        return sum(now - each.since < timedelta(seconds=life) for each in self._live.values())
