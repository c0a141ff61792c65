"""The guards of one site: which conditions hold now, since when, and whether acting waits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scheduler import clock
from scheduler.audit.chain import Json
from scheduler.audit.recorder import Recorder
from scheduler.schedule.values import Schedule
from scheduler.site.guards import GUARDS
from scheduler.site.guards.guard import Guard, Sight
from scheduler.site.known import Known

log = logging.getLogger(__name__)

# A guard defers only by what was read this lately; a look of everything is due once a minute, and
# one that was missed is made good by the reading before a write.
FRESH: Final = timedelta(seconds=150)


@dataclass(frozen=True, slots=True)
class InForce:
    """A condition that holds."""

    guard: Guard
    text: str
    since: datetime
    defers: bool

    def to_json(self) -> dict[str, Json]:
        """As the state and the audit have it."""
        return {
            "name": self.guard.name,
            "text": self.text,
            "since": clock.iso(self.since),
            "defers": self.defers,
        }


class Guards:
    """Remembers which guards were in force; each change is an event."""

    def __init__(self, recorder: Recorder, known: Known, schedule: Callable[[], Schedule]) -> None:
        self.in_force: tuple[InForce, ...] = ()
        self.clock_held: Callable[[], str | None] = lambda: None
        self._recorder, self._known, self._schedule = recorder, known, schedule

    def heeds(self, guard: str) -> bool:
        """Whether acting waits for it, by the schedule or by itself."""
        named = self._schedule().guards
        return guard in named if named is not None else guard in _DEFERRING

    def fresh(self, now: datetime) -> bool:
        """Whether the device's health was read lately."""
        seen = self._known.health
        return seen is not None and timedelta(0) <= now - seen.at <= FRESH

    def holding(self, now: datetime) -> str | None:
        """Why acting waits, in words; None where it need not."""
        return next((each.text for each in self._see(now) if self._holds(each, now)), None)

    def words(self) -> str | None:
        """What is in the way of a setting, whether or not acting waits for it."""
        return next((each.text for each in self.in_force), None)

    def seen(self, now: datetime) -> str | None:
        """The same, by the newest reading where that is fresh; the clock is no matter here."""
        if not self.fresh(now):
            return None
        texts = (each.text for each in self._see(now) if each.guard.name != "clock")
        return next(texts, None)

    def _holds(self, found: InForce, now: datetime) -> bool:
        at_most = found.guard.at_most
        if at_most is not None and now - found.since > at_most:
            return False
        return found.defers and (found.guard.name == "clock" or self.fresh(now))

    def _see(self, now: datetime) -> tuple[InForce, ...]:
        sight = Sight(self._known.health, self.clock_held())
        since = {each.guard.name: each.since for each in self.in_force}
        seen = ((guard, guard.sees(sight)) for guard in GUARDS)
        return tuple(
            InForce(guard, text, since.get(guard.name, now), self.heeds(guard.name))
            for guard, text in seen
            if text is not None
        )

    async def note(self, now: datetime) -> None:
        """Keep what holds now; what began or ended since the last time is an event."""
        before = {each.guard.name: each for each in self.in_force}
        self.in_force = found = self._see(now)
        for each in found:
            if before.pop(each.guard.name, None) is None:
                log.warning("guard %s: %s", each.guard.name, each.text)
                await self._tell("on", each)
        for ended in before.values():
            log.info("guard %s is over", ended.guard.name)
            await self._tell("off", ended, seconds=round((now - ended.since).total_seconds()))

    async def _tell(self, state: str, found: InForce, **more: Json) -> None:
        if found.guard.name == "clock":
            return  # what the clock is held for has entries of its own
        detail: dict[str, Json] = {"state": state, **found.to_json(), **more}
        await self._recorder.event("guard", found.guard.name, detail)


_DEFERRING: Final = frozenset(guard.name for guard in GUARDS if guard.defers)
