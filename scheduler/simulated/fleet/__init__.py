"""The cloud of a simulated house: the energy API and its sign-in, over plain HTTP on loopback.

Another door to the battery that the local one shows; knows nothing of who calls it.
"""

from scheduler.simulated.fleet.faults import FleetFaults
from scheduler.simulated.fleet.server import SimulatedFleet

__all__ = ["FleetFaults", "SimulatedFleet"]
