"""What stands in addresses: where the page listens, which hosts may ask, days and instants."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DEFAULT: Final = "127.0.0.1:8765"
_ADVICE: Final = "Write one such as 127.0.0.1:8765 or [::1]:8765."


class QuestionError(ValueError):
    """What was asked for cannot be meant; its text is for who asked."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the page answers; always on this machine."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """For a person's browser."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"


def listen(text: str) -> Listen:
    """Where to listen. Raises ValueError for whatever is not loopback: the page has no sign-in
    yet, so nobody but this machine may see it."""
    host, _, port = text.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not port.isascii() or not port.isdigit() or int(port) > 65535 or not host:
        raise ValueError(f'"{text}" is no address with a port. {_ADVICE}')
    host = "127.0.0.1" if host == "localhost" else host
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise ValueError(f'"{host}" is no IP address. {_ADVICE}') from None
    if not here:
        raise ValueError(
            f"{host} can be reached from other machines, and the page has no sign-in yet, so it"
            f" answers on loopback only. {_ADVICE} From elsewhere: ssh -L 8765:127.0.0.1:8765 HOST."
        )
    return Listen(host, int(port))


def is_here(host: str) -> bool:
    """Whether a Host header names this machine. Another name that leads here is what a page of
    somebody else's would use to read ours (DNS rebinding)."""
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    name = name.removeprefix("[").removesuffix("]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def day(text: str) -> date:
    """A day such as 2026-11-25. Raises QuestionError."""
    try:
        found = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 -- a date has no zone
    except ValueError:
        raise QuestionError(f'"{text}" is no day. Write one such as 2026-11-25.') from None
    if not 1971 <= found.year <= 2999:
        raise QuestionError(f'"{text}" is out of reach. Write a day between 1971 and 2999.')
    return found


def ends(on: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which a local day begins and ends; 23 to 25 hours apart."""
    return midnight(on, zone), midnight(on + timedelta(days=1), zone)


def midnight(on: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins."""
    return datetime.combine(on, time(0), zone).astimezone(UTC)


def minute(text: str, on: date, zone: ZoneInfo) -> datetime:
    """A clock time of a local day. Raises QuestionError."""
    try:
        found = time.fromisoformat(text)
    except ValueError:
        raise QuestionError(f'"{text}" is no time. Write one such as 17:05.') from None
    if found.tzinfo is not None:
        raise QuestionError(f'"{text}" has an offset; write the clock time alone, such as 17:05.')
    return datetime.combine(on, found, zone).astimezone(UTC)


def instant(text: str, zone: ZoneInfo) -> datetime:
    """A day (its beginning), or a local or absolute time. Raises QuestionError."""
    if len(text) == len("2026-11-25"):
        return midnight(day(text), zone)
    try:
        found = datetime.fromisoformat(text)
        there = found if found.tzinfo else found.replace(tzinfo=zone)
        at = there.astimezone(UTC)
    except (ValueError, OverflowError):
        raise QuestionError(
            f'"{text}" is no time. Write one such as 2026-11-25 or 2026-11-25T17:05.'
        ) from None
    day(f"{at:%Y-%m-%d}")
    return at
