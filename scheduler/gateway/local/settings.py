"""What the local REST API has to be told."""

from __future__ import annotations

from scheduler.environment import (
    FromEnvironment,
    OptionalPath,
    OptionalPause,
    OptionalSecret,
    OptionalText,
)


class LocalSettings(FromEnvironment):
    """Where the gateway answers, who logs in, and which certificate is paired."""

    gateway_url: str = "https://powerwall"
    gateway_username: str = "installer"
    gateway_email: str = ""
    gateway_password: OptionalSecret = None
    gateway_certificate: OptionalPath = None
    gateway_fingerprint: OptionalText = None
    gateway_pause: OptionalPause = None


SETTINGS = LocalSettings
