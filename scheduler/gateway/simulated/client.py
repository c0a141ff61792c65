"""The local client, pointed at a simulated gateway on loopback."""

from __future__ import annotations

from collections.abc import Mapping

from scheduler.gateway.local.client import LocalGateway
from scheduler.gateway.local.line import line_to
from scheduler.gateway.local.wire import Carrier
from scheduler.gateway.registry import Surroundings
from scheduler.gateway.simulated import PROFILE
from scheduler.simulated import DEFAULT_PASSWORD, SimulatedGateway

# Seconds for its sitemaster to come back: long enough to be seen, short enough to be watched.
RUN_SECONDS = 2.0


class SimulatedHome(LocalGateway):
    """A gateway with a house behind it, in this process or in the service's."""

    def __init__(self, pause: float, surroundings: Surroundings) -> None:
        self._own: SimulatedGateway | None = None
        if surroundings.offered is None:
            self._own = SimulatedGateway(
                profile=PROFILE, timezone=surroundings.timezone, run_seconds=RUN_SECONDS
            )
            self._own.bind()
            where = {"url": self._own.url, "fingerprint": self._own.fingerprint}
        else:
            where = dict(surroundings.offered)
        self._where_it_answers = where
        line = line_to(
            where["url"],
            username="installer",
            email="",
            password=DEFAULT_PASSWORD,
            fingerprint=where["fingerprint"],
            certificate=None,
            session_file=surroundings.state.with_suffix(".session"),
            pause=pause,
            now=surroundings.now,
            monotonic=surroundings.monotonic,
            carrier=Carrier(opening=self.serve),
        )
        # Each start of the simulation is another device: what was confirmed on an earlier one says
        # nothing about this one.
        super().__init__(line, name=f"simulated {where['fingerprint'][:8]}", simulated=True)

    async def serve(self) -> Mapping[str, str]:
        """Answer on loopback from now on."""
        if self._own and not self._own.serving:
            await self._own.start()
        return self._where_it_answers

    async def close(self) -> None:
        """Close the connections, and the simulation where it is ours."""
        await super().close()
        if self._own:
            await self._own.stop()
