"""`tou status`: what is wanted, what was last confirmed, what comes next, and how it all is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click

from scheduler import clock, plan, settings
from scheduler.audit import review
from scheduler.audit.database import Database, open_to_look
from scheduler.audit.log import Log
from scheduler.cli.plan import entry_json
from scheduler.cli.show import (
    SIMULATION,
    echo_json,
    format_option,
    local_text,
    zone_data_json,
    zone_data_words,
)
from scheduler.errors import AuditError, ConfigurationError
from scheduler.host import instance
from scheduler.host.instance import Running
from scheduler.host.sites import read_schedule
from scheduler.schedule.values import Schedule
from scheduler.setting import setting_words
from scheduler.settings import Settings
from scheduler.site.switch import describe
from scheduler.words import Outcome

# The service leaves a sign of life every pulse; after this many without one it hangs.
_SILENT_PULSES = 4
_GOOD = frozenset({Outcome.CONFIRMED.value, Outcome.UNCHANGED.value, Outcome.DRY_RUN.value})


@click.command("status")
@format_option()
def status_command(form: str) -> None:
    """Show what is wanted, what was last confirmed, the next boundary, and the health.

    Works while the service runs and while it does not; asks the audit, never the gateway.
    """
    chosen = settings.load()
    answer = report(chosen, now=clock.now())
    if form == "json":
        echo_json(answer)
    else:
        click.echo(_text(chosen, answer))


def report(chosen: Settings, *, now: datetime) -> dict[str, Any]:
    """The status as the contract has it."""
    schedule = read_schedule(chosen).schedule
    desired = plan.desired_at(schedule, now)
    following = plan.next_boundary(schedule, now)
    job = plan.next_job(schedule, now)
    running = instance.inspect(instance.lock_path(chosen.database_path))
    past = _past(chosen)
    answer: dict[str, Any] = {
        "schedule": schedule.name,
        "timezone": schedule.timezone,
        "now": clock.iso(now),
        "local": clock.localise(now, schedule.calendar.display_zone).isoformat(),
        "wanted": {
            "rule": desired.rule,
            **describe(desired.setting),
            "period": desired.period,
            "season": desired.season,
            "day_class": desired.day_class.value,
        },
        "confirmed": past["confirmed"],
        "next": entry_json(schedule, following) if following else None,
        "next_job": entry_json(schedule, job) if job else None,
        "override": None,
        "last_run": past["last_run"],
        "gateway": {
            "kind": chosen.gateway,
            "url": chosen.gateway_url if chosen.gateway == "local" else None,
            "simulated": chosen.gateway == "simulated",
        },
        "service": {
            "running": running.running,
            "since": clock.iso(running.since) if running.since else None,
            "seen": clock.iso(running.seen) if running.seen else None,
            "pid": running.pid,
        },
        "dry_run": chosen.dry_run,
        "database": str(chosen.database_path),
        "zone_data": zone_data_json(),
    }
    reasons = _concerns(answer, running, now=now, pulse=chosen.pulse, audit=past["error"])
    answer["health"] = {"ok": not reasons, "reasons": reasons}
    return answer


def _past(chosen: Settings) -> dict[str, Any]:
    """What the audit says; a service that never ran has none, which is no error."""
    empty: dict[str, Any] = {"confirmed": None, "last_run": None, "error": None}
    try:
        database = open_to_look(chosen.database_path)
    except (AuditError, ConfigurationError) as error:
        return {**empty, "error": str(error)}
    if database is None:
        return empty
    try:
        return {**empty, **_read_past(database, chosen)}
    except AuditError as error:
        return {**empty, "error": str(error)}
    finally:
        database.close()


def _read_past(database: Database, chosen: Settings) -> dict[str, Any]:
    runs = review.runs(database, job="switch", limit=1)
    if not runs:
        return {}
    last = runs[-1]
    confirmed = Log(database, chosen.site).last_confirmed(last.gateway or "")
    shown = last.to_json()
    del shown["steps"]
    if confirmed is None:
        return {"last_run": shown}
    return {
        "last_run": shown,
        "confirmed": {
            "mode": confirmed.mode,
            "reserve_percent": confirmed.reserve_percent,
            "rule": confirmed.name,
            "at": clock.iso(confirmed.at),
            "run": confirmed.run,
        },
    }


def _concerns(
    answer: dict[str, Any], running: Running, *, now: datetime, pulse: timedelta, audit: str | None
) -> list[str]:
    """What a person should know, worst first; empty when all is well."""
    found = []
    if audit:
        found.append(f"the audit cannot be read: {audit}")
    if not running.running:
        found.append("the service is not running")
    elif running.seen and now - running.seen > _SILENT_PULSES * pulse + timedelta(minutes=2):
        found.append(f"the service gave no sign of life since {clock.iso(running.seen)}")
    last = answer["last_run"]
    if last and last["outcome"] not in _GOOD:
        outcome = last["outcome"] or "not ended yet"
        found.append(f"the last switch is {outcome}{': ' + last['error'] if last['error'] else ''}")
    confirmed, wanted = answer["confirmed"], answer["wanted"]
    if confirmed and not wanted.get("hold") and not answer["dry_run"]:
        same = confirmed["mode"] == wanted["mode"]
        if not same or confirmed["reserve_percent"] != wanted["reserve_percent"]:
            found.append("what is wanted now is not what was last confirmed")
    return found


def _text(chosen: Settings, answer: dict[str, Any]) -> str:
    schedule = read_schedule(chosen).schedule
    lines = [SIMULATION] if answer["gateway"]["simulated"] else []
    lines += [
        f"schedule   {answer['schedule']}  ({answer['timezone']})",
        f"now        {_when(schedule, answer['now'])}",
        f"wanted     {setting_words(answer['wanted'])}  ({_why(answer['wanted'])})",
        f"confirmed  {_confirmed(schedule, answer['confirmed'])}",
        f"next       {_next(schedule, answer['next'])}",
        f"next job   {_next(schedule, answer['next_job'])}",
        f"last run   {_last(schedule, answer['last_run'])}",
        f"service    {_service(schedule, answer['service'])}",
        f"zone data  {zone_data_words()}",
        f"health     {'; '.join(answer['health']['reasons']) or 'good'}",
    ]
    return "\n".join(lines)


def _when(schedule: Schedule, iso: str) -> str:
    return local_text(datetime.fromisoformat(iso), schedule.calendar.display_zone)


def _why(wanted: dict[str, Any]) -> str:
    parts = (wanted["rule"], wanted["period"], wanted["season"], wanted["day_class"])
    return ", ".join(part for part in parts if part)


def _confirmed(schedule: Schedule, confirmed: dict[str, Any] | None) -> str:
    if confirmed is None:
        return "nothing that is still known to be in force"
    return f"{setting_words(confirmed)}  at {_when(schedule, confirmed['at'])}"


def _next(schedule: Schedule, entry: dict[str, Any] | None) -> str:
    if entry is None:
        return "nothing planned within a year"
    what = entry["do"] or setting_words(entry)
    return f"{what}  at {_when(schedule, entry['at'])}  ({entry['name']})"


def _last(schedule: Schedule, run: dict[str, Any] | None) -> str:
    if run is None:
        return "none yet"
    outcome = run["outcome"] or "under way"
    return f"{run['name']}: {outcome}  at {_when(schedule, run['started_at'])}  (run {run['run']})"


def _service(schedule: Schedule, service: dict[str, Any]) -> str:
    if not service["running"]:
        seen = f", last seen {_when(schedule, service['seen'])}" if service["seen"] else ""
        return f"not running{seen}"
    return f"running since {_when(schedule, service['since'])}  (process {service['pid']})"
