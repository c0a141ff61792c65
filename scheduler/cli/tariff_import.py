"""`tou tariff import`: a rate of another program becomes a tariff file of one's own."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from scheduler import imports, settings
from scheduler.errors import SchedulerError
from scheduler.imports import Imported
from scheduler.schedule.tariff_file import parse_tariff
from scheduler.schedule.wording import shown

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_STREAM = "-"


@click.command("import")
@click.argument("file", metavar="FILE")
@click.option("--as", "name", metavar="ID", help="The new tariff's id; else one from its name.")
@click.option(
    "--at",
    "at",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Of several eras in one file, the one in force on this day.",
)
@click.option("--label", metavar="L", help="Of several OpenEI records, the one of this label.")
@click.option("--timezone", metavar="Z", help="The IANA zone, where the source does not tell.")
@click.option("--output", metavar="PATH", help="Where to write; - is stdout.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def import_command(  # noqa: PLR0917 - click hands them over by name
    file: str,
    name: str | None,
    at: datetime | None,
    label: str | None,
    timezone: str | None,
    output: str | None,
    force: bool,
) -> None:
    """Make a tariff file of an OpenEI rate record or a Tesla tariff, both JSON; FILE - is stdin.

    It goes into the folder tariffs/ beside the schedule of TOU_SCHEDULE, or beside you. What the
    source cannot say is listed in it and on the screen.

    Example: tou tariff import rate.json --as my-plan --timezone America/Phoenix
    """
    if name is not None and output is not None:
        raise click.UsageError("Give --as or --output, not both.")
    if name is not None and _ID.fullmatch(name) is None:
        raise click.BadParameter(
            f"{shown(name)} is not an id. Write letters, digits and hyphens, such as my-plan.",
            param_hint="--as",
        )
    shown_as = "stdin" if file == _STREAM else file
    made = imports.read(
        _read(file), shown_as, at=at.date() if at else None, label=label, timezone=timezone
    )
    if output == _STREAM:
        _check(made, _STREAM)
        sys.stdout.write(made.tariff_yaml)
        _say_notes(made, err=True)
        return
    path = Path(output) if output else _folder() / f"{name or made.suggested_id}.yaml"
    _check(made, str(path))
    _write(path, made.tariff_yaml, force=force)
    _say_notes(made, err=False)
    click.echo(
        f"Written: {path}\nCompare it with your utility's sheet: tou tariff show {path}\n"
        f"Check it after each edit: tou check {path}"
    )


def _read(file: str) -> str:
    if file == _STREAM:
        return _text(sys.stdin.buffer.read())
    try:
        return _text(Path(file).read_bytes())
    except OSError as error:
        raise click.UsageError(f"{file}: cannot be read: {error.strerror}.") from None


def _text(data: bytes) -> str:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if wide else "utf-8", "replace")


def _folder() -> Path:
    schedule = settings.load().schedule
    return (schedule.parent if schedule else Path()) / "tariffs"


def _check(made: Imported, file: str) -> None:
    """What is written must be a tariff. Raises ScheduleError."""
    parse_tariff(made.tariff_yaml, file)


def _write(path: Path, text: str, *, force: bool) -> None:
    if path.exists() and not force:
        raise SchedulerError(
            f"{path} exists already. --force overwrites it; --as or --output names another."
        )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise SchedulerError(f"{path}: cannot be written: {error.strerror}.") from None
    finally:
        with suppress(OSError):
            part.unlink()


def _say_notes(made: Imported, *, err: bool) -> None:
    for note in made.notes:
        click.echo(f"note: {note}", err=err)
