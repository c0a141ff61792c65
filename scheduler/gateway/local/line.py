"""All that belongs to one gateway: the wire, what must outlive the process, its words and its
clocks. Decides nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from scheduler import clock
from scheduler.gateway.local import pin
from scheduler.gateway.local.answers import Catalogue
from scheduler.gateway.local.session import (
    Memory,
    Refusal,
    Session,
    SessionFile,
    digest_of,
    next_refusal,
)
from scheduler.gateway.local.wire import Carrier, Wire


@dataclass(slots=True)
class Line:
    """One gateway and one login at it."""

    wire: Wire
    file: SessionFile
    username: str
    email: str
    password: str = field(repr=False)
    pause: float
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    says: Catalogue = field(init=False)
    bound: str = field(init=False)
    """Digest of the address, the login and the certificate that a session belongs to."""
    _digests: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.says = Catalogue(where=self.where, username=self.username)
        parts = (self.wire.url, self.username, self.wire.trusted)
        self.bound = hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def where(self) -> str:
        """The gateway, in messages."""
        return self.wire.where

    @property
    def memory(self) -> Memory:
        """What is on the disk."""
        return self.file.memory

    @property
    def session(self) -> Session | None:
        """The session in hand; another process may have stored a newer one."""
        memory = self.memory
        return memory.session if memory.bound == self.bound else None

    def keep(self, session: Session) -> None:
        """Store a session."""
        self.file.keep(replace(self.memory, bound=self.bound, session=session))

    def forget(self, session: Session | None) -> None:
        """Drop a session that no longer works, unless it was replaced meanwhile."""
        memory = self.memory
        if session and memory.session == session:
            self.file.keep(replace(memory, session=None))

    def works(self) -> None:
        """The session was accepted for work, so earlier refusals no longer count."""
        memory = self.memory
        if memory.refusal or memory.limit:
            self.file.keep(replace(memory, refusal=None, limit=None))

    def refused(self, kind: str) -> None:
        """Remember a refusal: of the password, or of a session's work."""
        memory = self.memory
        refusal = next_refusal(self.now(), memory.refusal, *self._credentials(), kind=kind)
        self.file.keep(replace(memory, refusal=refusal))

    def same(self, refusal: Refusal) -> bool:
        """Whether a refusal was of the credentials we have."""
        if refusal.salt not in self._digests:
            self._digests = {refusal.salt: digest_of(refusal.salt, *self._credentials())}
        return self._digests[refusal.salt] == refusal.digest

    def owe(self) -> bool:
        """Mark that the sitemaster must be seen running; whether the mark is on the disk."""
        return self.file.keep(replace(self.memory, owed_since=self.now()))

    def owe_nothing(self, since: datetime | None = None) -> None:
        """Take the mark away, or put an earlier one back."""
        memory = self.memory
        if memory.owed_since != since:
            self.file.keep(replace(memory, owed_since=since))

    async def rest(self) -> None:
        """The pause between two steps of a write."""
        if self.pause:
            await self.sleep(self.pause)

    def _credentials(self) -> tuple[str, ...]:
        return (self.bound, self.username, self.password)


def line_to(
    url: str,
    *,
    username: str,
    email: str,
    password: str,
    fingerprint: str | None,
    certificate: Path | None,
    session_file: Path | None,
    pause: float,
    now: Callable[[], datetime] = clock.now,
    monotonic: Callable[[], float] = clock.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    carrier: Carrier | None = None,
) -> Line:
    """The line to a gateway. Raises SettingsError for a URL that is not https, or without a
    paired certificate."""
    shown, trusted = pin.shown_address(url), pin.trusted_fingerprint(fingerprint, certificate)
    wire = Wire(
        url=shown,
        pin=trusted,
        now=now,
        monotonic=monotonic,
        secrets=(password, email),
        carrier=carrier or Carrier(),
    )
    file = SessionFile(session_file)
    return Line(wire, file, username, email, password, pause, now, monotonic, sleep)
