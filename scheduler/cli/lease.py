"""What the verbs of leases share: the end that a person types, the way to the service or to the
audit, and what is shown."""

from __future__ import annotations

import asyncio
import os
import pwd
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from scheduler import asking, clock
from scheduler.cli.service import FailedError, by_the_service, prepared, running_service
from scheduler.cli.show import SIMULATION, echo_json, format_option
from scheduler.cli.table import paragraph, printable
from scheduler.cli.times import parse_instant
from scheduler.errors import ServiceSilentError
from scheduler.schedule import zones
from scheduler.setting import setting_words
from scheduler.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
Body = dict[str, Any]
Result = dict[str, Any]

NOT_RUNNING = (
    "No service runs: it is kept in the audit, and counts from the next `tou run` or `tou apply` "
    "on."
)


def lease_options(command: F) -> F:
    """--until, --reason and --format."""
    options = (
        click.option(
            "--until",
            metavar="T",
            help="When it ends: a time, a length such as 2h, or next for the next boundary.",
        ),
        click.option("--reason", metavar="TEXT", help="Why; kept in the audit."),
        format_option(),
    )
    for option in reversed(options):
        command = option(command)
    return command


def grant(form: str, body: Body, *, until: str | None = None, reason: str | None = None) -> None:
    """Ask for a lease, show what came of it, and end with its exit code."""
    chosen = prepared(form)
    zone = _zone(chosen)
    asked = {
        **body,
        **({"until": _instant(until, zone)} if until is not None else {}),
        **({"reason": reason} if reason else {}),
        **_who(),
    }
    _show(_granted(chosen, asked, form), form, zone)


def end(form: str, kind: str) -> None:
    """End all leases of a kind, and show what came of it."""
    chosen = prepared(form)
    which = {"kind": kind, **_who()}
    zone = _zone(chosen)
    _reachable(chosen)
    result = by_the_service(chosen, "/leases/end", form, which)
    _show(result or _ended_by_ourselves(chosen, which), form, zone, none=f"There is no {kind}.")


def _granted(chosen: Settings, asked: Body, form: str) -> Result:
    _reachable(chosen)
    result = by_the_service(chosen, "/leases", form, asked)
    if result is not None:
        return result
    from scheduler.host import meanwhile
    from scheduler.site.asked import asked_from_json

    wanted = asked_from_json(asked, who=_user())
    kept = asyncio.run(meanwhile.grant(chosen, wanted)).to_json()
    # A service that began in between has not seen it.
    result = by_the_service(chosen, "/leases", form, asked)
    code = 1 if asked["kind"] == "override" else 0
    return result or {"lease": kept, "outcome": None, "error": NOT_RUNNING, "exit_code": code}


def _ended_by_ourselves(chosen: Settings, which: Body) -> Result:
    from scheduler.host import meanwhile
    from scheduler.site.asked import ending_from_json

    ending = ending_from_json(which, who=_user())
    ended = [each.to_json() for each in asyncio.run(meanwhile.end(chosen, ending))]
    return {"ended": ended, "outcome": None, "error": NOT_RUNNING, "exit_code": 0}


def _reachable(chosen: Settings) -> None:
    """A service that runs and cannot be asked would not hear of it."""
    running = running_service(chosen)
    if running.running and running.control is None:
        raise ServiceSilentError(
            "The service runs, but cannot be asked: its control socket could not be made. The "
            "journal says why."
        )


def _zone(chosen: Settings) -> ZoneInfo:
    """The zone of the schedule in force, as the service has it; without one, of the file."""
    running = running_service(chosen)
    if running.control is not None:
        return zones.zone(asking.ask(running.control, "/status")["timezone"])
    from scheduler.host.sites import read_schedule

    return read_schedule(chosen).schedule.calendar.display_zone


def _instant(text: str, zone: ZoneInfo) -> str:
    if text.strip().casefold() == "next":
        return "next"
    return clock.iso(parse_instant(text, now=clock.now(), zone=zone, ahead=True))


def _who() -> Body:
    """Who is behind sudo; who that is otherwise, the service sees by itself."""
    behind = os.environ.get("SUDO_USER")
    return {"who": behind} if behind and os.geteuid() == 0 else {}


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"


# --- what is shown


def _show(result: Result, form: str, zone: ZoneInfo, *, none: str = "") -> None:
    code = int(result.pop("exit_code", 1))
    if form == "json":
        echo_json(result)
        sys.exit(code)
    if "lease" not in result and "ended" not in result:
        raise FailedError(str(result.get("error")), code)
    if result.get("simulated"):
        click.echo(SIMULATION)
    for line in _lines(result, zone) or [none]:
        click.echo(paragraph(printable(line)))
    sys.exit(code)


def _lines(result: Result, zone: ZoneInfo) -> list[str]:
    from scheduler.site.leases import lease_words

    ended = [f"ended: {_name(each)}" for each in result.get("ended", ())]
    lease = result.get("lease")
    if not ended and lease is None:
        return []
    lines = [*ended, *([lease_words(lease, zone)] if lease else [])]
    outcome, error = result.get("outcome"), result.get("error")
    if outcome and result.get("wanted"):
        lines.append(f"{outcome}: {setting_words(result['wanted'])}")
    if error or result.get("note"):
        lines.append(str(error or result["note"]))
    return lines


def _name(lease: Mapping[str, Any]) -> str:
    from scheduler.site.leases import lease_words

    told = lease_words(lease)
    return told.split(" until ", maxsplit=1)[0]
