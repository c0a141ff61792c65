"""What stands in addresses: where the page listens, which hosts may ask, days and instants."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from scheduler import clock
from scheduler.outside import said

DEFAULT: Final = "127.0.0.1:8765"
_ORIGIN: Final = re.compile(r"(https?)://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]+\])(?::\d{1,5})?")
_ADVICE: Final = "Write one such as 127.0.0.1:8765 or [::1]:8765."


class QuestionError(ValueError):
    """What was asked for cannot be meant; its text is for who asked."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the page answers."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """For a person's browser."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"

    @property
    def here(self) -> bool:
        """Whether only this machine can reach it."""
        return ipaddress.ip_address(self.host).is_loopback


@dataclass(frozen=True, slots=True)
class Reach:
    """By which names the page may be asked for."""

    here: bool = True
    """It answers on loopback only."""
    url: str | None = None
    """What browsers call it, where a proxy stands before it."""

    @property
    def closed(self) -> bool:
        """Whether others than the people of this machine can reach it."""
        return not self.here or (self.url is not None and not is_here(self.url.split("//")[1]))

    def knows(self, host: str) -> bool:
        """Whether a Host header names us. Another name that leads here is what a page of somebody
        else's would use to read ours (DNS rebinding); an address cannot be made to lead here."""
        if is_here(host) or (self.url is not None and host.lower() == self.url.split("//")[1]):
            return True
        own = socket.gethostname().lower()
        return not self.here and (_bare(host) in {own, f"{own}.local"} or _is_address(host))

    def sent_by_us(self, origin: str, host: str) -> bool:
        """Whether an Origin header says that a page of ours sent this."""
        return origin.lower() in {self.url, f"http://{host.lower()}"}


def listen(text: str) -> Listen:
    """Where to listen. Raises ValueError for what is no address with a port."""
    shown = said(text, limit=40)
    host, _, port = text.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not port.isascii() or not port.isdigit() or int(port[:6]) > 65535 or not host:
        raise ValueError(f'"{shown}" is no address with a port. {_ADVICE}')
    host = "127.0.0.1" if host == "localhost" else host
    try:
        return Listen(str(ipaddress.ip_address(host)), int(port))
    except ValueError:
        raise ValueError(f'"{shown}" has no IP address. {_ADVICE}') from None


def origin(text: str | None) -> str | None:
    """What browsers call the page: a scheme and a host. Raises ValueError."""
    if text is None:
        return None
    found = _ORIGIN.fullmatch(text.lower().rstrip("/"))
    if found is None:
        raise ValueError(
            f'"{said(text, limit=40)}" is no address of a page. Write one such as'
            " https://tou.example, without a path."
        )
    return found[0].removesuffix({"http": ":80", "https": ":443"}[found[1]])


def is_here(host: str) -> bool:
    """Whether a host, with or without a port, names this machine."""
    name = _bare(host)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(_bare(host))
    except ValueError:
        return False
    return True


def _bare(host: str) -> str:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name.removeprefix("[").removesuffix("]").lower()


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
    return clock.midnight(on, zone), clock.midnight(on + timedelta(days=1), zone)


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
        return clock.midnight(day(text), zone)
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
