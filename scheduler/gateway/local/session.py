"""What must outlive the process about one gateway, in a file of its own: the session, the mark of
a login that may have left the battery standing, and the waits after a refused login.

The file is a secret (0600) and is replaced whole. Knows nothing of requests.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from scheduler import clock, files
from scheduler.plain import plain

REFUSAL_FIRST: Final = timedelta(minutes=5)
# A wrong password is asked ever more seldom; a session that is refused its work costs a login
# each time, but may be cured by the gateway itself.
REFUSAL_MAX: Final = {"password": timedelta(hours=6), "work": timedelta(minutes=15)}
LIMIT_FIRST: Final = timedelta(minutes=5)  # clears after 10-30 minutes without calls
LIMIT_MAX: Final = timedelta(minutes=15)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST: Final = 1_000_000
_HEADER_SAFE = re.compile(r"[\x21-\x3a\x3c-\x7e]{1,8192}")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """A login that the gateway accepted; everything in it is a secret."""

    token: str = field(repr=False)
    cookies: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def headers(self) -> dict[str, str]:
        """How the session is shown to the gateway: token and cookies, either of which would do."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies)
        return headers

    def secrets(self) -> tuple[str, ...]:
        """What must not be shown anywhere."""
        return (self.token, *(value for _, value in self.cookies))


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last refused login: which credentials (salted, slow hash), when, how often in a row."""

    salt: str = field(repr=False)
    digest: str = field(repr=False)
    at: datetime
    count: int
    kind: str = "password"
    """What was refused: the password, or the work of a session that it opened."""

    @property
    def until(self) -> datetime:
        """Before this the same credentials are not sent again."""
        most = REFUSAL_MAX.get(self.kind, REFUSAL_FIRST)
        return self.at + _doubled(REFUSAL_FIRST, most, self.count)

    def left(self, now: datetime, *, down: bool) -> float:
        """Seconds to wait. While the battery stands still a session may be what it takes to run
        it, so only a password that was wrong a moment ago is not sent."""
        until = self.until
        if down:
            until = self.at + REFUSAL_FIRST if self.kind == "password" else self.at
        # A refusal of the future is a clock that was set back, and no reason to wait for years.
        return 0.0 if self.at > now + REFUSAL_FIRST else (until - now).total_seconds()


@dataclass(frozen=True, slots=True)
class Limit:
    """The gateway asked for no more logins for a while."""

    until: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Memory:
    """All that the file holds."""

    bound: str = ""
    """Digest of the gateway and login that the session belongs to."""
    session: Session | None = None
    owed_since: datetime | None = None
    """When a login went out after which the sitemaster was not seen running."""
    refusal: Refusal | None = None
    limit: Limit | None = None


def _doubled(first: timedelta, most: timedelta, count: int) -> timedelta:
    return min(first * 2.0 ** min(count - 1, 20), most)


def next_limit(now: datetime, before: Limit | None, asked: float | None) -> Limit:
    """The wait after one more 429 on a login, at least as long as the gateway asked for."""
    count = before.count + 1 if before else 1
    wait = _doubled(LIMIT_FIRST, LIMIT_MAX, count) if asked is None else timedelta(seconds=asked)
    return Limit(now + wait, count)


def digest_of(salt: str, *parts: str) -> str:
    """A hash of credentials that is slow to guess from (scrypt, 16 MB)."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(text, salt=salt.encode(), n=2**14, r=8, p=1, dklen=32).hex()


def next_refusal(
    now: datetime, before: Refusal | None, *credentials: str, kind: str = "password"
) -> Refusal:
    """The record of one more refusal; other credentials start the count again."""
    if before and before.kind == kind and before.digest == digest_of(before.salt, *credentials):
        return replace(before, at=now, count=before.count + 1)
    salt = secrets.token_hex(16)
    return Refusal(salt, digest_of(salt, *credentials), now, 1, kind)


class SessionFile:
    """The memory of one gateway, in a file or, without a path, for the life of the process.

    A file that is missing is empty; one that cannot be read counts as a login whose end is
    unknown, since looking at a running battery costs nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._memory = Memory()
        self._seen: tuple[int, ...] | None = None
        self._unsaved = False

    @property
    def memory(self) -> Memory:
        """The present memory; another process may have changed it."""
        if self._path is None or self._unsaved:
            return self._memory
        try:
            found = self._path.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if seen != self._seen:
                self._memory, self._seen = _read(self._path), seen
        except FileNotFoundError:
            self._memory, self._seen = Memory(), None
        except OSError as error:
            logger.warning("%s: cannot be read: %s.", self._path, error.strerror)
            self._memory, self._seen = Memory(owed_since=_EPOCH), None
        return self._memory

    def keep(self, memory: Memory) -> bool:
        """Keep a memory, on the disk when this returns True. On False it lives as long as the
        process."""
        self._memory = memory
        if self._path is None:
            return True
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.replace_private(self._path, json.dumps(_plain(memory)).encode())
            found = self._path.stat()
        except OSError as error:
            logger.warning(
                "%s: the session cannot be stored: %s. Make its directory writable, or free space.",
                self._path,
                error.strerror,
            )
            self._unsaved = True
            return False
        self._seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        self._unsaved = False
        return True


def _read(path: Path) -> Memory:
    data = files.read_private(path, _LARGEST)
    try:
        return _memory(dict(json.loads(data)))
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        logger.warning("%s: is not a session file; it is written anew.", path)
        return Memory(owed_since=_EPOCH)


def _plain(memory: Memory) -> dict[str, object]:
    session = memory.session
    return {
        "version": 1,
        "bound": memory.bound,
        "session": session and {"token": session.token, "cookies": dict(session.cookies)},
        "restart_owed": plain(memory.owed_since),
        "refusal": plain(memory.refusal),
        "limit": plain(memory.limit),
    }


def _memory(data: Mapping[str, object]) -> Memory:
    owed, refusal, limit = data.get("restart_owed"), data.get("refusal"), data.get("limit")
    bound = data.get("bound")
    return Memory(
        bound=bound if isinstance(bound, str) else "",
        session=_session(data.get("session")),
        owed_since=clock.from_iso(owed) if owed else None,
        refusal=Refusal(
            str(refusal["salt"]),
            str(refusal["digest"]),
            clock.from_iso(refusal["at"]),
            max(1, int(refusal["count"])),
            str(refusal.get("kind", "password")),
        )
        if isinstance(refusal, dict)
        else None,
        limit=Limit(clock.from_iso(limit["until"]), max(1, int(limit["count"])))
        if isinstance(limit, dict)
        else None,
    )


def _session(data: object) -> Session | None:
    if not isinstance(data, dict):
        return None
    cookies = data.get("cookies")
    pairs = tuple(cookies.items()) if isinstance(cookies, dict) else ()
    return make_session(data.get("token"), pairs)


def make_session(token: object, cookies: tuple[tuple[str, object], ...]) -> Session | None:
    """A session of what can stand in a header; None where the token cannot."""
    if not _is_safe(token):
        return None
    kept = tuple(
        (name, value)
        for name, value in cookies
        if _is_safe(name) and isinstance(value, str) and _is_safe(value)
    )
    return Session(str(token), kept)


def _is_safe(text: object) -> bool:
    return isinstance(text, str) and _HEADER_SAFE.fullmatch(text) is not None
