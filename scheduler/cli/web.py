"""`tou web`: the page, a process of its own, for a browser on this machine."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from scheduler import asking, clock, environment
from scheduler.audit.views import RunView
from scheduler.cli import audit_text, status
from scheduler.cli.audit_question import display_zone, life_of
from scheduler.cli.show import write_csv
from scheduler.cli.verbs import Verbs
from scheduler.errors import (
    AccessError,
    SchedulerError,
    ServiceSilentError,
    SettingsError,
)
from scheduler.extras import extra
from scheduler.host import instance
from scheduler.outlets import journal
from scheduler.outlets.web import address
from scheduler.outlets.web.settings import WebSettings
from scheduler.settings import Settings

if TYPE_CHECKING:
    from scheduler.outlets.web.entrance import Entrance
    from scheduler.outlets.web.source import Source


def _where(_: click.Context, __: click.Parameter, text: str | None) -> address.Listen | None:
    try:
        return None if text is None else address.listen(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.group("web", cls=Verbs, invoke_without_command=True)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    callback=_where,
    help=f"Where the page answers, {address.DEFAULT} by itself; elsewhere only with a sign-in.",
)
@click.pass_context
def web_command(context: click.Context, listen: address.Listen | None) -> None:
    """Show the state, any day and the audit as pages for a browser on this machine.

    A process of its own beside the service: it reads the database and asks the service, and holds
    no secret of a gateway. It acts for who is signed in, where TOU_WEB_ACT says so. Needs the
    extra: pip install 'tou-scheduler[web]'.

    Example: tou web --listen 127.0.0.1:8765
    """
    if context.invoked_subcommand is not None:
        return
    with extra("web", "The page"):
        from scheduler.outlets.web.app import make
        from scheduler.outlets.web.serve import serve
    chosen = own_settings()
    table = chosen.of(WebSettings)
    where = listen or table.listen
    journal.configure(chosen.log_level, chosen.log_format)
    app = make(source(chosen), entrance(chosen, table, where))
    serve(app, where, began=lambda at: click.echo(f"The page is at {at.url}"))


@web_command.command("password")
@click.argument("name")
@click.option(
    "--to",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of passwords (0600) in which to put it.",
)
def password_command(name: str, path: Path | None) -> None:
    """Make the line that lets a person sign in at the page; the password is asked for, or read
    from stdin.

    The file is what TOU_WEB_PASSWORDS_FILE names, or systemd's credential web_passwords. Without
    --to the line is printed.

    Example: tou web password anna --to web_passwords
    """
    from scheduler.cli.web_password import line_of, put

    with extra("web", "The page"):
        line = line_of(name)
    if path is None:
        click.echo(line)
        return
    put(line, path)
    click.echo(f"{path}: {name} may sign in, once `tou web` is started anew.")


def entrance(chosen: Settings, table: WebSettings, where: address.Listen) -> Entrance:
    """Who may come in, and what for. Raises SettingsError where nobody could, or everybody."""
    from scheduler.outlets.web import people
    from scheduler.outlets.web.entrance import Entrance

    secret = table.web_passwords
    known = people.parse(secret.get_secret_value() if secret else "")
    made = Entrance(
        people=known,
        acts=table.web_act,
        reach=address.Reach(where.here, table.web_url),
        proxy=table.web_proxy,
        act=lambda what, body: _act(chosen, what, body),
    )
    if not known and (made.acts or made.reach.closed):
        raise SettingsError(_nobody(made, where))
    try:
        with extra("web", "The page"):
            people.check_hashes(known)
    except ValueError as error:
        raise SettingsError(f"TOU_WEB_PASSWORDS: {error}") from None
    return made


def _nobody(made: Entrance, where: address.Listen) -> str:
    why = "TOU_WEB_ACT is on"
    if made.reach.closed:
        why = "The page would be reachable from other machines"
        why += f" at {where.url}" if not where.here else f" by TOU_WEB_URL {made.reach.url}"
    return (
        f"{why}, and nobody can sign in. Make a password with `tou web password NAME --to FILE`,"
        " and set TOU_WEB_PASSWORDS_FILE to FILE, or give systemd the credential web_passwords."
        " To see the page of this machine alone, leave it at 127.0.0.1:8765 and use"
        " ssh -L 8765:127.0.0.1:8765 HOST."
    )


def _act(chosen: Settings, what: str, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What the service says of an act that the page asks for."""
    running = instance.inspect(instance.lock_path(chosen.database_path))
    if running.control is None:
        raise ServiceSilentError(
            "No service answers, so nothing was done. Start it: systemctl start tou-scheduler."
        )
    key = chosen.act_key.get_secret_value() if chosen.act_key else None
    try:
        site = f"{what}?site={quote(chosen.site, safe='')}"
        yield from asking.act(running.control, site, body, key=key)
    except AccessError:
        raise AccessError(
            "Nothing was done: the service does not let the page act. Give both the same"
            " TOU_ACT_KEY; docs/page.md tells how, under Acting."
        ) from None


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
        others=lambda: _others(chosen),
        doctor=lambda: _doctor(chosen),
        life=lambda: life_of(chosen),
        sheet=_sheet,
        hidden=environment.hidden_values,
        patience=3 * chosen.pulse + timedelta(minutes=5),
    )


def _state(chosen: Settings, now: datetime) -> dict[str, Any]:
    return dict(status.report(chosen, now=now)[0])


def _others(chosen: Settings) -> list[dict[str, Any]]:
    """The states of further sites of the running service; none where it cannot be asked."""
    control = instance.inspect(instance.lock_path(chosen.database_path)).control
    if control is None:
        return []
    try:
        names = [str(each["site"]) for each in asking.ask(control, "/sites")["sites"]]
        asked = [f"/status?site={quote(each, safe='')}" for each in names if each != chosen.site]
        return [asking.ask(control, each) for each in asked]
    except SchedulerError:
        return []


def _doctor(chosen: Settings) -> dict[str, Any]:
    control = instance.inspect(instance.lock_path(chosen.database_path)).control
    try:
        return asking.ask(control, f"/doctor?site={quote(chosen.site, safe='')}") if control else {}
    except SchedulerError:
        return {}


def _sheet(runs: Sequence[RunView]) -> str:
    text = io.StringIO()
    write_csv(text, map(audit_text.row, runs), audit_text.columns("runs"))
    return text.getvalue()
