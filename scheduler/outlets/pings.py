"""Pings for a dead man's switch elsewhere, so that silence means what it says.

Tied to the controller's turns and to no timer of their own: what does not turn is not pinged for.
Healthchecks' manner (`/start`, `/fail`, `/log` behind the address), or any address that is asked.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final, Literal
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

Signal = Literal["success", "start", "fail", "log"]
TIMEOUT: Final = 10.0
TRIES: Final = 3
EVERY: Final = timedelta(minutes=1)
JITTER: Final = timedelta(seconds=0.5)
"""By less than this the same turn is told at two looks: its instant is counted back from each. By
more also the other way, after a clock was set back."""
_FINE: Final = 400


@dataclass(frozen=True, slots=True)
class Turned:
    """What the service says of itself at one look."""

    since: str
    """When its process began."""
    turn: datetime
    """When its controller last ended a turn."""
    failing: bool
    line: str
    """One line on its health, with nothing in it that is secret."""


def turned(state: Mapping[str, Any]) -> Turned | None:
    """From the state as the control socket has it; None where its controller has not turned."""
    service, health = state["service"], state["health"]
    if not service.get("turned") or not service.get("since"):
        return None
    ids = ", ".join(each["id"] for each in health["details"])
    return Turned(
        since=service["since"],
        turn=datetime.fromisoformat(service["turned"]),
        failing=health["word"] == "failing",
        line=f"{health['word']}: {ids}" if ids else str(health["word"]),
    )


Ask = Callable[[str, str], bool]
"""Sends a line to an address; False where that did not go well."""


class Pinger:
    """Sends what a look at the service gives cause for."""

    def __init__(self, address: str, ask: Ask | None = None) -> None:
        self._address = address
        self._ask = ask or ping
        self._before: Turned | None = None
        self._at: datetime | None = None
        self._since: str | None = None

    def look(self, present: Turned | None, now: datetime) -> None:
        """Ping for what has happened since the look before; None: nothing is heard."""
        for signal in self._signals(present, now):
            line = present.line if present else "the service ended"
            address = signal_address(self._address, signal)
            if address is not None and not self._ask(address, line):
                log.warning("the ping (%s) was not taken; the next turn pings again", signal)
        self._before = present

    def _signals(self, present: Turned | None, now: datetime) -> Iterator[Signal]:
        before = self._before
        if present is None:
            if before is not None:
                yield "log"
            return
        if self._since not in (None, present.since):
            yield "start"
        self._since = present.since
        if before is not None and abs(present.turn - before.turn) < JITTER:
            return
        news = before is None or before.failing != present.failing
        # By a clock that may have been set back.
        if news or self._at is None or abs(now - self._at) >= EVERY:
            self._at = now
            yield "fail" if present.failing else "success"


def signal_address(address: str, signal: Signal) -> str | None:
    """Where a signal is sent. An address with a question mark (Uptime Kuma and others) knows only
    success: there silence tells the rest."""
    if signal == "success":
        return address
    return None if "?" in address else f"{address.rstrip('/')}/{signal}"


def ping(address: str, line: str, *, timeout: float = TIMEOUT, tries: int = TRIES) -> bool:
    """POST a line to an address. Its errors are not shown: the address is a secret."""
    return any(_posted(address, line, timeout) for _ in range(tries))


def _posted(address: str, line: str, timeout: float) -> bool:
    parts = urlsplit(address)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # Uptime Kuma takes no POST at its push address.
    method, body = ("GET", None) if parts.query else ("POST", line.encode())
    try:
        with closing(_connection(parts.scheme, parts.netloc, timeout)) as connection:
            connection.request(method, path, body=body, headers={"User-Agent": "tou-scheduler"})
            return connection.getresponse().status < _FINE
    except (OSError, HTTPException, ValueError) as error:
        log.debug("a ping was not taken: %s", type(error).__name__)
        return False


def _connection(scheme: str, place: str, timeout: float) -> HTTPConnection:
    host = place.rpartition("@")[2]
    if scheme == "http":
        return HTTPConnection(host, timeout=timeout)
    return HTTPSConnection(host, timeout=timeout, context=ssl.create_default_context())
