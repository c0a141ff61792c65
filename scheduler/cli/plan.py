"""`tou plan`: boundaries and jobs to come."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from scheduler import clock, plan, settings
from scheduler.cli.show import echo_csv, echo_drawn, echo_json, format_option
from scheduler.cli.table import Column, paragraph, printable, table
from scheduler.cli.times import Days, parse_instant
from scheduler.plan import Plan, PlanEntry
from scheduler.schedule.load import load_schedule
from scheduler.schedule.values import Schedule

_TABLE = (
    "day",
    "local",
    Column("UTC", leave_out="early"),
    Column("setting or job", wraps=True),
    Column("name", wraps=True),
    Column("calendar", wraps=True, leave_out="late"),
)
_COLUMNS = (
    "at",
    "local",
    "kind",
    "name",
    "do",
    "mode",
    "reserve_percent",
    "period",
    "season",
    "day_class",
)
MOST_DAYS = 366 * 20


@click.command("plan")
@click.option(
    "--schedule",
    "file",
    type=click.Path(path_type=Path, readable=False),
    help="A schedule file; else the one in force.",
)
@click.option(
    "--from", "start", metavar="T", default="now", show_default=True, help="First instant."
)
@click.option("--to", "end", metavar="T", help="Instant before which the plan ends.")
@click.option("--days", type=Days(MOST_DAYS), help="Length in days.  [default: 2]")
@format_option(table=True)
def plan_command(
    file: Path | None, start: str, end: str | None, days: float | None, form: str
) -> None:
    """Show what the battery will be told, and when: boundaries and jobs, local and UTC.

    The first line is the setting in force at --from. Times: 2026-11-23T16:00Z, 2026-11-23T16:00
    (local), 2026-11-23, now, today. Example: tou plan --from 2026-03-07 --days 3
    """
    if end is not None and days is not None:
        raise click.UsageError("Give --to or --days, not both.")
    schedule = load_schedule(file or settings.load().schedule_path).schedule
    first, last = _range(schedule, start, end, days)
    made = plan.plan(schedule, first, last)
    if form == "text":
        _draw(schedule, made)
        click.echo(_text(schedule, made))
        return
    entries = [entry_json(schedule, entry) for entry in made.entries]
    if form == "csv":
        echo_csv(entries, _COLUMNS)
        return
    echo_json(
        {
            "schedule": schedule.name,
            "timezone": schedule.timezone,
            "checksum": made.checksum,
            "entries": entries,
        }
    )


def _range(
    schedule: Schedule, start: str, end: str | None, days: float | None
) -> tuple[datetime, datetime]:
    now, zone = clock.now(), schedule.calendar.display_zone
    first = parse_instant(start, now=now, zone=zone, ahead=True)
    try:
        last = (
            parse_instant(end, now=now, zone=zone, ahead=True)
            if end is not None
            else first + timedelta(days=2 if days is None else days)
        )
    except OverflowError:
        raise click.UsageError("The plan is too long.") from None
    if last <= first:
        raise click.UsageError("--to must be later than --from.")
    if last - first > timedelta(days=MOST_DAYS):
        raise click.UsageError("A plan of more than 20 years is too long.")
    return first, last


def entry_json(schedule: Schedule, entry: PlanEntry) -> dict[str, Any]:
    """One entry as the contract has it; `reserve` adds the words where it is a hold."""
    setting = entry.setting
    held = setting is not None and isinstance(setting.reserve, str)
    local = clock.localise(entry.at, schedule.calendar.display_zone)
    return {
        "at": clock.iso(entry.at),
        "local": local.isoformat(),
        "kind": entry.kind,
        "name": entry.name,
        "do": entry.job.do.value if entry.job else None,
        "mode": setting.mode.value if setting else None,
        "reserve_percent": None if setting is None or held else setting.reserve,
        "period": entry.period,
        "season": entry.season,
        "day_class": entry.day_class.value,
        **({"hold": True} if held else {}),
    }


def _draw(schedule: Schedule, made: Plan) -> None:
    """Bars above the table, for a person at a terminal; FORCE_COLOR asks for them elsewhere."""
    if not (sys.stdout.isatty() or os.environ.get("FORCE_COLOR")):
        return
    from scheduler.cli import plan_bars

    bars = plan_bars.draw(schedule, made, width=shutil.get_terminal_size().columns)
    if bars:
        echo_drawn(f"{bars}\n")


def _text(schedule: Schedule, made: Plan) -> str:
    zone = schedule.calendar.display_zone
    rows = []
    day = ""
    for entry in made.entries:
        local = clock.localise(entry.at, zone)
        date = f"{local:%a %Y-%m-%d}"
        shown, day = ("" if date == day else date), date
        rows.append(
            [
                shown,
                f"{local:%H:%M:%S %Z}",
                f"{entry.at:%Y-%m-%d %H:%M:%SZ}",
                _what(entry),
                entry.name,
                " ".join(filter(None, (entry.season, entry.day_class.value, entry.period))),
            ]
        )
    head = paragraph(printable(f"{schedule.name} ({schedule.timezone})"))
    body = table(rows, _TABLE)
    return f"{head}\n\n{body}\n\nchecksum {made.checksum}"


def _what(entry: PlanEntry) -> str:
    if entry.setting is None:
        assert entry.job is not None
        return f"job: {entry.job.do.value}"
    reserve = entry.setting.reserve
    words = "hold" if isinstance(reserve, str) else f"{reserve:g} %"
    return f"{entry.setting.mode.app_name}, {words}"
