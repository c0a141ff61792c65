"""`tou run`, `tou apply`, `tou job`: the verbs that act."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import click

from scheduler import asking, clock, settings
from scheduler.cli.running import run
from scheduler.cli.show import SIMULATION, echo_json, format_option
from scheduler.errors import SchedulerError, ServiceSilentError
from scheduler.host import instance
from scheduler.host.instance import Running
from scheduler.outlets import journal
from scheduler.setting import setting_words
from scheduler.settings import Settings
from scheduler.site.site import Site

Result = dict[str, Any]

# A service that has its lock says within this time where it can be asked.
_BEGINNING = 3.0
_WELL = ("confirmed", "unchanged")


@click.command("run")
def run_command() -> None:
    """Run the service in the foreground, until SIGTERM or Ctrl-C; SIGHUP reads the schedule again.

    With no settings at all it runs the shipped SCE example against the built-in simulated gateway.

    Example: TOU_SCHEDULE=home.yaml tou run
    """
    run()


@click.command("apply")
@format_option()
def apply_command(form: str) -> None:
    """Make the present desired setting true once, now; the exit code tells the outcome.

    Where the service runs, the service does it.

    Example: tou apply && echo in force
    """
    chosen = prepared(form)
    result = by_the_service(chosen, "/apply", form) or asyncio.run(_by_ourselves(chosen, _apply))
    _show(result, form, _attempt_words)


@click.command("job")
@click.argument("name")
@format_option()
def job_command(name: str, form: str) -> None:
    """Run one of the schedule's jobs now; the service does it, where it runs.

    Example: tou job "firmware before the day"
    """
    chosen = prepared(form)

    async def job(site: Site) -> Result:
        from scheduler.host import acts

        try:
            return await acts.run_job(site, name)
        except KeyError as error:
            raise click.UsageError(str(error.args[0])) from None

    result = by_the_service(chosen, asking.job_path(name), form)
    _show(result or asyncio.run(_by_ourselves(chosen, job)), form, _ending_words)


def prepared(form: str) -> Settings:
    """Settings, and a log on stderr: the steps for a person, only what is wrong for a program."""
    chosen = settings.load()
    quiet = form == "json" and chosen.log_level == "info"
    journal.configure("warning" if quiet else chosen.log_level, chosen.log_format)
    return chosen


# --- by the service


def by_the_service(
    chosen: Settings, what: str, form: str, body: Mapping[str, Any] | None = None
) -> Result | None:
    """What the service says of its act; None where none runs, or it cannot be asked."""
    running = running_service(chosen)
    if not running.running or running.control is None:
        return None
    try:
        return _follow(asking.act(running.control, what, body), quiet=form == "json")
    except ServiceSilentError as error:
        raise ServiceSilentError(f"{error} {holder_words(running)}") from None


def running_service(chosen: Settings) -> Running:
    """Who runs; one that is beginning is waited for."""
    path, until = instance.lock_path(chosen.database_path), clock.monotonic() + _BEGINNING
    running = instance.inspect(path)
    while running.running and running.control is None and clock.monotonic() < until:
        time.sleep(0.05)
        running = instance.inspect(path)
    return running


def _follow(lines: Any, *, quiet: bool) -> Result:
    for line in lines:
        if "ended" in line:
            return dict(line["ended"])
        if "error" in line:
            raise click.UsageError(str(line["error"]))
        told = line.get("step") or line.get("said")
        if told and not quiet:
            click.echo(f"  {told}" if "step" in line else told, err=True)
    raise ServiceSilentError("The service ended before the act did; `tou audit` tells how far.")


def holder_words(running: Running) -> str:
    """Who holds the database, and what can be done about it."""
    who = f"process {running.pid}" if running.pid else "a process"
    return f"It is {who}; if it hangs, restart it: `systemctl restart tou-scheduler`."


# --- by ourselves


async def _apply(site: Site) -> Result:
    from scheduler.host import acts
    from scheduler.words import Wake

    return await acts.apply(site, lambda: site.look(Wake.OPERATOR), alone=True)


async def _by_ourselves(chosen: Settings, work: Callable[[Site], Awaitable[Result]]) -> Result:
    from scheduler.host.sites import offered_simulation, open_sites

    async with open_sites(chosen, offered=offered_simulation(chosen)) as opened:
        site = opened.hosted[0].site
        site.acts_once()
        await opened.start()
        return await work(site)


# --- what is shown


def _show(result: Result, form: str, words: Callable[[Result], str]) -> None:
    code = int(result.pop("exit_code", 1))
    if form == "json":
        echo_json(result)
    elif result.get("outcome") is None:
        raise FailedError(str(result.get("error")), code)
    else:
        if result.get("simulated"):
            click.echo(SIMULATION)
        click.echo(words(result))
    sys.exit(code)


class FailedError(SchedulerError):
    """The service could not do it."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code


def _attempt_words(result: Result) -> str:
    lines = [f"{result['outcome']}: {setting_words(result['wanted'])}"]
    seen = result.get("observed")
    if seen and result["outcome"] not in _WELL:
        lines.append(f"the gateway shows {setting_words(seen)}")
    if result.get("error") or result.get("note"):
        lines.append(str(result.get("error") or result.get("note")))
    return "\n".join(lines)


def _ending_words(result: Result) -> str:
    lines = [f"{result['job']}: {result['outcome']}"]
    lines += [f"  {key:8} {value}" for key, value in result.get("seen", {}).items() if value]
    return "\n".join([*lines, *([result["error"]] if result.get("error") else [])])
