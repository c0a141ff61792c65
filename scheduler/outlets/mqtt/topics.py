"""The topics of a site, and the name that it has in them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_UNFIT = re.compile(r"[^A-Za-z0-9_-]")


def fit(name: str) -> str:
    """A name that may stand in a topic. One that had to be changed gets a mark of its own, so that
    two sites never share one."""
    made = _UNFIT.sub("_", name)
    return made if made == name else f"{made}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"


@dataclass(frozen=True, slots=True)
class Topics:
    """All of one site; `base` is TOU_MQTT_TOPIC."""

    base: str
    site: str

    @property
    def connection(self) -> str:
        """online or offline: whether `tou mqtt` is at the broker; the last will is said here."""
        return self._of("connection")

    @property
    def service(self) -> str:
        """online or offline: whether the service runs, answers and turns."""
        return self._of("service")

    @property
    def state(self) -> str:
        """The state as JSON."""
        return self._of("state")

    @property
    def set(self) -> str:
        """Where a lease is asked for."""
        return self._of("set")

    @property
    def result(self) -> str:
        """What came of it."""
        return self._of("result")

    @property
    def retained(self) -> tuple[str, ...]:
        """Those whose last message the broker keeps."""
        return self.connection, self.service, self.state

    @property
    def device(self) -> str:
        """The device's id at Home Assistant."""
        return fit(f"{self.base.replace('/', '_')}_{fit(self.site)}")

    def _of(self, what: str) -> str:
        return f"{self.base}/{fit(self.site)}/{what}"
