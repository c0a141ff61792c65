"""The guards, one file each, and this registry. Their order is that of `schedule.values.GUARDS`."""

from __future__ import annotations

from typing import Final

from scheduler.site.guards import (
    calibrating,
    clock,
    firmware_update,
    grid_down,
    grid_services,
    storm_watch,
)
from scheduler.site.guards.guard import Guard

GUARDS: Final[tuple[Guard, ...]] = (
    grid_down.GUARD,
    firmware_update.GUARD,
    clock.GUARD,
    storm_watch.GUARD,
    calibrating.GUARD,
    grid_services.GUARD,
)
