"""`tou db`: the audit's file brought up to date, copied, proven."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import click

from scheduler import clock, settings
from scheduler.audit import database, guard, proof, writer
from scheduler.audit.backup import backup
from scheduler.audit.entry import Entry
from scheduler.audit.proof import Verified
from scheduler.cli.show import echo_answer, echo_json, format_option
from scheduler.cli.table import printable
from scheduler.cli.verbs import Verbs
from scheduler.errors import AuditTamperedError, SchedulerError
from scheduler.words import EntryKind


@click.group("db", cls=Verbs)
def db_command() -> None:
    """Look after the audit's database: upgrade, backup, verify.

    Example: tou db backup /mnt/stick/tou-2026-11.db
    """


@db_command.command("upgrade")
@format_option()
def upgrade_command(form: str) -> None:
    """Bring the database's schema up to date, or make the file where there is none.

    `tou run` does it by itself at its start. Guards of the file that somebody removed or changed
    are put back, and that is recorded.

    Example: tou db upgrade
    """
    chosen = settings.load()
    path = chosen.database_path
    before, after = database.upgrade(path)
    restored = database.restore(path)
    if restored:
        _record(path, chosen.site, restored)
    if form == "json":
        echo_json({"database": str(path), "from": before, "to": after, "restored": list(restored)})
    elif restored:
        click.echo(f"{path}: schema {after}; put back: {', '.join(restored)}.")
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
        verified = backup(present, target)
    told = {"database": str(path), "backup": str(target), **_proof(verified)}
    echo_answer(form, told, lambda: f"{target}: {_words(verified)}, verified.")


@db_command.command("verify")
@click.option(
    "--head",
    metavar="HEAD",
    help="A head written down earlier, HASH or ID:HASH: it must still be there.",
)
@format_option()
def verify_command(head: str | None, form: str) -> None:
    """Prove that no entry was changed, removed or slipped in; exit code 1 names what was.

    The chain holds no key: a tail cut off, or an audit written anew, shows only against a head
    kept elsewhere. The service writes it to its log once a day and at each stop ("audit head of
    ..."), and this prints it.

    Example: tou audit verify --head 4711:9f86d081...
    """
    path = settings.load().database_path
    try:
        asked = proof.parse_head(head) if head is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--head") from None
    with closing(_present(path)) as present:
        try:
            verified = proof.verify(present, asked)
        except AuditTamperedError as error:
            _tampered(path, error, form)
    if form == "json":
        echo_json({"database": str(path), "ok": not verified.complaints, **_proof(verified)})
    else:
        _tell_verified(path, verified)
    sys.exit(1 if verified.complaints else 0)


def _tell_verified(path: Path, verified: Verified) -> None:
    holds = "the chain holds" if len(verified.heads) < 2 else "the chains hold"
    click.echo(f"{path}: {_words(verified)}, {holds}.")
    if len(verified.heads) > 1:
        for site, head in sorted(verified.heads.items()):
            click.echo(f"  audit head of {printable(site)}: {head}")
    for complaint in verified.complaints:
        click.echo(f"  but {complaint}", err=True)
    if verified.complaints:
        click.echo(f"  {guard.WAY_OUT}", err=True)


def _record(path: Path, site: str, restored: Sequence[str]) -> None:
    event = Entry(
        at=clock.now(),
        entry=EntryKind.EVENT,
        kind="audit",
        name="restored",
        detail={"restored": list(restored)},
    )
    with closing(database.open_database(path)) as opened:
        writer.keep(opened, site, [event])


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
    return {
        "rows": verified.rows,
        "head": {"id": head.id, "hash": head.hash} if head else None,
        "heads": {
            site: {"id": each.id, "hash": each.hash} for site, each in verified.heads.items()
        },
        "complaints": list(verified.complaints),
    }


def _words(verified: Verified) -> str:
    rows = f"{verified.rows} {'entry' if verified.rows == 1 else 'entries'}"
    if verified.head is None:
        return rows
    return f"{rows}, head {verified.head.hash}"
