"""`tou override`, `tou pause`, `tou resume`, `tou skip`: leases, which end by themselves."""

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


def _lease_options(command: F) -> F:
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


@click.command("override")
@click.argument("clear", required=False, type=click.Choice(["clear"]), metavar="[clear]")
@click.option("--mode", metavar="MODE", help="self_consumption, autonomous or backup.")
@click.option("--reserve", metavar="PERCENT", help="The app's percent, or hold.")
@click.option("--grid-charging", type=click.Choice(["allow", "deny"]), help="Left alone if absent.")
@click.option(
    "--export", type=click.Choice(["battery", "solar", "none"]), help="Left alone if absent."
)
@_lease_options
def override_command(  # noqa: PLR0917 - click hands them over by name
    clear: str | None,
    mode: str | None,
    reserve: str | None,
    grid_charging: str | None,
    export: str | None,
    until: str | None,
    reason: str | None,
    form: str,
) -> None:
    """Have another setting until a time, whatever the rules say; then the rules decide again.

    The service puts it in force at once, keeps it over a restart, and ends it by itself. `clear`
    ends it now.

    Example: tou override --mode backup --reserve 100 --until 18:00
    """
    named = {"mode": mode, "reserve": reserve, "grid_charging": grid_charging, "export": export}
    given = {key: value for key, value in named.items() if value is not None}
    if clear is not None:
        if given or until or reason:
            raise click.UsageError("clear goes alone.")
        _end(form, "override")
        return
    if mode is None or reserve is None:
        raise click.UsageError("Give both: --mode and --reserve; or clear.")
    _grant(form, {"kind": "override", **given}, until=until, reason=reason)


@click.command("pause")
@_lease_options
def pause_command(until: str | None, reason: str | None, form: str) -> None:
    """Have the service do nothing until a time: no switch, no job.

    It goes on looking, and a battery that stands still is brought back all the same. What was
    due meanwhile is made true when the pause ends.

    Example: tou pause --until 2h --reason "the installer is here"
    """
    _grant(form, {"kind": "pause"}, until=until, reason=reason)


@click.command("resume")
@format_option()
def resume_command(form: str) -> None:
    """End a pause now, and make true what is wanted.

    Example: tou resume
    """
    _end(form, "pause")


@click.command("skip")
@click.argument("name")
@click.option("--reason", metavar="TEXT", help="Why; kept in the audit.")
@format_option()
def skip_command(name: str, reason: str | None, form: str) -> None:
    """Leave a rule out for its present or next stretch, or a job at its next time; once.

    NAME is a rule's or a job's. `tou skip clear` takes back all that is still to be skipped.

    Example: tou skip "charge overnight" --reason "away until Sunday"
    """
    if name == "clear":
        _end(form, "skip")
        return
    _grant(form, {"kind": "skip", "name": name}, reason=reason)


def _grant(form: str, body: Body, *, until: str | None = None, reason: str | None = None) -> None:
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


def _end(form: str, kind: str) -> None:
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
    from scheduler.schedule.load import load_schedule

    return load_schedule(chosen.schedule_path).schedule.calendar.display_zone


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
