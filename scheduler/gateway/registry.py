"""Every transport by its name. A new one is a folder, one line here and one test file.

Only the table is read at start; a transport's own modules are imported when it is asked for, so
that a service of one transport does not carry the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from scheduler import clock
from scheduler.environment import TransportSettings
from scheduler.gateway.base import Gateway, Limits


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a transport is told beside its own settings."""

    state: Path
    """The path of the database; what must outlive the process lies beside it."""
    now: Callable[[], datetime] = clock.now
    monotonic: Callable[[], float] = clock.monotonic
    timezone: str = "UTC"
    offered: Mapping[str, str] | None = None
    """Where the simulated gateway of a running service answers, as its `serve` told."""


class Transport(Protocol):
    """What the module `scheduler.gateway.<name>` offers. It may offer as well `ABILITIES`, the
    names in `abilities` of what it can beside settings, and `INSTEAD_OF_LOGOUT`, a sentence, where
    it keeps no session to end."""

    def limits_of(self, settings: Any) -> Limits:
        """The limits as far as the settings tell; never needs the network."""

    def open_gateway(self, settings: Any, surroundings: Surroundings) -> Gateway:
        """The client. Raises SettingsError where a setting is missing, with the way out."""


TRANSPORTS: dict[str, str] = {
    "simulated": "scheduler.gateway.simulated",
    "local": "scheduler.gateway.local",
    "fleet": "scheduler.gateway.fleet",
    "v1r": "scheduler.gateway.v1r",
    "proxy": "scheduler.gateway.proxy",
}
"""Name in TOU_GATEWAY to the package that speaks it."""


def transport(name: str) -> Transport:
    """The entry of a transport. Raises KeyError for a name that is not registered."""
    entry: Any = import_module(TRANSPORTS[name])
    return entry  # type: ignore[no-any-return]


def abilities_of(name: str) -> frozenset[str] | None:
    """What a transport can beside settings, without opening it; None where it does not tell."""
    told: frozenset[str] | None = getattr(transport(name), "ABILITIES", None)
    return told


def instead_of_logout(name: str) -> str | None:
    """What ends the access of a transport that keeps no session; None for one that keeps one."""
    told: str | None = getattr(transport(name), "INSTEAD_OF_LOGOUT", None)
    return told


def settings_of(name: str) -> type[TransportSettings]:
    """The table of settings of a transport: `SETTINGS` of its module `settings`; an empty one for
    a transport that asks for none. Raises KeyError for a name that is not registered."""
    module = f"{TRANSPORTS[name]}.settings"
    try:
        table: type[TransportSettings] = import_module(module).SETTINGS
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return TransportSettings
    return table
