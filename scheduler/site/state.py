"""The one state of a site, made by the running process; every view renders it, none rebuilds it.

Frozen values and their JSON, which is `tou status --format json` and the control socket's answer.
Keys are only ever added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from scheduler import clock
from scheduler.setting import Setting, SettingRead

Word = Literal["good", "waiting", "attention", "failing"]
"""good: nothing to say. waiting: under way, or held by something that ends by itself. attention: a
person should look. failing: what is wanted is not in force, or nobody can tell."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should be true now, and why."""

    rule: str
    setting: Setting
    period: str | None
    season: str | None
    day_class: str
    since: datetime | None
    lease: str | None = None
    """The lease that decides in the rule's place."""


@dataclass(frozen=True, slots=True)
class Proven:
    """The setting last read back equal, and since when nothing has spoken against it."""

    rule: str | None
    setting: Setting
    at: datetime
    run: int | None


@dataclass(frozen=True, slots=True)
class LastRead:
    """The newest reading, whatever it was made for; its age is `now - at`."""

    at: datetime
    setting: SettingRead | None
    charge: float | None
    running: bool | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """The run under way, or the last one of the present wish."""

    run: int | None
    outcome: str | None
    """None while requests are out; accepted while it waits to be read back."""
    number: int
    started_at: datetime
    confirm_until: datetime | None
    next_try: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class GatewayState:
    """The gateway as it is known now."""

    name: str
    kind: str
    simulated: bool
    reachable: bool | None
    """None: not tried yet."""
    since: datetime | None
    """Since when it is so."""
    error: str | None
    limits: Mapping[str, Any] = field(default_factory=dict)
    budget: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """The schedule in force, and how its file stands to it."""

    name: str
    file: str
    digest: str
    timezone: str
    loaded_at: datetime
    file_differs: bool = False
    file_problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that a person should know."""

    id: str
    """gateway_lost, certificate, overdue, refused, audit, clock, file_differs, file_broken, lease,
    stopped, silent, budget, not_running, ..."""
    text: str
    since: datetime | None = None
    word: Word = "attention"


@dataclass(frozen=True, slots=True)
class SiteState:
    """All that a view may show of one site."""

    site: str
    now: datetime
    running_since: datetime | None
    """None: no service runs, and this is what the audit knows."""
    pid: int | None
    version: str
    schedule: ScheduleState
    wanted: Wanted
    confirmed: Proven | None
    read: LastRead | None
    attempt: Attempt | None
    next: Mapping[str, Any] | None
    """The next boundary, in the form of a plan's entry."""
    next_job: Mapping[str, Any] | None
    last_run: Mapping[str, Any] | None
    """In the form of a run of `audit --format json`, without its steps."""
    gateway: GatewayState
    leases: tuple[Mapping[str, Any], ...] = ()
    guards: tuple[Mapping[str, Any], ...] = ()
    reasons: tuple[Reason, ...] = ()
    """Worst first."""
    dry_run: bool = False
    database: str = ""
    seen: datetime | None = None
    """The last sign of life."""

    @property
    def word(self) -> Word:
        """The health in one word: that of the worst reason."""
        worst: Word = "good"
        for reason in self.reasons:
            worst = max(worst, reason.word, key=_RANK.index)
        return worst


_RANK: tuple[Word, ...] = ("good", "waiting", "attention", "failing")


def iso(instant: datetime | None) -> str | None:
    """An instant for JSON; None stays None."""
    return None if instant is None else clock.iso(instant)
