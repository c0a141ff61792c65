"""The local client under its earlier methods, for callers that have not moved yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scheduler.gateway.base import Capabilities, Glance, Observed, Part, Spend, Steps
from scheduler.gateway.local.client import LocalGateway
from scheduler.gateway.local.firmware import commits_needed
from scheduler.setting import Setting, SettingRead, to_raw


class OldLocal(LocalGateway):
    """See `base.LocalRest`."""

    def __init__(self, *, certificate: Path | None = None, **words: Any) -> None:
        super().__init__(certificate=certificate, **words)

    @property
    def owes_restart(self) -> bool:
        """Whether `restore` is owed."""
        return self._line.memory.owed_since is not None

    async def capabilities(self, steps: Steps) -> Capabilities:
        """What is allowed here."""
        async with self._turn:
            firmware = await self._access.firmware(steps)
        found = self.limits
        return Capabilities(
            found.can_write, found.why_not, found.login_stops, commits_needed(firmware)
        )

    async def observe(self, steps: Steps, *, login: bool = True) -> Observed | None:
        """The setting in force."""
        if not login and self._line.session is None:
            return None
        spend = Spend.DUE if login else Spend.FREE
        return _observed((await self.read(steps, spend=spend)).setting)

    async def charge(self, steps: Steps) -> float:
        """State of charge, app percent."""
        reading = await self.read(steps, spend=Spend.DUE, want=frozenset({Part.CHARGE}))
        assert reading.charge is not None
        return reading.charge

    async def glance(self, steps: Steps) -> Glance:
        """What can be read without a login."""
        reading = await self.read(steps, spend=Spend.FREE, want=frozenset(Part))
        return Glance(
            session=reading.setting is not None,
            running=reading.running,
            charge=reading.charge,
            observed=_observed(reading.setting),
        )

    async def write(self, setting: Setting, steps: Steps) -> None:  # type: ignore[override]
        """Send, commit, run and see running."""
        await super().write(setting, None, steps)

    async def restore(self, steps: Steps) -> None:
        """See the sitemaster running, and run it where it is not."""
        await self.make_safe(steps)


def _observed(read: SettingRead | None) -> Observed | None:
    if read is None or read.mode is None or read.reserve is None:
        return None
    return Observed(read.mode, to_raw(read.reserve))
