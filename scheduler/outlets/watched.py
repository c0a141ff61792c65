"""When nobody was watching, from the starts, stops and clock steps of the audit. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from scheduler.audit.answers import Event
from scheduler.plain import plain

SHORTEST: Final = timedelta(seconds=30)
"""A gap is told from here on: a restart takes a few seconds, and a pulse is as long."""
STOPPED: Final = "the service was stopped"
DIED: Final = "the service ended without a stop: killed, crashed, or the power was gone"
SLEPT: Final = "the machine slept, or its clock was set forward"
BEFORE: Final = "the service had not been started yet"


@dataclass(frozen=True, slots=True)
class Gap:
    """From `start` to before `end` nobody watched; None is open on that side."""

    start: datetime | None
    end: datetime | None
    why: str

    def holds(self, at: datetime) -> bool:
        """Whether it holds at an instant."""
        begun = self.start is None or self.start <= at
        return begun and (self.end is None or at < self.end)

    def to_json(self) -> dict[str, Any]:
        """The gap in every view."""
        return {
            "from": plain(self.start),
            "to": plain(self.end),
            "why": self.why,
        }


def gaps(
    events: Iterable[Event], steps: Iterable[Event], *, running: bool, seen: datetime | None
) -> tuple[Gap, ...]:
    """The gaps that the events of kind service and the steps of the clock tell of. `seen` is the
    last sign of life of all, and `running` whether the service runs now."""
    found: list[Gap] = []
    stopped: datetime | None = None
    started: datetime | None = None
    for event in events:
        if event.name == "start":
            found.append(_before(event, stopped))
            started, stopped = event.at, None
        elif event.name == "stop":
            stopped, started = event.at, None
    if stopped is not None:
        found.append(Gap(stopped, None, STOPPED))
    elif started is not None and not running:
        found.append(Gap(max(seen or started, started), None, DIED))
    found += [each for each in map(_stepped, steps) if each]
    return tuple(each for each in found if _long(each))


def _before(start: Event, stopped: datetime | None) -> Gap:
    if stopped is not None:
        return Gap(stopped, start.at, STOPPED)
    told = start.detail.get("seen")
    if isinstance(told, str):
        return Gap(datetime.fromisoformat(told), start.at, DIED)
    if start.detail.get("first"):
        return Gap(None, start.at, BEFORE)
    return Gap(start.at, start.at, DIED)


def _stepped(step: Event) -> Gap | None:
    seconds = step.detail.get("seconds")
    if not isinstance(seconds, int | float) or seconds <= 0:
        return None
    return Gap(step.at - timedelta(seconds=seconds), step.at, SLEPT)


def _long(gap: Gap) -> bool:
    return gap.start is None or gap.end is None or gap.end - gap.start >= SHORTEST
