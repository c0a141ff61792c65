"""What a person reads of the running service in the journal and in `systemctl status`."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from scheduler import clock, plan
from scheduler.errors import Problem
from scheduler.plan import Lease, PlanEntry
from scheduler.schedule.values import Schedule
from scheduler.site.state import WELL, SiteState

log = logging.getLogger(__name__)

SIMULATION = "SIMULATION: this is the built-in simulated gateway, no real battery is touched"


def configure(level: str, form: Literal["text", "json"]) -> None:
    """Send log lines to stderr; without a time of their own where the journal adds it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    handler.setLevel(level.upper())
    for chatty in ("httpx", "httpcore", "apscheduler", "tzlocal", "alembic", "asyncio"):
        # Their lines are about themselves; requests are in the audit, without their headers.
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        if os.environ.get("JOURNAL_STREAM"):
            return level + text
        return f"{clock.from_micros(int(record.created * 1e6)):%H:%M:%S}Z {level}{text}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": clock.iso(clock.from_micros(int(record.created * 1e6))),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def opening(state: SiteState, schedule: Schedule, warnings: Iterable[Problem]) -> None:
    """The first lines of a run: what governs it, and what it will do in the next day."""
    if state.gateway.simulated:
        log.warning("%s", SIMULATION)
    for warning in warnings:
        log.warning("%s", warning)
    log.info("schedule %s (%s, %s)", schedule.name, schedule.file, schedule.timezone)
    log.info("gateway %s; audit %s", state.gateway.name, state.database)
    log.info("the next 24 hours:")
    for entry in plan.plan(schedule, state.now, state.now + timedelta(days=1)).entries:
        log.info("  %s", entry_line(schedule, entry))


def following(schedule: Schedule, now: datetime, leases: Sequence[Lease] = ()) -> str | None:
    """What comes next, in words."""
    entry = plan.next_boundary(schedule, now, leases)
    if entry is None or entry.setting is None:
        return None
    return f"{entry.setting.words()} at {local_time(schedule, entry.at)} ({entry.name})"


def status_line(state: SiteState, following: str | None) -> str:
    """One line for `systemctl status`: what is wrong, or what is in force and what comes next."""
    mark = "SIMULATION, " if state.gateway.simulated else ""
    if state.word not in WELL:
        return f"{mark}{state.word}: {state.reasons[0].text}"
    if state.word == "waiting" and state.reasons:
        return f"{mark}waiting: {state.reasons[0].text}"
    if state.attempt is None and state.confirmed is None:
        return f"{mark}Starting"
    outcome = state.attempt.outcome if state.attempt else "confirmed"
    present = f"{state.wanted.setting.words()} ({outcome or 'under way'})"
    return f"{mark}{present}; " + (f"next {following}" if following else "no change is planned")


def status_of_many(states: Sequence[SiteState]) -> str:
    """The same for a process of many sites: how many are well, and the worst of the others."""
    ill = [state for state in states if state.word not in WELL]
    told = f"{len(states)} sites, {len(states) - len(ill)} well"
    if not ill:
        return told
    worst = max(ill, key=lambda state: state.word == "failing")
    return f"{told}; {worst.site}: {worst.reasons[0].text}"


def entry_line(schedule: Schedule, entry: PlanEntry) -> str:
    """One line of a plan: when, what, why."""
    when = local_time(schedule, entry.at)
    if entry.setting is None:
        return f"{when}  job: {entry.name}"
    period = f", {entry.period}" if entry.period else ""
    return f"{when}  {entry.setting.words()}  ({entry.name}{period})"


def local_time(schedule: Schedule, instant: datetime) -> str:
    """An instant in the zone people live in."""
    return f"{clock.localise(instant, schedule.calendar.display_zone):%a %Y-%m-%d %H:%M:%S %Z}"
