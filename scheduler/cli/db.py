"""`tou db`: the audit's file brought up to date, copied, proven."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import click

from scheduler import settings
from scheduler.audit import database, review
from scheduler.audit.review import Verified
from scheduler.cli.show import echo_json, format_option
from scheduler.cli.verbs import Verbs
from scheduler.errors import AuditTamperedError, SchedulerError


@click.group("db", cls=Verbs)
def db_command() -> None:
    """Look after the audit's database: upgrade, backup, verify.

    Example: tou db backup /mnt/stick/tou-2026-11.db
    """


@db_command.command("upgrade")
@format_option()
def upgrade_command(form: str) -> None:
    """Bring the database's schema up to date, or make the file where there is none.

    `tou run` does it by itself at its start.

    Example: tou db upgrade
    """
    path = settings.load().database_path
    before, after = database.upgrade(path)
    if form == "json":
        echo_json({"database": str(path), "from": before, "to": after})
    elif before == after:
        click.echo(f"{path}: the schema is {after} already; nothing to do.")
    elif before is None:
        click.echo(f"{path}: made, with schema {after}.")
    else:
        click.echo(f"{path}: upgraded from schema {before} to {after}.")


@db_command.command("backup")
@click.argument("target", metavar="PATH", type=click.Path(path_type=Path))
@format_option()
def backup_command(target: Path, form: str) -> None:
    """Copy the whole audit to PATH, and prove the copy. Works while the service runs.

    PATH must not exist yet; a plain copy of the file would miss the newest entries.

    Example: tou db backup /mnt/stick/tou-2026-11.db
    """
    path = settings.load().database_path
    present = _present(path, older=True)
    with closing(present):
        verified = present.backup(target)
    if form == "json":
        echo_json({"database": str(path), "backup": str(target), **_proof(verified)})
        return
    click.echo(f"{target}: {_words(verified)}, verified.")


@db_command.command("verify")
@format_option()
def verify_command(form: str) -> None:
    """Prove that no entry was changed, removed or slipped in; exit code 1 names the first that was.

    A tail that was cut off shows only against a head kept elsewhere: the service writes it to its
    log at each start, and this prints it.

    Example: tou db verify
    """
    path = settings.load().database_path
    present = _present(path)
    with closing(present):
        try:
            verified = review.verify(present)
        except AuditTamperedError as error:
            _tampered(path, error, form)
    if form == "json":
        echo_json({"database": str(path), "ok": True, **_proof(verified)})
        return
    click.echo(f"{path}: {_words(verified)}, the chain holds.")


def _present(path: Path, *, older: bool = False) -> database.Database:
    found = database.open_to_look(path, older=older)
    if found is None:
        raise SchedulerError(
            f"No audit yet at {path}. `tou run` makes it; where it is kept elsewhere, set"
            " TOU_DATABASE."
        )
    return found


def _tampered(path: Path, error: AuditTamperedError, form: str) -> NoReturn:
    if form == "json":
        echo_json({"database": str(path), "ok": False, "entry": error.entry, "error": str(error)})
        sys.exit(error.exit_code)
    raise error


def _proof(verified: Verified) -> dict[str, Any]:
    head = verified.head
    return {"rows": verified.rows, "head": {"id": head.id, "hash": head.hash} if head else None}


def _words(verified: Verified) -> str:
    rows = f"{verified.rows} {'entry' if verified.rows == 1 else 'entries'}"
    if verified.head is None:
        return rows
    return f"{rows}, head {verified.head.hash}"
