"""`tou pause` and `tou resume`: nothing is done for a while."""

from __future__ import annotations

import click

from scheduler.cli import lease
from scheduler.cli.show import format_option


@click.command("pause")
@lease.lease_options
def pause_command(until: str | None, reason: str | None, form: str) -> None:
    """Have the service do nothing until a time: no switch, no job.

    It goes on looking, and a battery that stands still is brought back all the same. What was
    due meanwhile is made true when the pause ends.

    Example: tou pause --until 2h --reason "the installer is here"
    """
    lease.grant(form, {"kind": "pause"}, until=until, reason=reason)


@click.command("resume")
@format_option()
def resume_command(form: str) -> None:
    """End a pause now, and make true what is wanted.

    Example: tou resume
    """
    lease.end(form, "pause")
