"""Storm Watch: the battery is filled by its maker's order, and keeps no setting meanwhile."""

from __future__ import annotations

from scheduler.site.guards.guard import Guard, says

GUARD = Guard("storm_watch", says("storm_watch", "Storm Watch is on"), defers=True)
