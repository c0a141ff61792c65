"""`tou plan`: boundaries and jobs to come."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta

import click

from scheduler import clock, plan
from scheduler.cli import chosen
from scheduler.cli.show import echo_csv, echo_drawn, echo_json, format_option
from scheduler.cli.table import PROSE, Column, paragraph, printable, table, terminal_width
from scheduler.cli.times import Days, parse_instant
from scheduler.errors import SchedulerError
from scheduler.plan import Lease, Plan, PlanEntry
from scheduler.plan.entry import entry_json
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
    *("at", "local", "kind", "name", "do"),
    *("mode", "reserve_percent", "period", "season", "day_class"),
)
MOST_DAYS = 366 * 20


@click.command("plan")
@click.argument("file", required=False)
@click.option("--schedule", metavar="FILE", help="The same as FILE.")
@click.option("--from", "start", metavar="T", default="now", show_default=True, help="Begin.")
@click.option("--to", "end", metavar="T", help="End.")
@click.option("--days", type=Days(MOST_DAYS), help="Length in days.  [default: 2]")
@format_option(table=True)
def plan_command(  # noqa: PLR0917 - click hands them over by name
    file: str | None,
    schedule: str | None,
    start: str,
    end: str | None,
    days: float | None,
    form: str,
) -> None:
    """Show what the battery will be told, and when.

    FILE is a schedule; without it, the one in force. The first line is the setting in force at
    --from; the others are the boundaries and jobs to come.

    Times: 2026-11-23T16:00 (local), 2026-11-23T16:00Z, 2026-11-23, now, today, monday 16:00,
    3d (in three days).

    Example: tou plan --from 2026-03-07 --days 3
    """
    if end is not None and days is not None:
        raise click.UsageError("Give --to or --days, not both.")
    chosen.only_one(file, schedule)
    found = chosen.schedule_in(chosen.file_of(file or schedule))
    leases = () if file or schedule else in_force()
    made = plan.plan(found, *_range(found, start, end, days), leases)
    if form == "text":
        _draw(found, made, leases)
        click.echo(_text(found, made, leases))
        return
    entries = [entry_json(found, entry) for entry in made.entries]
    if form == "csv":
        echo_csv(entries, _COLUMNS)
        return
    head = {"schedule": found.name, "timezone": found.timezone, "checksum": made.checksum}
    held = {"leases": [each.to_json() for each in leases]} if leases else {}
    echo_json({**head, "entries": entries, **held})


def in_force() -> tuple[Lease, ...]:
    """The leases that the audit knows and that are not over. A plan needs no audit: where there
    is none, or none that this user may read, the rules alone are shown, and the latter is said."""
    from scheduler import settings
    from scheduler.audit.database import open_to_look
    from scheduler.host.last_known import leases_in

    now, known = clock.now(), settings.load()
    try:
        database = open_to_look(known.database_path)
    except (SchedulerError, OSError) as error:
        click.echo(f"Leases are not shown, since the audit cannot be read: {error}", err=True)
        return ()
    if database is None:
        return ()
    with closing(database):
        return tuple(each for each in leases_in(database, known.site, now) if each.until > now)


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


def _draw(schedule: Schedule, made: Plan, leases: Sequence[Lease]) -> None:
    """Bars above the table, for a person at a terminal; FORCE_COLOR asks for them elsewhere."""
    if not (sys.stdout.isatty() or os.environ.get("FORCE_COLOR")):
        return
    from scheduler.cli import plan_bars

    bars = plan_bars.draw(schedule, made, width=terminal_width() or PROSE, leases=leases)
    if bars:
        echo_drawn(f"{bars}\n")


def _text(schedule: Schedule, made: Plan, leases: Sequence[Lease]) -> str:
    from scheduler.site.leases import lease_words

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
    told = [paragraph(printable(lease_words(each.to_json(), zone))) for each in leases]
    head = "\n".join([head, *told])
    return f"{head}\n\n{body}\n\nchecksum {made.checksum}"


def _what(entry: PlanEntry) -> str:
    if entry.setting is not None:
        return entry.setting.words()
    assert entry.job is not None
    return f"job: {entry.job.do.value}"
