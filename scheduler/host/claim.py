"""Says that this process drives a gateway, so that another one with another database is noticed.

A name in the kernel's abstract namespace: it is gone with the process, and is seen across private
folders of /tmp. It forbids nothing; two that fight over one battery are told to a person.
"""

from __future__ import annotations

import hashlib
import logging
import socket
from collections.abc import Sequence
from contextlib import suppress

from scheduler import clock
from scheduler.host.sites import Hosted
from scheduler.httpserver import peer_of
from scheduler.site.state import Reason

log = logging.getLogger(__name__)

# With more sites than this their gateways are not claimed: a claim is an open socket.
CLAIMED = 16
# One that drives the same gateway asks at each sign of its life, at least every 40 seconds.
REMEMBERED = 100.0
_WAITING = 16


class Claim:
    """A gateway that this process drives. `identity` is its fingerprint or its address."""

    def __init__(self, identity: str) -> None:
        self._name = f"\0tou-scheduler.gateway.{hashlib.sha256(identity.encode()).hexdigest()[:32]}"
        self._socket: socket.socket | None = None
        self._rival = 0
        self._asked_at: float | None = None

    def take(self) -> bool:
        """Whether no other process claims it."""
        if self._socket is not None:
            return True
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.bind(self._name)
            made.listen(_WAITING)
            made.setblocking(False)
        except OSError:
            made.close()
            return False
        self._socket = made
        return True

    def holder(self) -> int | None:
        """The process that claims it, where that can be told."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking, suppress(OSError):
            asking.settimeout(0.2)
            asking.connect(self._name)
            return _pid(asking) or None
        return None

    def rival(self, ticks: float) -> int | None:
        """The process that drives the gateway beside this one that claims it: it has asked whose
        it is. 0 where its number cannot be told; None where nobody asked lately."""
        with suppress(OSError):
            while self._socket is not None:
                asking, _ = self._socket.accept()
                with asking:
                    self._rival, self._asked_at = _pid(asking), ticks
        lately = self._asked_at is not None and ticks - self._asked_at < REMEMBERED
        return self._rival if lately else None

    def release(self) -> None:
        """Drive it no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _pid(connected: socket.socket) -> int:
    found = peer_of(connected)
    return found.pid if found else 0


class Claims:
    """The claims of all sites of a process."""

    def __init__(self, hosted: Sequence[Hosted]) -> None:
        few = len(hosted) <= CLAIMED
        self._claims = [
            (each.site, Claim(each.identity)) for each in hosted if each.identity and few
        ]
        self._told: set[str] = set()

    def look(self) -> None:
        """Take what can be taken, and show on a site where another process drives its gateway."""
        for site, claim in self._claims:
            other = claim.rival(clock.monotonic()) if claim.take() else claim.holder() or 0
            if other is None:
                site.withdraw("two_databases")
                continue
            text = warning(other)
            if text not in self._told:
                log.warning("%s", text)
                self._told.add(text)
            site.concern(Reason("two_databases", text, clock.now(), "attention"))

    def release(self) -> None:
        """Drive them no more."""
        for _, claim in self._claims:
            claim.release()


def warning(holder: int) -> str:
    """What a person is told of it."""
    who = f"process {holder}" if holder else "another process"
    return (
        f"This gateway is also driven by {who}, from another database: the two undo each other's "
        "settings. Stop one of them, or give both the same TOU_DATABASE."
    )
