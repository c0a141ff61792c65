"""The gateway's own REST API on the local network: what the registry asks of this transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scheduler.environment import missing_secret
from scheduler.errors import SettingsError
from scheduler.gateway.abilities import FIRMWARE_UPDATES, SITEMASTER
from scheduler.gateway.base import Limits
from scheduler.gateway.local.firmware import limits_unasked

if TYPE_CHECKING:
    from scheduler.gateway.local.client import LocalGateway
    from scheduler.gateway.registry import Surroundings

ABILITIES: Final = frozenset({FIRMWARE_UPDATES, SITEMASTER})


def limits_of(settings: Any) -> Limits:
    """The limits as far as the settings tell; the firmware's own are known after the first read."""
    return limits_unasked(settings.gateway_username)


def open_gateway(settings: Any, surroundings: Surroundings) -> LocalGateway:
    """The client. Raises SettingsError where trust or password is missing."""
    from scheduler.gateway.local.client import LocalGateway
    from scheduler.gateway.local.line import line_to

    if settings.gateway_certificate is None and settings.gateway_fingerprint is None:
        raise SettingsError(
            "The gateway is not paired: neither TOU_GATEWAY_FINGERPRINT nor "
            "TOU_GATEWAY_CERTIFICATE is set. Run `tou gateway trust`, compare what it shows, and "
            "set what it prints."
        )
    if settings.gateway_password is None:
        raise missing_secret("gateway_password")
    line = line_to(
        settings.gateway_url,
        username=settings.gateway_username,
        email=settings.gateway_email,
        password=settings.gateway_password.get_secret_value(),
        fingerprint=settings.gateway_fingerprint,
        certificate=settings.gateway_certificate,
        session_file=surroundings.state.with_suffix(".session"),
        pause=settings.pause_seconds,
        now=surroundings.now,
        monotonic=surroundings.monotonic,
    )
    return LocalGateway(line)
