"""`tou tariff`: the shipped library, one tariff at a glance, and what it says of an instant."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from scheduler import clock
from scheduler.cli import tariff_text
from scheduler.cli.show import (
    echo_csv,
    echo_drawn,
    echo_json,
    format_option,
)
from scheduler.cli.table import Column, table
from scheduler.cli.tariff_import import import_command
from scheduler.cli.times import parse_instant
from scheduler.schedule import library
from scheduler.schedule.tariff import Moment, Tariff
from scheduler.schedule.tariff_file import load_tariff
from scheduler.schedule.wording import did_you_mean, shown

_COLUMNS = (
    "id",
    "utility",
    "region",
    "timezone",
    "status",
    "windows_confidence",
    "checked",
    "name",
)
_HEADER = (
    "id",
    Column("utility", wraps=True, leave_out="late"),
    Column("region", leave_out="early"),
    Column("zone", leave_out="late"),
    "status",
    Column("windows", leave_out="late"),
    Column("checked", leave_out="late"),
    Column("name", wraps=True),
)
_MOMENTS = ("local", Column("UTC", leave_out="early"), "season", "day class", "period")
_STDIN = "-"


@click.group("tariff")
def tariff_command() -> None:
    """Look at tariffs: the shipped ones by id, or a tariff file of your own by its path.

    Example: tou tariff show sce-tou-d-4-9pm
    """


tariff_command.add_command(import_command)


@tariff_command.command("list")
@click.option("--utility", metavar="U", help="Only utilities whose name contains this.")
@click.option("--region", metavar="R", help="Only this state, province or country, such as CA.")
@click.option("--zone", metavar="Z", help="Only zones whose name contains this, such as Phoenix.")
@format_option(table=True)
def list_command(utility: str | None, region: str | None, zone: str | None, form: str) -> None:
    """List the shipped tariffs; `windows` is how sure their windows are.

    Example: tou tariff list --utility edison
    """
    found = [
        tariff
        for tariff in map(library.load, library.ids())
        if _contains(tariff.utility, utility)
        and _contains(tariff.timezone, zone)
        and _is_in(tariff, region)
    ]
    summaries = [tariff_text.summary(tariff) for tariff in found]
    if form == "json":
        echo_json(summaries)
    elif form == "csv":
        echo_csv(summaries, _COLUMNS)
    elif not found:
        click.echo("No shipped tariff fits. `tou tariff import` makes one from a rate record.")
    else:
        click.echo(table([_cells(each) for each in summaries], _HEADER))


def _cells(summary: dict[str, Any]) -> list[str]:
    return [str(summary[column] or "-") for column in _COLUMNS]


def _contains(text: str | None, part: str | None) -> bool:
    return part is None or part.strip().casefold() in (text or "").casefold()


def _is_in(tariff: Tariff, region: str | None) -> bool:
    if region is None:
        return True
    known = (tariff.region, tariff.country, f"{tariff.country}-{tariff.region}")
    return region.strip().casefold() in [each.casefold() for each in known if each]


@tariff_command.command("show")
@click.argument("tariff_id", metavar="ID")
@click.option(
    "--year",
    type=click.IntRange(1970, 9998),
    metavar="Y",
    help="Whose holidays are listed.  [default: this year]",
)
@format_option()
def show_command(tariff_id: str, year: int | None, form: str) -> None:
    """Draw a week of each season: 24 hours across, day classes down, a letter per period.

    ID is a shipped tariff's id, or the path of a tariff file.

    Example: tou tariff show pge-ev2-a
    """
    tariff = find(tariff_id)
    year = year or clock.localise(clock.now(), tariff.display_zone).year
    if form == "json":
        echo_json(tariff_text.whole(tariff, year))
    else:
        echo_drawn(tariff_text.page(tariff, year))


@tariff_command.command("at")
@click.argument("tariff_id", metavar="ID")
@click.argument("times", metavar="T...", nargs=-1, required=True)
@format_option()
def at_command(tariff_id: str, times: tuple[str, ...], form: str) -> None:
    """Tell season, day class and period at instants.

    T is 2026-11-23T16:00Z, 2026-11-23T16:00 (wall clock of the tariff's place), 2026-11-23 or now;
    or -, which reads instants from stdin, one per line, and writes a line of JSON for each.

    Example: tou tariff at sce-tou-d-4-9pm 2026-07-04T17:00 now
    """
    tariff = find(tariff_id)
    now = clock.now()
    if times == (_STDIN,):
        _answer_lines(tariff, now)
        return
    if _STDIN in times:
        raise click.UsageError("Give - alone, or instants.")
    moments = [_moment(tariff, text, now) for text in times]
    if form == "json":
        for moment in moments:
            _write_line(moment)
        return
    rows = [
        [
            f"{moment.local:%a %Y-%m-%d %H:%M:%S %Z}",
            clock.iso(moment.instant),
            moment.season,
            moment.day_class.value,
            moment.period,
        ]
        for moment in moments
    ]
    click.echo(table(rows, _MOMENTS))


def find(tariff_id: str) -> Tariff:
    """The tariff of a shipped id, or of a file. Raises click.UsageError with the nearest id."""
    known = library.ids()
    if tariff_id in known:
        return library.load(tariff_id)
    path = Path(tariff_id)
    if path.is_file() or path.suffix in (".yaml", ".yml"):
        return load_tariff(path)
    hint = did_you_mean(tariff_id, known) or " `tou tariff list` shows them."
    raise click.UsageError(
        f"There is no shipped tariff {shown(tariff_id)}, and no file of that name.{hint}"
    )


def _answer_lines(tariff: Tariff, now: datetime) -> None:
    for number, text in _lines(sys.stdin.buffer):
        try:
            moment = _moment(tariff, text, now)
        except click.BadParameter as error:
            _stop(number, error.message)
        _write_line(moment)


def _lines(stream: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is not blank."""
    for number, line in enumerate(stream, start=1):
        text = line.decode("utf-8-sig", "replace").strip()
        if text:
            yield number, text


def _stop(number: int, message: str) -> NoReturn:
    click.echo(f"line {number}: {message}", err=True)
    sys.exit(click.UsageError.exit_code)


def _moment(tariff: Tariff, text: str, now: datetime) -> Moment:
    try:
        return tariff.at(parse_instant(text, now=now, zone=tariff.display_zone))
    except OverflowError:
        raise click.BadParameter(f"{shown(text)} is out of range.") from None


def _write_line(moment: Moment) -> None:
    """At once: whoever asks line by line waits for each answer."""
    answer = {
        "at": clock.iso(moment.instant),
        "local": moment.local.isoformat(),
        "season": moment.season,
        "day_class": moment.day_class.value,
        "period": moment.period,
    }
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
