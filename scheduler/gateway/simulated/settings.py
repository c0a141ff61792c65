"""What the simulated gateway has to be told: nothing, but it takes the pause of a real one."""

from __future__ import annotations

from scheduler.environment import OptionalPause, TransportSettings


class SimulatedSettings(TransportSettings):
    """A simulation needs no pause."""

    gateway_pause: OptionalPause = None

    @property
    def pause_seconds(self) -> float:
        """Seconds between write, commit and run."""
        return self.gateway_pause.total_seconds() if self.gateway_pause is not None else 0.0


SETTINGS = SimulatedSettings
