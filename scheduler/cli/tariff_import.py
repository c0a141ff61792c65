"""`tou tariff import`: a rate of another program becomes a tariff file of one's own."""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from scheduler import clock, files, imports, settings
from scheduler.cli import chosen
from scheduler.errors import SchedulerError
from scheduler.imports import MAX_BYTES, Imported
from scheduler.schedule import library
from scheduler.schedule.wording import shown

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_STREAM = "-"


def _id(_context: object, _option: object, name: str | None) -> str | None:
    if name is not None and _ID.fullmatch(name) is None:
        raise click.BadParameter(
            f"{shown(name)} is not an id. Write letters, digits and hyphens, such as my-plan."
        )
    return name


@click.command("import")
@click.argument("file", metavar="FILE", required=False)
@click.option(
    "--from-gateway",
    is_flag=True,
    help="In place of FILE: the rate plan in the Tesla app, as the gateway tells it (fleet).",
)
@click.option(
    "--id",
    "--as",
    "name",
    metavar="ID",
    callback=_id,
    help="The new tariff's id; else one from its name.",
)
@click.option(
    "--at",
    "at",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Of several eras in one file, the one in force on this day.",
)
@click.option("--label", metavar="L", help="Of several OpenEI records, the one of this label.")
@click.option("--timezone", metavar="Z", help="The IANA zone, where the source does not tell.")
@click.option(
    "--sunday-first", is_flag=True, help="Day 0 of the Tesla tariff is Sunday, not Monday."
)
@click.option("--output", metavar="PATH", help="Where to write; - is stdout.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def import_command(  # noqa: PLR0917 - click hands them over by name
    file: str | None,
    from_gateway: bool,
    name: str | None,
    at: datetime | None,
    output: str | None,
    force: bool,
    **how: Any,
) -> None:
    """Make a tariff file of an OpenEI rate record or a Tesla tariff, both JSON; FILE - is stdin.

    It goes into the folder tariffs/ beside the schedule of TOU_SCHEDULE, or beside you. What the
    source cannot say is listed in it and on the screen.

    With --from-gateway it is the rate plan that is set in the Tesla app.

    Example: tou tariff import rate.json --id my-plan --timezone America/Phoenix
    """
    if (file is None) is not from_gateway:
        raise click.UsageError("Give FILE, or --from-gateway.")
    if name is not None and output is not None:
        raise click.UsageError("Give --id or --output, not both.")
    text, shown_as = (
        _of_gateway() if file is None else (read_source(file), "stdin" if file == _STREAM else file)
    )
    on, today = at.date() if at else None, clock.now().date()
    made = imports.read(text, shown_as, at=on, today=today, **how)
    if output == _STREAM:
        sys.stdout.write(made.tariff_yaml)
        _say_notes(made, err=True)
        return
    folder = chosen.beside() / library.FOLDER
    path = Path(output) if output else folder / f"{name or made.suggested_id}.yaml"
    write_own(path, made.tariff_yaml, force=force)
    _say_notes(made, err=False)
    zone = "" if made.zone_known else f"First write the zone into it: {path}, timezone.\n"
    click.echo(
        f"Written: {path}\n{zone}Compare it with your utility's sheet: tou tariff show {path}\n"
        f"Check it after each edit: tou check {path}"
    )


def _of_gateway() -> tuple[str, str]:
    """What the gateway of the settings tells of its rate plan. Raises SettingsError where it
    cannot."""
    from scheduler.doctor.rate_plan import told

    return told(settings.load()), "the rate plan of the gateway"


def read_source(file: str) -> str:
    """The text of a file, or of stdin where it is -. Raises click.UsageError."""
    try:
        data = _stdin() if file == _STREAM else files.read_bounded(Path(file), MAX_BYTES)
    except (OSError, ValueError) as error:
        if denied := files.denied_in(error):
            raise denied from None
        raise click.UsageError(f"{file}: {_why_not(error)}") from None
    return _text(data)


def _why_not(error: Exception) -> str:
    match getattr(error, "errno", None):
        case errno.EINVAL:
            return "is not a file. Give a file, or - to read stdin."
        case errno.EFBIG:
            size = f"longer than {MAX_BYTES // 1_000_000} MB"
            return f"{size}, so not one rate. Download the one rate as JSON from its page."
    return f"cannot be read: {getattr(error, 'strerror', None) or 'its name cannot be one'}."


def _stdin() -> bytes:
    if sys.stdin is None:
        raise click.UsageError("Standard input is closed. Give a file, or pipe one in.")
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise OSError(errno.EFBIG, "too long")
    return data


def _text(data: bytes) -> str:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if wide else "utf-8", "replace")


def write_own(path: Path, text: str, *, force: bool = False) -> None:
    """Write a tariff file that hides no shipped one. Raises SchedulerError with the way out."""
    library.refuse_hiding(path, library.ids())
    if path.exists() and not force:
        raise SchedulerError(
            f"{path} exists already. --force overwrites it; --id or --output names another."
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
