"""What the local REST API has to be told."""

from __future__ import annotations

from typing import Final

from scheduler.environment import (
    OptionalPath,
    OptionalPause,
    OptionalSecret,
    OptionalText,
    TransportSettings,
)

PAUSE: Final = 2.0


class LocalSettings(TransportSettings):
    """Where the gateway answers, who logs in, and which certificate is paired."""

    gateway_url: str = "https://powerwall"
    gateway_username: str = "installer"
    gateway_email: str = ""
    gateway_password: OptionalSecret = None
    gateway_certificate: OptionalPath = None
    gateway_fingerprint: OptionalText = None
    gateway_pause: OptionalPause = None

    @property
    def address(self) -> str:
        """Where the gateway answers."""
        return self.gateway_url

    @property
    def identity(self) -> str:
        """The paired certificate says more than a name that may be another's tomorrow."""
        return (self.gateway_fingerprint or self.gateway_url).replace(":", "").lower()

    @property
    def pause_seconds(self) -> float:
        """Seconds between write, commit and run."""
        return self.gateway_pause.total_seconds() if self.gateway_pause is not None else PAUSE


SETTINGS = LocalSettings
