"""Watches a rehearsal from outside: what is wanted, what is in force on the battery, what is told.

It goes by the plan and the battery alone, never by what the site believes of them; only what the
site tells of itself it takes from the site.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from scheduler import plan
from scheduler.plan import Desired
from scheduler.rehearsal.battery import RehearsedGateway
from scheduler.rehearsal.report import RehearsedIncident, RehearsedStretch
from scheduler.schedule.values import Schedule
from scheduler.setting import Setting, SettingRead
from scheduler.site.apply import Attempt
from scheduler.site.state import Reason
from scheduler.site.wish import DONE

# Reasons of these words are told as they stand, and open no incident.
_QUIET = frozenset({"good", "waiting"})


class Onlooker:
    """Looks before and after each turn of the site."""

    def __init__(self, schedule: Schedule, battery: RehearsedGateway, start: datetime) -> None:
        self.stretches: list[RehearsedStretch] = []
        self.incidents: list[RehearsedIncident] = []
        self.false_confirmations: list[datetime] = []
        self.standing = timedelta()
        self._schedule, self._battery = schedule, battery
        self._start = self._at = start
        self._stood = self._told = False
        self._until = start
        self._desired: Desired | None = None
        self._began = start
        self._wrong: RehearsedStretch | None = None
        self._open: dict[str, RehearsedIncident] = {}

    def wanted(self, now: datetime) -> Desired:
        """What the schedule wants; asked anew only after a boundary."""
        if self._desired is None or now >= self._until:
            switch = plan.next_boundary(self._schedule, now)
            self._until = switch.at if switch else datetime.max.replace(tzinfo=now.tzinfo)
            self._began = plan.began_at(self._schedule, now) or self._start
            self._desired = plan.desired_at(self._schedule, now)
        return self._desired

    def looks(self, now: datetime, resolved: Setting | None, *, during_turn: bool = False) -> None:
        """Compare. `resolved` is what the site made of a hold, which the plan cannot know. While
        it has its turn the state tells that it is at work."""
        passed, self._at = now - self._at, now
        if self._stood:
            self.standing += passed
        self._stood = not self._battery.running
        if self._wrong is not None and not self._told and not during_turn:
            self._wrong.untold += passed
        wanted, shown = self.wanted(now).setting, self._battery.in_force()
        if isinstance(wanted.reserve, str) and resolved is not None:
            wanted = resolved
        if not shown.differing(wanted):
            self._right(now)
        elif self._wrong is None:
            at_boundary = self._began >= self._battery.changed_at and self._began > self._start
            began = self._began if at_boundary else now
            plain = SettingRead(shown.mode, shown.reserve)
            self._wrong = RehearsedStretch(began, wanted.words(), plain.words(), at_boundary)

    def is_told(self, now: datetime, attempt: Attempt | None) -> None:
        """How an attempt ended: whether what is called in force really is."""
        if attempt is None or attempt.outcome not in DONE:
            return
        if self._battery.in_force().differing(attempt.setting):
            self.false_confirmations.append(now)

    def hears(self, now: datetime, reasons: Sequence[Reason]) -> None:
        """What the site tells of itself after its turn."""
        self._told = bool(reasons)
        loud = {each.id: each for each in reasons if each.word not in _QUIET}
        for id in [id for id in self._open if id not in loud]:
            self._open.pop(id).closed = now
        for id, reason in loud.items():
            if id not in self._open:
                self._open[id] = RehearsedIncident(id, reason.text, reason.since or now)
                self.incidents.append(self._open[id])

    def is_gone(self) -> None:
        """The service is not running, which its watchers tell."""
        self._told = True

    def finish(self, now: datetime) -> None:
        """The rehearsal is over."""
        self._right(now)

    def _right(self, now: datetime) -> None:
        if self._wrong is None:
            return
        changed = self._battery.changed_at
        self._wrong.ended = changed if self._wrong.began <= changed <= now else now
        self.stretches.append(self._wrong)
        self._wrong = None
