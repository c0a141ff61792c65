"""A gateway to try things on: a real HTTPS server on loopback that behaves as the device does.

Knows the device's manners by firmware, and nothing of who calls it.
"""

from scheduler.gateway.simulated.battery import WireSetting
from scheduler.gateway.simulated.device import Device, Logged
from scheduler.gateway.simulated.faults import ALWAYS, Faults, fault_kinds
from scheduler.gateway.simulated.options import DEFAULT_PASSWORD, Options
from scheduler.gateway.simulated.profiles import PROFILES, Profile
from scheduler.gateway.simulated.server import SimulatedGateway

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
    "fault_kinds",
]
