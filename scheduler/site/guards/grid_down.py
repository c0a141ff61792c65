"""Off the grid: the battery carries the house, a login may stop it, and nothing can be charged."""

from __future__ import annotations

from scheduler.site.guards.guard import Guard, Sight


def _sees(sight: Sight) -> str | None:
    down = sight.reading is not None and sight.reading.grid is False
    return "the house is off the grid" if down else None


GUARD = Guard("grid_down", _sees, defers=True)
