"""A plausible house: what it uses and what its roof gives, by the site's local time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

# Watts at the top of each hump, local hour of the top, and its width in hours.
_BASE = 420.0
_HUMPS = ((650.0, 7.5, 1.2), (1500.0, 19.0, 2.0))
_SUNRISE = 6.5
_DAYLIGHT = 12.5


@dataclass(frozen=True, slots=True)
class SimulatedSite:
    """`solar` is the roof's best, watts; `load` multiplies the house's use."""

    solar: float = 4000.0
    load: float = 1.0

    def load_power(self, local: datetime) -> float:
        hour = _hour(local)
        humps = sum(top * math.exp(-(((hour - at) / width) ** 2)) for top, at, width in _HUMPS)
        return round(self.load * (_BASE + humps), 2)

    def solar_power(self, local: datetime) -> float:
        """Watts the roof gives; half a sine between sunrise and sunset."""
        part = (_hour(local) - _SUNRISE) / _DAYLIGHT
        return round(self.solar * math.sin(math.pi * part), 2) if 0 < part < 1 else 0.0


def _hour(local: datetime) -> float:
    return local.hour + local.minute / 60 + local.second / 3600
