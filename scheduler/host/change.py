"""What a reload changed, for the log and the audit."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from scheduler.audit.chain import Json
from scheduler.schedule.values import Schedule


def effect_of(old: Schedule, new: Schedule, now: datetime) -> str:
    """One line on what changes in behaviour over the coming year."""
    from scheduler.plan.effect import effect

    return effect(old, new, now, now + timedelta(days=365)).summary()


def change(old: Schedule, new: Schedule, effect: str) -> dict[str, Json]:
    """The audit's detail of a reload that succeeded."""
    return {
        "schedule": new.name,
        "file": Path(new.file).name,
        "from": old.digest[:16],
        "to": new.digest[:16],
        "effect": effect,
    }
