"""Manual pages, from the commands themselves: `tou(1)`, and one page a verb with the verbs below
it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import click

from scheduler import __version__

_FOLDER: Final = "man/man1"
_EXIT: Final = (
    ("0", "fine"),
    ("1", "it ran, and the answer is no"),
    ("2", "the command was not understood"),
    ("3", "nothing is running (tou status)"),
    ("69", "the gateway cannot be reached"),
    ("77", "the gateway refuses, or this user may not read or write what is needed"),
    ("78", "settings or schedule are wrong"),
)
_FILES: Final = (
    ("/etc/tou-scheduler/settings.env", "the settings of the installed service"),
    ("/etc/tou-scheduler/schedules/home.yaml", "the schedule in force"),
    ("/var/lib/tou-scheduler/tou.db", "the audit"),
    ("/opt/tou-scheduler/docs", "every key, check and setting"),
)


def pages(root: click.Command) -> dict[str, str]:
    """The text of each page, by its place below the shared data."""
    context = click.Context(root, info_name="tou")
    made = {f"{_FOLDER}/tou.1": _page(root, context, "tou")}
    for verb, command in _below(root, context):
        inner = click.Context(command, parent=context, info_name=verb)
        made[f"{_FOLDER}/tou-{verb}.1"] = _page(command, inner, f"tou-{verb}")
    return made


def _page(command: click.Command, context: click.Context, name: str) -> str:
    lines = [
        f'.TH "{name.upper()}" "1" "" "tou-scheduler {__version__}" "tou-scheduler"',
        ".SH NAME",
        f"{_text(name)} \\- {_text(command.get_short_help_str(limit=200).rstrip('.'))}",
        ".SH SYNOPSIS",
        *_synopsis(command, context),
        ".SH DESCRIPTION",
        *_described(command, context),
    ]
    if name == "tou":
        verbs = [(f"tou-{verb}(1)", inner) for verb, inner in _below(command, context)]
        rows = [(verb, inner.get_short_help_str(limit=200)) for verb, inner in verbs]
        lines += [".SH VERBS", *_rows(rows)]
    else:
        lines += _verbs_below(command, context)
    lines += [".SH EXIT STATUS", *_rows(_EXIT), ".SH FILES", *_rows(_FILES)]
    return "\n".join(lines) + "\n"


def _verbs_below(command: click.Command, context: click.Context) -> Iterator[str]:
    for verb, inner in _below(command, context):
        within = click.Context(inner, parent=context, info_name=verb)
        yield f".SH {_text(within.command_path.upper())}"
        yield from _synopsis(inner, within)
        yield from _described(inner, within)
        yield from _verbs_below(inner, within)


def _below(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        if found is not None and not found.hidden:
            yield name, found


def _synopsis(command: click.Command, context: click.Context) -> Iterator[str]:
    pieces = " ".join(command.collect_usage_pieces(context))
    yield ".PP"
    yield f"\\fB{_text(context.command_path)}\\fR {_text(pieces)}"


def _described(command: click.Command, context: click.Context) -> Iterator[str]:
    for part in re.split(r"\n\s*\n", (command.help or "").replace("\f", "")):
        yield ".PP"
        # `\b` asks for lines as they are.
        as_it_is = part.lstrip().startswith("\b")
        lines = [_text(line.strip()) for line in part.replace("\b", "").strip().splitlines()]
        yield from (".nf", *lines, ".fi") if as_it_is else lines
    found = (param.get_help_record(context) for param in command.get_params(context))
    # A mere argument has nothing to say.
    yield from _rows([record for record in found if record and record[1]])


def _rows(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, meaning in rows:
        yield ".TP"
        yield f"\\fB{_text(term)}\\fR"
        yield _text(meaning)


def _text(words: str) -> str:
    """Words as roff takes them literally."""
    plain = words.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
