"""The meters' memory: what was read of charge, powers and counters, kept beside the audit's log.

A row every five minutes is what a day's curve needs; a pulse would fill the disk with ten times
as many.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from typing import Final

from scheduler.audit.readings import KeptReading, thin
from scheduler.audit.recorder import Recorder
from scheduler.errors import AuditError
from scheduler.gateway.base import Counters, Part, Powers, Reading

log = logging.getLogger(__name__)

EVERY: Final = timedelta(minutes=5)
METERS: Final = frozenset({Part.CHARGE, Part.POWERS})
# A pulse comes a moment early or late.
_SLACK: Final = timedelta(seconds=5)


class Meters:
    """Keeps the readings of one gateway."""

    def __init__(self, gateway: str, recorder: Recorder) -> None:
        self._gateway, self._recorder = gateway, recorder
        self.keep_days: int | None = None
        """After so many days one row an hour is left; None keeps all."""
        self.unwritten: AuditError | None = None
        """Why the audit did not take the last one; None where it did."""
        self._kept_at: datetime | None = None
        self._thinned: date | None = None

    def due(self, now: datetime) -> bool:
        """Whether the next row is due, by a clock that may have been set."""
        return self._kept_at is None or abs(now - self._kept_at) >= EVERY - _SLACK

    async def keep(self, found: Reading, *, anyway: bool = False) -> None:
        """Keep a reading, if it has anything to keep and is due; `anyway`: it was made for another
        reason, and is not to be had again. A row that cannot be written is no reason to stop."""
        if (found.charge, found.powers, found.counters) == (None, None, None):
            return
        if not anyway and not self.due(found.at):
            return
        try:
            await self._recorder.reading(row_of(found, self._gateway))
        except AuditError as error:
            if self.unwritten is None:
                log.warning("a reading is not kept: %s", error)
            self.unwritten = error
            return
        self._kept_at, self.unwritten = found.at, None
        await self._thin(found.at)

    async def _thin(self, now: datetime) -> None:
        """Once a day."""
        if self.keep_days is None or self._thinned == now.date():
            return
        self._thinned = now.date()
        before = now - timedelta(days=self.keep_days)
        database, site = self._recorder.questions.database, self._recorder.site
        try:
            gone = await self._recorder.ask(lambda: thin(database, site, before))
        except AuditError as error:
            log.warning("old readings are not thinned: %s", error)
            return
        if gone:
            log.info("%s readings older than %s days are thinned", gone, self.keep_days)


def row_of(found: Reading, gateway: str) -> KeptReading:
    """A reading as the audit keeps it."""
    powers, counters = found.powers or Powers(), found.counters or Counters()
    return KeptReading(
        at=found.at,
        source=gateway,
        charge=found.charge,
        battery_w=powers.battery,
        grid_w=powers.grid,
        solar_w=powers.solar,
        load_w=powers.load,
        grid_imported_wh=counters.grid_imported,
        grid_exported_wh=counters.grid_exported,
        battery_charged_wh=counters.battery_charged,
        battery_discharged_wh=counters.battery_discharged,
        solar_wh=counters.solar,
        load_wh=counters.load,
        mode=found.setting.mode if found.setting else None,
        reserve=found.setting.reserve if found.setting else None,
    )
