"""A gateway to try things on: a real HTTPS server on loopback that behaves as the device does.

Knows the device's manners by firmware, and nothing of who calls it.
"""

from scheduler.simulated.battery import WireSetting
from scheduler.simulated.device import Device
from scheduler.simulated.faults import ALWAYS, Faults
from scheduler.simulated.loopback import Logged
from scheduler.simulated.options import DEFAULT_PASSWORD, Options
from scheduler.simulated.profiles import PROFILES, Profile
from scheduler.simulated.server import SimulatedGateway

__all__ = [
    "ALWAYS",
    "DEFAULT_PASSWORD",
    "PROFILES",
    "Device",
    "Faults",
    "Logged",
    "Options",
    "Profile",
    "SimulatedGateway",
    "WireSetting",
]
