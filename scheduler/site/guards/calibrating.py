"""Calibration: the battery charges and discharges by itself, for hours (netzero #386). It keeps
what it is told meanwhile, so nothing waits for it; the meters show something else."""

from __future__ import annotations

from scheduler.site.guards.guard import Guard, says

GUARD = Guard("calibrating", says("calibrating", "the battery is calibrating"), defers=False)
