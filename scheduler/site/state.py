"""The one state of a site, made by the running process; every view renders it, none rebuilds it.

Frozen values and their JSON, which is `tou status --format json` and the control socket's answer.
Keys are only ever added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from scheduler import clock
from scheduler.plain import as_json, plain
from scheduler.schedule import zones
from scheduler.schedule.values import Schedule
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
class AttemptState:
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
    url: str | None = None
    limits: Mapping[str, Any] = field(default_factory=dict)
    budget: Mapping[str, Any] | None = None
    ways: tuple[Mapping[str, Any], ...] = ()
    """Where several stand in line: each with its name, whether it acts, and why it does not
    serve."""


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
    rules: tuple[str, ...] = ()
    """By name, in the schedule's order."""
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that a person should know."""

    id: str
    """gateway_lost, unread, certificate, overdue, refused, audit, clock, file_differs, file_broken,
    lease, stopped, silent, budget, not_running, ..."""
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
    attempt: AttemptState | None
    next: Mapping[str, Any] | None
    """The next boundary, in the form of a plan's entry."""
    next_job: Mapping[str, Any] | None
    last_run: Mapping[str, Any] | None
    """In the form of a run of `audit --format json`, without its steps."""
    gateway: GatewayState
    leases: tuple[Mapping[str, Any], ...] = ()
    guards: tuple[Mapping[str, Any], ...] = ()
    incidents: tuple[Mapping[str, Any], ...] = ()
    """The open ones, oldest first."""
    reasons: tuple[Reason, ...] = ()
    """Worst first."""
    dry_run: bool = False
    charging: Mapping[str, Any] | None = None
    """The charge that was ordered beside the setting: watts, until, effect."""
    database: str = ""
    seen: datetime | None = None
    """The last sign of life."""
    turned: datetime | None = None
    """When the controller last ended a turn; None where no service runs."""

    @property
    def word(self) -> Word:
        """The health in one word: that of the worst reason."""
        worst: Word = "good"
        for reason in self.reasons:
            worst = max(worst, reason.word, key=_RANK.index)
        return worst


_RANK: tuple[Word, ...] = ("good", "waiting", "attention", "failing")
WELL: frozenset[str] = frozenset({"good", "waiting"})
"""The words with which nobody has to do anything."""


def with_reasons(state: SiteState, *more: Reason) -> SiteState:
    """The state with further reasons, the worst first; one of each id."""
    known = {reason.id for reason in more}
    reasons = [*more, *(each for each in state.reasons if each.id not in known)]
    reasons.sort(key=lambda reason: _RANK.index(reason.word), reverse=True)
    return replace(state, reasons=tuple(reasons))


def to_json(state: SiteState) -> dict[str, Any]:
    """The one form: `tou status --format json`, and what the control socket answers."""
    zone = zones.zone(state.schedule.timezone)
    return {
        "site": state.site,
        "schedule": state.schedule.name,
        "timezone": state.schedule.timezone,
        "now": clock.iso(state.now),
        "local": clock.localise(state.now, zone).isoformat(),
        "health": health_json(state.word, state.reasons),
        "wanted": _wanted_json(state.wanted),
        "confirmed": _proven_json(state.confirmed),
        "read": _read_json(state.read, state.now),
        "attempt": plain(state.attempt),
        "next": plain(state.next),
        "next_job": plain(state.next_job),
        "override": next((dict(x) for x in state.leases if x.get("kind") == "override"), None),
        "leases": plain(state.leases),
        "guards": plain(state.guards),
        "incidents": plain(state.incidents),
        "last_run": plain(state.last_run),
        "gateway": as_json(state.gateway),
        "schedule_in_force": as_json(state.schedule, "timezone"),
        "service": {
            "running": state.running_since is not None,
            "since": plain(state.running_since),
            "seen": plain(state.seen),
            "turned": plain(state.turned),
            "pid": state.pid,
            "version": state.version,
        },
        "dry_run": state.dry_run,
        "charging": plain(state.charging),
        "database": state.database,
        "zone_data": plain(zones.zone_data()),
    }


def schedule_state(schedule: Schedule, loaded_at: datetime) -> ScheduleState:
    """A schedule as the state names it."""
    return ScheduleState(
        schedule.name,
        schedule.file,
        schedule.digest,
        schedule.timezone,
        loaded_at,
        rules=tuple(each.name for each in schedule.rules),
        jobs=tuple(each.name for each in schedule.jobs),
    )


def health_json(word: Word, reasons: tuple[Reason, ...]) -> dict[str, Any]:
    """The health in one word, and what speaks against "good", worst first."""
    return {
        "ok": word in WELL,
        "word": word,
        "reasons": [reason.text for reason in reasons],
        "details": plain(reasons),
    }


def _wanted_json(wanted: Wanted) -> dict[str, Any]:
    return {**as_json(wanted, "setting"), **wanted.setting.to_json()}


def _proven_json(proven: Proven | None) -> dict[str, Any] | None:
    if proven is None:
        return None
    return {**as_json(proven, "setting"), **proven.setting.to_json()}


def _read_json(read: LastRead | None, now: datetime) -> dict[str, Any] | None:
    if read is None:
        return None
    return {**as_json(read), "age_seconds": max(0.0, round((now - read.at).total_seconds(), 3))}
