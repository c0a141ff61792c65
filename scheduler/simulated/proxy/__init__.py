"""A proxy before a simulated house, as owners run them: pypowerwall's proxy or pypowerwall-server.

Another door to the same battery; knows nothing of who calls it.
"""

from scheduler.simulated.proxy.faults import ProxyFaults
from scheduler.simulated.proxy.server import SimulatedProxy

__all__ = ["ProxyFaults", "SimulatedProxy"]
