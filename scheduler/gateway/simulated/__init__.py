"""The built-in simulated gateway: the local client, and a server of our own behind it.

Where a service runs already, its simulation is asked; else one is started in this process, with
the first request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scheduler.gateway.base import Limits
from scheduler.gateway.local import ABILITIES as ABILITIES
from scheduler.gateway.local.firmware import limits_of as limits_of_firmware

if TYPE_CHECKING:
    from scheduler.gateway.registry import Surroundings
    from scheduler.gateway.simulated.client import SimulatedHome

PROFILE = "1.49"


def limits_of(settings: Any) -> Limits:
    """What firmware 1.49 allows an installer."""
    return limits_of_firmware((1, 49), username="installer")


def open_gateway(settings: Any, surroundings: Surroundings) -> SimulatedHome:
    """The client of the running service's simulation, or of one of its own."""
    from scheduler.gateway.simulated.client import SimulatedHome

    return SimulatedHome(settings.pause_seconds, surroundings)
