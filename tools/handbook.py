"""What the handbook takes from the program itself, while `mkdocs` builds it: the page of every
command, the day of every example as a picture, the outputs of commands, the contract of the rooms.

A line of a page such as `<!-- output: tou plan FILE -->` is replaced by what that command prints.
"""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
from click.testing import CliRunner
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from scheduler.cli.root import tou
from scheduler.outlets.hindsight import Hindsight, Then
from scheduler.outlets.picture import day as picture
from scheduler.outlets.picture import draw
from scheduler.schedule.load import load_schedule
from tools.screenshots import SHOTS

ROOT: Final = Path(__file__).parents[1]
EXAMPLES: Final = ROOT / "schedules" / "examples"
_MARK: Final = re.compile(r"^<!-- (output|example|day|rooms|shot)(?:: (.+?))? -->$", re.MULTILINE)
_DAYS: Final = (
    ("A Wednesday in July", datetime(2026, 7, 15)),  # noqa: DTZ001 -- a date, by the zone of each
    ("A Wednesday in January", datetime(2027, 1, 13)),  # noqa: DTZ001
)
_TAKEN: Final = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
_WIDTH, _STEP = 720, 32


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages that stand in no file of docs/."""
    files.append(File.generated(config, "commands.md", content=commands()))
    for source, target in _TAKEN.items():
        text = (ROOT / source).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, target, content=text))
    for each in SHOTS.glob("*.png"):
        files.append(File.generated(config, f"shots/{each.name}", abs_src_path=str(each)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A page with its marks replaced."""
    return _MARK.sub(lambda found: _MADE[found[1]](found[2]), markdown)


def commands() -> str:
    """Every command with its help, as the program prints it."""
    parts = [
        "# Commands",
        "",
        "Made from the program itself; each says the same with `--help`.",
        "",
    ]
    for names, command in _tree(tou, ("tou",)):
        parts += [
            f"{'#' * len(names)} {' '.join(names)}",
            "",
            "```text",
            _help(names, command),
            "```",
            "",
        ]
    return "\n".join(parts)


def _tree(
    command: click.Command, names: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if len(names) > 1:
        yield names, command
    if not isinstance(command, click.Group):
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        if inner is not None and not inner.hidden:
            yield from _tree(inner, (*names, name))


def _help(names: tuple[str, ...], command: click.Command) -> str:
    return command.get_help(click.Context(command, info_name=" ".join(names)))


def output(line: str) -> str:
    """What a command prints, at 100 columns, with the command above it. It must succeed."""
    words = line.split()
    environment = {"COLUMNS": "100", "TOU_GATEWAY": "simulated"}
    run = CliRunner().invoke(tou, words[1:], env=environment)
    if run.exit_code != 0:
        raise PluginError(f"`{line}` ended with {run.exit_code}: {run.output}")
    return f"```console\n$ {line}\n{run.stdout.rstrip()}\n```"


def example(name: str) -> str:
    """An example with its first sentence, its days as pictures and its text."""
    file = EXAMPLES / name
    text = file.read_text(encoding="utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("# yaml-language"))
    return f'{day(name)}\n\n```yaml title="examples/{name}"\n{body.strip()}\n```'


def day(name: str) -> str:
    """A day in summer and one in winter of an example, as its schedule sets them."""
    return "\n\n".join(f"{words}:\n\n{_picture(EXAMPLES / name, date)}" for words, date in _DAYS)


def _picture(file: Path, date: datetime) -> str:
    schedule = load_schedule(file).schedule
    zone = schedule.calendar.display_zone
    start, end = (
        (date + timedelta(days=more)).replace(tzinfo=zone).astimezone(UTC) for more in (0, 1)
    )
    planned = Hindsight(
        site="home",
        start=start,
        end=end,
        now=end,
        thens=(Then(schedule=schedule),),
        leases=(),
        kept=(),
        runs=(),
        gaps=(),
        readings=(),
        guards=(),
        starts=(),
        firmware=None,
        gateway=None,
    )
    drawn = draw(picture(planned, start, end, zone)).replace("\n", " ")
    return f'<div class="day-picture">{drawn}</div>'


def shot(line: str) -> str:
    """A picture of the page, with its words; nothing where `tools.screenshots` made none."""
    name, _, words = line.partition(" ")
    if not (SHOTS / f"{name}.png").is_file():
        return ""
    return f"![{words}](shots/{name}.png){{ .shot .{name} }}"


def rooms(_: str | None = None) -> str:
    """The layers of the import contract, from the command down to the errors, as a picture."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    rows = [layer.replace("scheduler.", "").split(" | ") for layer in layers]
    drawn = "".join(_row(number, row) for number, row in enumerate(rows))
    label = "Rooms from top to bottom: each may import from those below it"
    return (
        f'<div class="day-picture"><svg viewBox="0 0 {_WIDTH} {_STEP * len(rows)}" role="img" '
        f'aria-label="{label}" xmlns="http://www.w3.org/2000/svg">{drawn}</svg></div>'
    )


def _row(number: int, names: list[str]) -> str:
    width = _WIDTH / len(names)
    top = number * _STEP + 2
    return "".join(
        f'<rect x="{place * width + 2:.1f}" y="{top}" width="{width - 4:.1f}" height="{_STEP - 4}" '
        'rx="4" fill="none" stroke="currentColor" stroke-opacity=".4"/>'
        f'<text x="{(place + 0.5) * width:.1f}" y="{top + 19}" text-anchor="middle" '
        f'font-size="13" fill="currentColor">{html.escape(name)}</text>'
        for place, name in enumerate(names)
    )


_MADE: Final = {"output": output, "example": example, "day": day, "rooms": rooms, "shot": shot}
