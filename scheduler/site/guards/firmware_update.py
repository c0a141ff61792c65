"""Firmware is being put in: the gateway restarts in the middle, and may lose what it is told."""

from __future__ import annotations

from datetime import timedelta

from scheduler.site.guards.guard import Guard, Sight

# A download that does not go on is told for days; a real one is over in less than this.
PATIENCE = timedelta(hours=2)


def _sees(sight: Sight) -> str | None:
    under_way = sight.reading is not None and bool(sight.reading.updating)
    return "a firmware update is under way" if under_way else None


GUARD = Guard("firmware_update", _sees, defers=True, at_most=PATIENCE)
