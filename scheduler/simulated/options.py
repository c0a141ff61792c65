"""What a simulated gateway can be told when it is made."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypedDict
from zoneinfo import ZoneInfo

from scheduler.simulated.updates import FOUND, Found

DEFAULT_PASSWORD: Final = "simulated"  # noqa: S105 - no secret: it opens a simulation on loopback
SERIAL: Final = "T0000000000000"
DIN: Final = f"1232100-00-E--{SERIAL}"


class OptionWords(TypedDict, total=False):
    """The keywords of `Options`, for callers that hand them on."""

    profile: str
    password: str
    email: str
    timezone: str
    site_name: str
    charge: float
    mode: str
    reserve: float
    run_seconds: float | None
    stop_seconds: float
    settle_seconds: float
    check_seconds: float
    download_seconds: float
    away_seconds: float
    latency: float
    token_life: float | None
    speed: float
    solar: float
    load: float
    update: Found
    update_version: str | None
    identity: Path | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How this one differs from the usual."""

    profile: str = "1.49"
    """A name of `PROFILES`."""
    password: str = field(default=DEFAULT_PASSWORD, repr=False)
    """Opens every role; 1.15 and 1.18 also take S plus the serial."""
    email: str = ""
    """The owner's; shown, never checked."""
    timezone: str = "America/Los_Angeles"
    site_name: str = "Simulated Gateway"
    charge: float = 50.0
    """App percent at the start."""
    mode: str = "self_consumption"
    reserve: float = 20.0
    """App percent at the start."""
    run_seconds: float | None = None
    """From a run to the sitemaster being up; None is 2 to 10, anew each time."""
    stop_seconds: float = 1.0
    """From a stop to the sitemaster being down; a login that stops it does so at once."""
    settle_seconds: float = 30.0
    """From leaving backup to the battery following."""
    check_seconds: float = 2.0
    """How long a look for an update takes."""
    download_seconds: float = 4.0
    away_seconds: float = 120.0
    """How long the gateway is gone when it restarts."""
    latency: float = 0.0
    """Seconds before each answer."""
    token_life: float | None = None
    """Seconds a session lives; None is for ever."""
    speed: float = 1.0
    """How much faster than the wall's the battery's time runs."""
    solar: float = 4000.0
    """The roof's best, watts."""
    load: float = 1.0
    """Multiplies what the house uses."""
    update: Found = "none"
    """What a look for an update finds."""
    update_version: str | None = None
    """What an install brings: a profile's name, another number, or None for the next profile."""
    identity: Path | str | None = None
    """A PEM file that keeps the certificate across restarts; without it each start has its own."""

    def __post_init__(self) -> None:
        for name in ("charge", "reserve"):
            if not 0 <= getattr(self, name) <= 100:
                raise ValueError(f"{name} {getattr(self, name)} is not a percentage from 0 to 100.")
        if self.speed <= 0:
            raise ValueError(f"speed {self.speed} is not above 0.")
        if self.update not in FOUND:
            raise ValueError(f'update "{self.update}" is not one of {", ".join(FOUND)}.')
        self.zone()

    def zone(self) -> ZoneInfo:
        """The site's zone. Raises ValueError when there is none of that name."""
        try:
            return ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError) as error:
            message = f'"{self.timezone}" is not an IANA time zone, such as Europe/Berlin.'
            raise ValueError(message) from error

    def start_seconds(self) -> float:
        if self.run_seconds is not None:
            return self.run_seconds
        return random.uniform(2, 10)  # noqa: S311 - no secret hangs on it
