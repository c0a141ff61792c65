"""An event of the grid operator: the battery is driven from outside while it lasts, and goes back
to what it was told afterwards."""

from __future__ import annotations

from scheduler.site.guards.guard import Guard, says

TEXT = "the grid operator drives the battery"
GUARD = Guard("grid_services", says("grid_services", TEXT), defers=False)
