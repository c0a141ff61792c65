"""The pair of tokens on the disk, and the one before it; knows nothing of requests.

A refresh token serves once. So the file is replaced whole (0600, on the disk) before a new pair is
used, and the token it was had for stays beside it for a day: that long the cloud still takes it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from scheduler import clock, files
from scheduler.errors import GatewayRefusedError

GRACE: Final = timedelta(hours=24)
"""For which the refresh token used last is still taken."""
UNUSED_FOR: Final = timedelta(days=90)
"""After which a refresh token that was not used is dead (three months)."""
RENEW_EVERY: Final = timedelta(days=6)
"""A refresh each week at the latest keeps the three months away."""
WARN_BEFORE: Final = timedelta(days=14)
MARGIN: Final = timedelta(minutes=20)
"""Before an access token's end within which a new one is asked for."""
_LARGEST: Final = 200_000


@dataclass(frozen=True, slots=True)
class Old:
    """The refresh token that the present pair was had for."""

    refresh: str = field(repr=False)
    used_at: datetime

    def serves(self, now: datetime) -> bool:
        return now - self.used_at < GRACE


@dataclass(frozen=True, slots=True)
class Tokens:
    """One sign-in; every token in it is a secret."""

    client_id: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime
    stored_at: datetime
    old: Old | None = None

    def fresh(self, now: datetime) -> bool:
        """Whether the access token has some time left; a clock that stepped back proves nothing."""
        return self.stored_at - MARGIN <= now < self.expires_at - self._margin()

    def due(self, now: datetime) -> bool:
        """Whether it is time to renew them, although nothing is to be asked."""
        return now - self.stored_at >= RENEW_EVERY

    def dead_at(self) -> datetime:
        """When the refresh token can no longer be used, where it is not renewed before."""
        return self.stored_at + UNUSED_FOR

    def concern(self, now: datetime) -> str | None:
        """The warning days before that; None while all is well."""
        if now < self.dead_at() - WARN_BEFORE:
            return None
        return (
            f"The sign-in to the cloud was last renewed on {self.stored_at:%Y-%m-%d} and ends on "
            f"{self.dead_at():%Y-%m-%d}. See why it is not renewed, or run `tou gateway login`."
        )

    def secrets(self) -> tuple[str, ...]:
        """What must not be shown anywhere."""
        old = (self.old.refresh,) if self.old else ()
        return tuple(each for each in (self.access, self.refresh, *old) if each)

    def renewed(self, answer: Mapping[str, Any], now: datetime) -> Tokens:
        """The next pair, by the answer of the token host. Raises ValueError."""
        refresh = answer.get("refresh_token") or self.refresh
        access = answer.get("access_token")
        if not can_be_sent(access) or not can_be_sent(refresh):
            raise ValueError("no tokens in it")
        old = Old(self.refresh, now) if refresh != self.refresh else self.old
        return Tokens(
            self.client_id, str(access), str(refresh), expiry(answer, str(access), now), now, old
        )

    def _margin(self) -> timedelta:
        """A token of minutes is not to be renewed all the time."""
        return min(MARGIN, (self.expires_at - self.stored_at) / 4)


def expiry(answer: Mapping[str, Any], access: str, now: datetime) -> datetime:
    """When an access token ages out: by the answer, by its own claim, or soon."""
    seconds = answer.get("expires_in")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < 1e9:
        return now + timedelta(seconds=float(seconds))
    claim = claims(access).get("exp")
    if isinstance(claim, int) and 0 < claim < 4e9:
        return datetime.fromtimestamp(claim, UTC)
    return now + timedelta(hours=1)


def claims(access: str) -> dict[str, Any]:
    """What an access token says of itself, unverified; nothing where it is opaque."""
    try:
        part = access.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class TokenFile:
    """Beside the database; another process may replace it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = files.Lock(path.with_name(path.name + ".lock"))

    def read(self) -> Tokens | None:
        """What stands in it; None where there is none. Raises GatewayRefusedError for a file that
        cannot be used, with the way out."""
        try:
            return _tokens(json.loads(files.read_private(self.path, _LARGEST)))
        except FileNotFoundError:
            return None
        except OSError as error:
            denied = files.denied(self.path, error)
            told = str(denied or f"{self.path}: the sign-in cannot be read: {error.strerror}.")
            raise GatewayRefusedError(told, delivered="no") from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise GatewayRefusedError(
                f"{self.path}: is not a sign-in. Run `tou gateway login` again.", delivered="no"
            ) from None

    def keep(self, tokens: Tokens) -> None:
        """Replace it; on the disk when this returns. Raises OSError, and the old one stands."""
        files.replace_private(self.path, json.dumps(_plain(tokens), indent=1).encode())


def _plain(tokens: Tokens) -> dict[str, Any]:
    old = tokens.old
    return {
        "version": 1,
        "client_id": tokens.client_id,
        "access": tokens.access,
        "refresh": tokens.refresh,
        "expires_at": clock.iso(tokens.expires_at),
        "stored_at": clock.iso(tokens.stored_at),
        "old": old and {"refresh": old.refresh, "used_at": clock.iso(old.used_at)},
    }


def _tokens(data: Mapping[str, Any]) -> Tokens:
    old = data.get("old")
    found = Tokens(
        client_id=str(data["client_id"]),
        access=str(data["access"]),
        refresh=str(data["refresh"]),
        expires_at=clock.from_iso(data["expires_at"]),
        stored_at=clock.from_iso(data["stored_at"]),
        old=Old(str(old["refresh"]), clock.from_iso(old["used_at"])) if old else None,
    )
    if not can_be_sent(found.refresh):
        raise ValueError("no refresh token")
    return found


def can_be_sent(token: object) -> bool:
    """Whether it can stand in a header."""
    return (
        isinstance(token, str)
        and 0 < len(token) <= 16_384
        and token.isascii()
        and (token.isprintable() and " " not in token)
    )
