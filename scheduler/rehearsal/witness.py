"""Watches a rehearsal from outside: what is wanted, what is in force on the battery, what is told.

It goes by the plan, the battery and the true time alone, never by what the site believes of them;
only what the site tells of itself it takes from the site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from scheduler import plan
from scheduler.errors import SchedulerError
from scheduler.plan import Desired, Lease
from scheduler.rehearsal.battery import RehearsedGateway
from scheduler.rehearsal.report import RehearsedIncident, RehearsedStretch
from scheduler.schedule.values import Schedule
from scheduler.setting import Setting, SettingRead
from scheduler.site.apply import Attempt
from scheduler.site.state import Reason
from scheduler.site.wish import DONE

# Reasons of these words are told as they stand, and open no incident.
_QUIET = frozenset({"good", "waiting"})
# What says nothing of the setting that is in force now.
_BESIDE = frozenset({"drift_regular", "gateway_soon"})
# What is told for hours or days, in which no pulse finds anything new.
_LASTING = _BESIDE | {"other_writer", "gateway_clock", "lease"}


class Onlooker:
    """Looks before and after each turn of the site."""

    def __init__(self, schedule: Schedule, battery: RehearsedGateway, start: datetime) -> None:
        self.stretches: list[RehearsedStretch] = []
        self.incidents: list[RehearsedIncident] = []
        self.false_confirmations: list[datetime] = []
        self.standing = timedelta()
        self._schedule, self._battery = schedule, battery
        self._start = self._at = start
        self._stood = False
        self._told: frozenset[str] = frozenset()
        self._leases: tuple[Lease, ...] = ()
        self._until = start
        self._desired: Desired | None = None
        self._began = start
        self._wrong: RehearsedStretch | None = None
        self._open: dict[str, RehearsedIncident] = {}

    def wanted(self, now: datetime) -> Desired:
        """What the schedule wants; asked anew only after a boundary."""
        if self._desired is None or now >= self._until:
            switch = plan.next_boundary(self._schedule, now, self._leases)
            self._until = switch.at if switch else datetime.max.replace(tzinfo=now.tzinfo)
            self._began = plan.began_at(self._schedule, now, self._leases) or self._start
            self._desired = plan.desired_at(self._schedule, now, self._leases)
        return self._desired

    def is_asked(self, lease: Lease, now: datetime) -> None:
        """A person asked for something, in the place of what they asked for before."""
        same = [(each.kind, each.name) == (lease.kind, lease.name) for each in self._leases]
        over = (
            replace(each, until=min(each.until, now)) if old else each
            for each, old in zip(self._leases, same, strict=True)
        )
        self._leases = (*over, replace(lease, begun=now))
        self._desired = None

    def is_refused(self, error: SchedulerError, now: datetime) -> None:
        """The answer to a person who asked for something."""
        self.incidents.append(RehearsedIncident("refused", str(error), now, now))

    def looks(self, now: datetime, resolved: Setting | None, *, during_turn: bool = False) -> None:
        """Compare. `resolved` is what the site made of a hold, which the plan cannot know. While
        it has its turn the state tells that it is at work."""
        passed, self._at = now - self._at, now
        if self._stood:
            self.standing += passed
        self._stood = not self._battery.running
        if self._wrong is not None:
            self._wrong.told |= self._told
            if not self._told and not during_turn:
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
        self._told = frozenset(each.id for each in reasons) - _BESIDE
        loud = {each.id: each for each in reasons if each.word not in _QUIET}
        for id in [id for id in self._open if id not in loud]:
            self._open.pop(id).closed = now
        for id, reason in loud.items():
            if id not in self._open:
                self._open[id] = RehearsedIncident(id, reason.text, now)
                self.incidents.append(self._open[id])

    @property
    def restless(self) -> bool:
        """Whether the next pulse may find something."""
        return bool(self._told - _LASTING) or (
            self._wrong is not None and "lease" not in self._told
        )

    def is_gone(self) -> None:
        """The service is not running, which its watchers tell."""
        self._told = frozenset({"not_running"})

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
