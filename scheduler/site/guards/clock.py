"""The clock is not believed: see `site.trust`, which asks about it before anything is done."""

from __future__ import annotations

from scheduler.site.guards.guard import Guard, Sight


def _sees(sight: Sight) -> str | None:
    return sight.clock


GUARD = Guard("clock", _sees, defers=True)
