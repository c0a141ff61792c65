"""What a person reads of the running service in the journal and in `systemctl status`."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import datetime, timedelta
from typing import Literal

from scheduler import clock, plan
from scheduler.audit.log import Head
from scheduler.host.sites import Site
from scheduler.plan import PlanEntry
from scheduler.schedule.values import Schedule
from scheduler.setting import Setting

log = logging.getLogger(__name__)

SIMULATION = "SIMULATION: this is the built-in simulated gateway, no real battery is touched"


def configure(level: str, form: Literal["text", "json"]) -> None:
    """Send log lines to stderr; without a time of their own where the journal adds it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
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


def opening(site: Site, head: Head | None) -> None:
    """The first lines of a run: what governs it, and what it will do in the next day."""
    schedule, now = site.controller.schedule, clock.now()
    if site.gateway.simulated:
        log.warning("%s", SIMULATION)
    for warning in site.loaded.warnings:
        log.warning("%s", warning)
    log.info("schedule %s (%s, %s)", schedule.name, schedule.file, schedule.timezone)
    log.info("gateway %s; audit %s", site.gateway.name, site.settings.database_path)
    if head is not None:
        # Cutting the tail of the chain is invisible to the chain itself; this line is not.
        log.info("audit head: entry %s, %s", head.id, head.hash)
    log.info("the next 24 hours:")
    for entry in plan.plan(schedule, now, now + timedelta(days=1)).entries:
        log.info("  %s", entry_line(schedule, entry))


def following(site: Site, entry: PlanEntry | None) -> None:
    """What comes next, told once for each change."""
    if entry is not None and entry.setting is not None:
        schedule = site.controller.schedule
        words, when = setting_words(entry.setting), local_time(schedule, entry.at)
        log.info("next: %s at %s (%s)", words, when, entry.name)


def status_line(site: Site, following: PlanEntry | None) -> str:
    """One line for `systemctl status`: what is in force, and the next boundary in words."""
    controller = site.controller
    mark = "SIMULATION, " if site.gateway.simulated else ""
    wish = controller.wish
    if controller.trust.held:
        return f"{mark}Holding: {controller.trust.held}"
    if wish is None:
        return f"{mark}Starting"
    outcome = wish.last.outcome.value if wish.last else "not tried yet"
    present = f"{setting_words(wish.setting)} ({outcome})"
    if following is None or following.setting is None:
        return f"{mark}{present}; no change is planned"
    when = local_time(controller.schedule, following.at)
    return f"{mark}{present}; next {setting_words(following.setting)} at {when}"


def entry_line(schedule: Schedule, entry: PlanEntry) -> str:
    """One line of a plan: when, what, why."""
    when = local_time(schedule, entry.at)
    if entry.setting is None:
        return f"{when}  job: {entry.name}"
    period = f", {entry.period}" if entry.period else ""
    return f"{when}  {setting_words(entry.setting)}  ({entry.name}{period})"


def setting_words(setting: Setting) -> str:
    """A setting as the app calls it."""
    reserve = "hold the charge" if isinstance(setting.reserve, str) else f"{setting.reserve:g} %"
    return f"{setting.mode.app_name}, {reserve}"


def local_time(schedule: Schedule, instant: datetime) -> str:
    """An instant in the zone people live in."""
    return f"{clock.localise(instant, schedule.calendar.display_zone):%a %Y-%m-%d %H:%M:%S %Z}"
