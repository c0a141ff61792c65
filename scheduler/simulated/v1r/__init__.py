"""The door of a Powerwall 3 for signed requests (TEDAPI v1r), before the simulated house.

Its messages are those of the package `tesla-protocol`, which comes with the extra `tedapi`.
"""

from scheduler.simulated.v1r.faults import V1rFaults
from scheduler.simulated.v1r.keyring import Keyring, KeyState
from scheduler.simulated.v1r.server import SimulatedV1r

__all__ = ["KeyState", "Keyring", "SimulatedV1r", "V1rFaults"]
