"""`tou status`: the state as the running service has it; without one, what the audit knows."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from scheduler import asking, clock, settings
from scheduler.cli.show import SIMULATION, echo_answer, format_option, local_text
from scheduler.cli.table import paragraph, printable
from scheduler.cli.times import span_words
from scheduler.errors import ScheduleError, ServiceSilentError
from scheduler.host import instance
from scheduler.host.instance import Running
from scheduler.outside import said
from scheduler.schedule import zones
from scheduler.setting import setting_words
from scheduler.settings import Settings

State = Mapping[str, Any]

WELL, NOT_WELL, NOTHING_RUNS = 0, 1, 3
_LABEL = 11


@click.command("status")
@format_option()
def status_command(form: str) -> None:
    """Show what is wanted, since when it is proven, what comes next, and how it all is.

    Asks the service; where none runs, the audit. Exit code: 0 well, 1 not well, 3 nothing runs.

    Example: tou status --format json
    """
    chosen = settings.load()
    answer, code = report(chosen, now=clock.now())
    echo_answer(form, answer, lambda: text(answer))
    sys.exit(code)


def report(chosen: Settings, *, now: datetime) -> tuple[State, int]:
    """The state in JSON, and the exit code. Raises AccessError where this user may not ask."""
    running = instance.inspect(instance.lock_path(chosen.database_path))
    if not running.running:
        from scheduler.host.last_known import not_running

        return _without_service(chosen, running, not_running(running), now), NOTHING_RUNS
    try:
        answer = _asked(chosen, _address(running))
    except ServiceSilentError as error:
        from scheduler.host.last_known import silent

        return _without_service(chosen, running, silent(running, error), now), NOT_WELL
    return answer, WELL if answer["health"]["ok"] else NOT_WELL


def _asked(chosen: Settings, control: Path) -> State:
    """Of the site of the settings, and of no other that runs in its place."""
    answer = asking.ask(control, f"/status?site={quote(chosen.site, safe='')}")
    if "health" not in answer:
        raise ServiceSilentError(
            f"It runs no site {said(chosen.site)}. Set TOU_SITE to the one that it runs."
        )
    return answer


def _address(running: Running) -> Path:
    if running.control is None:
        raise ServiceSilentError("It is starting, or could not make its control socket.")
    return running.control


def _without_service(chosen: Settings, running: Running, reason: Any, now: datetime) -> State:
    """What is known all the same; of a schedule that cannot be read, only that."""
    from scheduler.host.last_known import last_known, nothing_known
    from scheduler.site.state import to_json

    try:
        return to_json(last_known(chosen, running, reason, now=now))
    except ScheduleError as error:
        return nothing_known(chosen, running, reason, error, now=now)


# --- as a person reads it


def text(state: State) -> str:
    rows = [paragraph(printable(value), first=f"{label:{_LABEL}}") for label, value in _rows(state)]
    return "\n".join([*([SIMULATION] if state["gateway"]["simulated"] else []), *rows])


def _rows(state: State) -> Iterator[tuple[str, str]]:
    ill = not state["health"]["ok"]
    if ill:
        yield from _health(state)
    if state.get("schedule"):
        yield "schedule", f"{state['schedule']}  ({state['timezone']})"
        yield "now", _when(state, state["now"])
    if state.get("wanted"):
        yield "wanted", f"{setting_words(state['wanted'])}  ({_why(state['wanted'])})"
        yield "confirmed", _confirmed(state)
        yield from _reading(state)
        yield from _charging(state)
        yield from _attempt(state)
        yield "next", _next(state, state["next"])
        yield "next job", _next(state, state["next_job"])
    yield from _in_force(state)
    yield "last run", _last(state)
    yield from _gateway_rows(state)
    yield "service", _service(state)
    yield "zone data", "tzdata {version} ({source})".format(**state["zone_data"])
    if not ill:
        yield from _health(state)


def _in_force(state: State) -> Iterator[tuple[str, str]]:
    """What stands beside the setting, a row each."""
    for lease in state.get("leases", ()):
        yield "lease", _lease(state, lease)
    for guard in state.get("guards", ()):
        yield "guard", _guard(state, guard)
    for incident in state.get("incidents", ()):
        number = incident["id"] or "not in the audit"
        yield "incident", f"{number}: {incident['text']}  {_ago(state, incident['since'])}"


def _health(state: State) -> Iterator[tuple[str, str]]:
    """The word, then one reason a row, with its age."""
    details = state["health"]["details"]
    if not details:
        yield "health", state["health"]["word"]
    for number, reason in enumerate(details):
        age = f"  (since {_ago(state, reason['since'])})" if reason["since"] else ""
        word = f"{state['health']['word']}: " if number == 0 else "- "
        yield ("health" if number == 0 else ""), f"{word}{reason['text']}{age}"


def _ago(state: State, iso: str) -> str:
    """`12 min ago`, by the state's own clock."""
    age = datetime.fromisoformat(state["now"]) - datetime.fromisoformat(iso)
    return f"{span_words(age)} ago" if age.total_seconds() >= 1 else "just now"


def _when(state: State, iso: str) -> str:
    return local_text(datetime.fromisoformat(iso), zones.zone(state["timezone"]))


def _why(wanted: State) -> str:
    parts = (wanted["rule"], wanted["period"], wanted["season"], wanted["day_class"])
    return ", ".join(part for part in parts if part)


def _confirmed(state: State) -> str:
    confirmed = state["confirmed"]
    if confirmed is None:
        return "nothing that is still known to be in force"
    return f"{setting_words(confirmed)}  {_ago(state, confirmed['at'])}"


def _reading(state: State) -> Iterator[tuple[str, str]]:
    read = state["read"]
    if read is None:
        return
    charge = "" if read["charge"] is None else f"; charge {read['charge']:.0f} %"
    shown = setting_words(read["setting"]) if read["setting"] else "the setting is not known"
    still = "; the battery stands still" if read["running"] is False else ""
    yield "read", f"{shown}{charge}{still}  {_ago(state, read['at'])}"


def _charging(state: State) -> Iterator[tuple[str, str]]:
    found = state.get("charging")
    if found is None:
        return
    seen = {"seen": "the meters show it", "not_seen": "the meters do not show it"}
    told = seen.get(found["effect"], "not seen in the meters yet")
    yield "charging", f"with {found['watts']:.0f} W; {told}  {_ago(state, found['since'])}"


def _attempt(state: State) -> Iterator[tuple[str, str]]:
    attempt = state["attempt"]
    if attempt is None or attempt["outcome"] in {"confirmed", "unchanged", "dry_run"}:
        return
    told = f"number {attempt['number']}, {attempt['outcome'] or 'under way'}"
    if attempt["next_try"]:
        told += f"; next try at {_when(state, attempt['next_try'])}"
    yield "attempt", f"{told}  {_ago(state, attempt['started_at'])}"


def _next(state: State, entry: State | None) -> str:
    if entry is None:
        return "nothing planned within a year"
    what = entry["do"] or setting_words(entry)
    return f"{what}  at {_when(state, entry['at'])}  ({entry['name']})"


def _lease(state: State, lease: State) -> str:
    from scheduler.site.leases import lease_words

    return lease_words(lease, zones.zone(state["timezone"]))


def _guard(state: State, guard: State) -> str:
    waits = "; a switch waits for it" if guard["defers"] else ""
    return f"{guard['text']}{waits}  {_ago(state, guard['since'])}"


def _last(state: State) -> str:
    run = state.get("last_run")
    if run is None:
        return "none yet"
    outcome = run["outcome"] or "under way"
    return f"{run['name']}: {outcome}  {_ago(state, run['started_at'])}  (run {run['run']})"


def _gateway(state: State) -> str:
    gateway = state["gateway"]
    known = {None: "not asked", True: "answers", False: "does not answer"}
    since = f", since {_ago(state, gateway['since'])}" if gateway["since"] else ""
    return f"{gateway['name']}: {known[gateway['reachable']]}{since}"


def _gateway_rows(state: State) -> Iterator[tuple[str, str]]:
    yield "gateway", _gateway(state)
    for name, figure in (state["gateway"]["budget"] or {}).items():
        yield "budget", _budget(state, name, figure)
    for way in state["gateway"].get("ways", ()):
        yield "way", _way(way)


def _budget(state: State, name: str, figure: State) -> str:
    until = _when(state, figure["until"])
    return f"{figure['left']:g} of {figure['of']:g} {name} left, until {until}"


def _way(way: dict[str, Any]) -> str:
    if way["acting"]:
        return f"{way['name']}: acts" + (f", but: {way['error']}" if way["error"] else "")
    return f"{way['name']}: " + (way["error"] or "stands by")


def _service(state: State) -> str:
    service = state["service"]
    if not service["running"]:
        return "last seen " + _ago(state, service["seen"]) if service["seen"] else "never seen"
    return f"running since {_ago(state, service['since'])}  (process {service['pid']})"
