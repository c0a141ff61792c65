"""`tou skip`: one rule or job is left out, once."""

from __future__ import annotations

import click

from scheduler.cli import lease
from scheduler.cli.show import format_option


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
        lease.end(form, "skip")
        return
    lease.grant(form, {"kind": "skip", "name": name}, reason=reason)
