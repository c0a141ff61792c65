"""`tou web`: the page, a process of its own, for a browser on this machine."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from scheduler import clock, environment
from scheduler.audit.views import RunView
from scheduler.cli import audit_text, status
from scheduler.cli.audit_question import display_zone
from scheduler.cli.show import write_csv
from scheduler.errors import ConfigurationError, SettingsError
from scheduler.host import instance
from scheduler.outlets import journal
from scheduler.outlets.hindsight import Life
from scheduler.outlets.web import address
from scheduler.settings import Settings

if TYPE_CHECKING:
    from scheduler.outlets.web.source import Source


def _where(_: click.Context, __: click.Parameter, text: str) -> address.Listen:
    try:
        return address.listen(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("web")
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default=address.DEFAULT,
    show_default=True,
    callback=_where,
    help="Where the page answers; on this machine only.",
)
def web_command(listen: address.Listen) -> None:
    """Show the state, any day and the audit as pages for a browser on this machine.

    A process of its own beside the service: it reads the database and asks the service, holds no
    secret of a gateway, and does not act. Needs the extra: pip install 'tou-scheduler[web]'.

    Example: tou web --listen 127.0.0.1:8765
    """
    try:
        from scheduler.outlets.web.app import make
        from scheduler.outlets.web.serve import serve
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The page needs {error.name}, which is not installed. Run: pip install"
            " 'tou-scheduler[web]'"
        ) from None
    chosen = own_settings()
    journal.configure(chosen.log_level, chosen.log_format)
    serve(make(source(chosen)), listen, began=lambda at: click.echo(f"The page is at {at.url}"))


def own_settings() -> Settings:
    """The service's table alone: those of the transports have secrets, which the page does not
    read. Raises SettingsError."""
    made, problems = environment.read(Settings)
    if made is None:
        raise SettingsError("\n".join(problems))
    return made


def source(chosen: Settings) -> Source:
    """Where the pages have their facts from."""
    from scheduler.outlets.web.source import Source

    return Source(
        site=chosen.site,
        database=chosen.database_path,
        file=chosen.schedule_path,
        zone=display_zone(chosen),
        now=clock.now,
        state=lambda now: _state(chosen, now),
        life=lambda: _life(chosen),
        sheet=_sheet,
        hidden=environment.hidden_values,
        patience=3 * chosen.pulse + timedelta(minutes=5),
    )


def _state(chosen: Settings, now: datetime) -> dict[str, Any]:
    return dict(status.report(chosen, now=now)[0])


def _life(chosen: Settings) -> Life:
    found = instance.inspect(instance.lock_path(chosen.database_path))
    return Life(found.running, found.seen)


def _sheet(runs: Sequence[RunView]) -> str:
    text = io.StringIO()
    write_csv(text, map(audit_text.row, runs), audit_text.columns("runs"))
    return text.getvalue()
