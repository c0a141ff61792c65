"""What the verbs share on their way to the terminal: JSON, CSV, colour, instants."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO, TypeVar
from zoneinfo import ZoneInfo

import click

from scheduler import clock
from scheduler.cli.table import printable
from scheduler.schedule import zones

F = TypeVar("F", bound=Callable[..., Any])

SIMULATION = "SIMULATION: the built-in simulated gateway; no real battery is touched."


def format_option(*, table: bool = False) -> Callable[[F], F]:
    """`--format text|json`, and csv where the answer is a table."""
    choices = ["text", "json", *(["csv"] if table else [])]
    return click.option(
        "--format",
        "form",
        type=click.Choice(choices),
        default="text",
        show_default=True,
        help="How the answer is written.",
    )


def echo_json(value: Any) -> None:
    """A value as JSON on stdout, indented for people where it is a terminal."""
    click.echo(json_line(value, indent=2 if sys.stdout.isatty() else None))


def echo_answer(form: str, data: Any, text: Callable[[], str]) -> None:
    """An answer as JSON, or as text with styles where a person looks at it."""
    if form == "json":
        echo_json(data)
    else:
        echo_drawn(text())


def json_line(value: Any, *, indent: int | None = None) -> str:
    """A value as JSON; what a terminal would obey or hide stands in it as an escape."""
    ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    return text if text.isascii() and "\x7f" not in text else _OBEYED.sub(_escaped, text)


# Controls beyond ASCII's, which `json` leaves alone; marks of direction and of no width.
_OBEYED = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def echo_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    write_csv(sys.stdout, rows, columns)


def write_csv(to: TextIO, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Rows as CSV with a header; nested values as JSON text."""
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return printable(json.dumps(value, ensure_ascii=False))
    if isinstance(value, str):
        return _harmless(value)
    return "" if value is None else value


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula, and no terminal for an order."""
    plain = printable(text)
    return f"'{plain}" if text.startswith(_FORMULA) else plain


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def local_text(instant: datetime, zone: ZoneInfo) -> str:
    """`Mon 2026-11-23 22:05:00 PST`; the zone's abbreviation tells a repeated hour apart."""
    return f"{clock.localise(instant, zone):%a %Y-%m-%d %H:%M:%S %Z}"


def colourful() -> bool:
    """Whether stdout takes colour: a terminal that is not dumb, without NO_COLOR; FORCE_COLOR
    asks for it everywhere."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def echo_drawn(text: str) -> None:
    """Text with styles on stdout; plain where colour is not wanted."""
    click.echo(text, color=colourful())


def drawable(text: str) -> bool:
    """Whether stdout's encoding has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def zone_data_words() -> str:
    """Which zone database is in use: `tzdata 2026f (package)`."""
    data = zones.zone_data()
    return f"tzdata {data.version or 'of an unknown version'} ({data.source})"
