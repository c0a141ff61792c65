"""`tou run`, `tou apply`, `tou job`: the verbs that act."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import click

from scheduler import settings
from scheduler.cli.show import SIMULATION, echo_json, format_option
from scheduler.errors import (
    ClockUntrustedError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.host import journal
from scheduler.host.host import serve
from scheduler.host.sites import open_site, read_schedule
from scheduler.schedule.values import Job
from scheduler.settings import Settings
from scheduler.site.firmware import Ending
from scheduler.site.switch import Attempt, describe, observed_detail
from scheduler.words import Outcome, Wake

_EXIT = {
    Outcome.CONFIRMED: 0,
    Outcome.UNCHANGED: 0,
    Outcome.COMPLETED: 0,
    Outcome.DRY_RUN: 0,
    Outcome.UNREACHABLE: GatewayUnreachableError.exit_code,
    Outcome.REFUSED: GatewayRefusedError.exit_code,
}


@click.command("run")
def run_command() -> None:
    """Run the service in the foreground, until SIGTERM or Ctrl-C; SIGHUP reads the schedule again.

    With no settings at all it runs the shipped SCE example against the built-in simulated gateway.

    Example: TOU_SCHEDULE=home.yaml tou run
    """
    chosen = settings.load()
    journal.configure(chosen.log_level, chosen.log_format)
    asyncio.run(serve(chosen))


@click.command("apply")
@format_option()
def apply_command(form: str) -> None:
    """Make the present desired setting true once, now; the exit code tells the outcome.

    Works beside a running service.

    Example: tou apply && echo in force
    """
    chosen = _prepared(form)
    attempt, simulated = asyncio.run(_apply(chosen))
    if form == "json":
        echo_json({"outcome": attempt.outcome.value, "simulated": simulated, **attempt.detail()})
    else:
        _say_simulated(simulated)
        click.echo(_attempt_words(attempt))
    sys.exit(_EXIT.get(attempt.outcome, 1))


@click.command("job")
@click.argument("name")
@format_option()
def job_command(name: str, form: str) -> None:
    """Run one of the schedule's jobs now; the exit code tells the outcome.

    Example: tou job "firmware before the day"
    """
    chosen = _prepared(form)
    job = _find(chosen, name)
    ending, simulated = asyncio.run(_job(chosen, job))
    if form == "json":
        echo_json(
            {
                "job": job.name,
                "do": job.do.value,
                "outcome": ending.outcome.value,
                "error": ending.error,
                "seen": ending.seen,
                "simulated": simulated,
            }
        )
    else:
        _say_simulated(simulated)
        click.echo(f"{job.name}: {ending.outcome.value}")
        for key, value in ending.seen.items():
            if value:
                click.echo(f"  {key:8} {value}")
        if ending.error:
            click.echo(ending.error)
    sys.exit(_EXIT.get(ending.outcome, 1))


def _prepared(form: str) -> Settings:
    """Settings, and a log on stderr: the steps for a person, only what is wrong for a program."""
    chosen = settings.load()
    quiet = form == "json" and chosen.log_level == "info"
    journal.configure("warning" if quiet else chosen.log_level, chosen.log_format)
    return chosen


async def _apply(chosen: Settings) -> tuple[Attempt, bool]:
    async with open_site(chosen) as site:
        await site.recover()
        attempt = await site.controller.look(Wake.OPERATOR)
        if attempt is None:
            reason = site.controller.trust.held
            if reason:
                raise ClockUntrustedError(f"Nothing is done while {reason}.")
            raise GatewayUnreachableError(
                "The battery may be stopped after an earlier login, and it cannot be brought back "
                "yet; see the messages above."
            )
        return attempt, site.gateway.simulated


async def _job(chosen: Settings, job: Job) -> tuple[Ending, bool]:
    async with open_site(chosen) as site:
        await site.recover()
        ending = await site.jobs.run(job, Wake.OPERATOR, planned_at=None)
        return ending, site.gateway.simulated


def _find(chosen: Settings, name: str) -> Job:
    schedule = read_schedule(chosen).schedule
    found = [job for job in schedule.jobs if name in {job.name, job.do.value}]
    if len(found) == 1 or (found and found[0].name == name):
        return found[0]
    names = ", ".join(f'"{job.name}"' for job in schedule.jobs) or "none"
    raise click.UsageError(f'The schedule has no one job "{name}". Its jobs: {names}.')


def _say_simulated(simulated: bool) -> None:
    if simulated:
        click.echo(SIMULATION)


def _attempt_words(attempt: Attempt) -> str:
    wanted: dict[str, Any] = describe(attempt.setting)
    reserve = wanted["reserve_percent"]
    what = f"{attempt.setting.mode.app_name}, {'hold' if reserve is None else f'{reserve:g} %'}"
    lines = [f"{attempt.outcome.value}: {what}"]
    seen = observed_detail(attempt.observed)
    if seen and attempt.outcome not in {Outcome.CONFIRMED, Outcome.UNCHANGED}:
        lines.append(f"the gateway shows {seen['mode']}, {seen['reserve_percent']:g} %")
    if attempt.error or attempt.note:
        lines.append(str(attempt.error or attempt.note))
    return "\n".join(lines)
