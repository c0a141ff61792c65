"""`tou readings`: what the meters showed, as it was kept."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import click

from scheduler import clock, settings
from scheduler.audit.questions import Questions
from scheduler.audit.readings import KeptReading
from scheduler.cli.audit_question import display_zone, no_audit, read
from scheduler.cli.show import echo_csv, echo_json, format_option, local_text
from scheduler.cli.table import Column, table
from scheduler.cli.times import parse_instant
from scheduler.plain import plain
from scheduler.setting import Mode

SINCE: Final = timedelta(days=1)
_COLUMNS: Final = tuple(field.name for field in fields(KeptReading))


@click.command("readings")
@click.option("--since", metavar="T", help="From this time on. [default: 24 h ago]")
@click.option("--until", metavar="T", help="Before this time.")
@click.option("--site", metavar="NAME", help="Of this site. [default: that of the settings]")
@format_option(table=True)
def readings_command(since: str | None, until: str | None, site: str | None, form: str) -> None:
    """Show charge, powers and counters as they were read: every five minutes where a look is
    free, and whenever the plan needed one.

    Battery: + discharges. Grid: + draws from it. Counters are in JSON and CSV.

    Example: tou readings --since yesterday --format csv > readings.csv
    """
    chosen = settings.load()
    zone, now = display_zone(chosen), clock.now()
    first = parse_instant(since, now=now, zone=zone) if since else now - SINCE
    last = parse_instant(until, now=now, zone=zone) if until else now + timedelta(seconds=1)
    name = site or chosen.site
    found = read(chosen, lambda database: Questions(database, name).readings(first, last))
    if form == "json":
        echo_json(plain(found or ()))
    elif form == "csv":
        echo_csv(plain(found or ()), _COLUMNS)
    elif found is None:
        click.echo(no_audit(chosen))
    elif not found:
        click.echo(f"No reading of {name} is kept from that time. --since 7d looks further back.")
    else:
        click.echo(drawn(found, zone))


def drawn(found: list[KeptReading], zone: ZoneInfo) -> str:
    columns = ("time", "charge", "battery", "grid", "sun", "house", Column("setting", wraps=True))
    return table([_cells(each, zone) for each in found], columns)


def _cells(reading: KeptReading, zone: ZoneInfo) -> list[str]:
    powers = (reading.battery_w, reading.grid_w, reading.solar_w, reading.load_w)
    return [
        local_text(reading.at, zone),
        _number(reading.charge, "%"),
        *(_number(watts, "W") for watts in powers),
        _setting(reading),
    ]


def _number(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:.0f} {unit}"


def _setting(reading: KeptReading) -> str:
    if reading.mode is None:
        return ""
    known = {mode.value: mode.app_name for mode in Mode}
    reserve = "" if reading.reserve is None else f", {reading.reserve:.0f} %"
    return f"{known.get(reading.mode, reading.mode)}{reserve}"
