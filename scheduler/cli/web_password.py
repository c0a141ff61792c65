"""A password for the page: asked for twice, and put into a file as a hash."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scheduler import files
from scheduler.errors import SchedulerError
from scheduler.outlets.web import people

_LONGEST = 65_536


def line_of(name: str) -> str:
    """NAME:HASH, of the password that is typed or comes by stdin."""
    try:
        return f"{people.name(name)}:{people.hash_of(_password())}"
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline(people.LONGEST + 2).rstrip("\r\n")
    typed: str = click.prompt(
        "Password", hide_input=True, confirmation_prompt="Once more", err=True
    )
    return typed


def put(line: str, path: Path) -> None:
    """Put a line into the file, in the place of one of the same name. Raises SchedulerError where
    the file cannot be read or written."""
    name = line.partition(":")[0]
    try:
        known = files.read_private(path, _LONGEST).decode().split() if path.exists() else []
        kept = [each for each in known if each.partition(":")[0] != name]
        files.replace_private(path, "".join(f"{each}\n" for each in [*kept, line]).encode())
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SchedulerError(f"{path}: cannot be read or written: {told}.") from None
