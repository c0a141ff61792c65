"""`tou tariff`: the shipped library, one tariff at a glance, and what it says of an instant."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NoReturn

import click

from scheduler import clock
from scheduler.cli import tariff_text
from scheduler.cli.chosen import every, find
from scheduler.cli.show import echo_answer, echo_csv, echo_json, format_option
from scheduler.cli.table import Column, table
from scheduler.cli.tariff_import import import_command
from scheduler.cli.times import parse_instant
from scheduler.cli.verbs import Verbs
from scheduler.schedule.tariff import Moment, Tariff
from scheduler.schedule.wording import shown

_COLUMNS = (
    *("id", "utility", "region", "timezone", "status"),
    *("windows_confidence", "checked", "name", "own"),
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
_COUNTRIES = {
    "uk": "gb",
    "united kingdom": "gb",
    "great britain": "gb",
    "usa": "us",
    "united states": "us",
    "canada": "ca",
    "australia": "au",
    "spain": "es",
}
_STATES = frozenset({"ca"})
"""Codes of a state that are a country's too: California is meant, Canada has its name."""
_STDIN = "-"


@click.group("tariff", cls=Verbs)
def tariff_command() -> None:
    """Look at tariffs: the shipped ones and your own by id, or a tariff file by its path.

    Example: tou tariff show sce-tou-d-4-9pm
    """


tariff_command.add_command(import_command)


@tariff_command.command("list")
@click.option("--utility", metavar="U", help="Only utilities whose name contains this.")
@click.option(
    "--region", metavar="R", help="Only this state, province or country: CA, ON, Canada, UK."
)
@click.option("--zone", metavar="Z", help="Only zones whose name contains this, such as Phoenix.")
@format_option(table=True)
def list_command(utility: str | None, region: str | None, zone: str | None, form: str) -> None:
    """List the shipped tariffs and your own; `windows` is how sure their windows are.

    Your own stand in the folder tariffs/ beside the schedule of TOU_SCHEDULE, or beside you.

    Example: tou tariff list --utility edison
    """
    found = [
        each
        for each in every()
        if _contains(each.tariff.utility, utility)
        and _contains(each.tariff.timezone, zone)
        and is_in(each.tariff, region)
    ]
    summaries = [tariff_text.summary(each) for each in found]
    if form == "json":
        echo_json(summaries)
    elif form == "csv":
        echo_csv(summaries, _COLUMNS)
    elif not found:
        click.echo("No tariff fits. `tou tariff import` makes one from a rate record.")
    else:
        click.echo(table([_cells(each) for each in summaries], _HEADER))


def _cells(summary: dict[str, Any]) -> list[str]:
    name = f"{summary['name']} ({summary['file']})" if summary["own"] else summary["name"]
    return [str(summary[column] or "-") for column in _COLUMNS[:-2]] + [name]


def _contains(text: str | None, part: str | None) -> bool:
    return part is None or part.strip().casefold() in (text or "").casefold()


def is_in(tariff: Tariff, wanted: str | None) -> bool:
    """Whether a tariff is of a state, province or country; a state goes before a country."""
    if wanted is None:
        return True
    word = wanted.strip().casefold()
    region, country = ((each or "").casefold() for each in (tariff.region, tariff.country))
    if word in (region, f"{country}-{region}"):
        return True
    return word not in _STATES and _COUNTRIES.get(word, word) == country


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

    ID is the id of a shipped tariff or of one of your own, or the path of a tariff file.

    Example: tou tariff show pge-ev2-a
    """
    found = find(tariff_id)
    year = year or clock.localise(clock.now(), found.tariff.display_zone).year
    echo_answer(form, tariff_text.whole(found, year), lambda: tariff_text.page(found, year))


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
    tariff = find(tariff_id).tariff
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
