"""`tou diff`: what an edit of the schedule changes in behaviour."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import click

from scheduler import clock
from scheduler.cli import chosen
from scheduler.cli.plan import MOST_DAYS
from scheduler.cli.revision import schedule_of
from scheduler.cli.show import echo_answer, format_option, local_text
from scheduler.cli.table import Column, paragraph, printable, table
from scheduler.cli.times import count, parse_instant
from scheduler.plan.effect import EditEffect, JobChange, change_text, effect, weekdays

_COLUMNS = (
    "window",
    Column("change", wraps=True),
    "days",
    "first",
    Column("last", leave_out="late"),
    Column("weekdays", wraps=True, leave_out="late"),
)


@click.command("diff")
@click.argument("old")
@click.argument("new", required=False)
@click.option("--from", "start", metavar="T", default="today", show_default=True, help="Begin.")
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), default=365, show_default=True, help="How many."
)
@format_option()
def diff_command(old: str, new: str | None, start: str, days: int, form: str) -> None:
    """Tell what changes in behaviour from OLD to NEW over the coming year.

    Each is a schedule file, a git revision of the schedule in force (HEAD~1), or of another
    file (HEAD~1:schedules/home.yaml). Without NEW: the schedule in force. Exit code 0 whether
    something changes or not.

    Example: tou diff HEAD~1
    """
    before = schedule_of(old)
    after = schedule_of(new) if new else chosen.schedule_in(chosen.file_of(None))
    zone = after.calendar.display_zone
    first = parse_instant(start, now=clock.now(), zone=zone, ahead=True)
    try:
        found = effect(before, after, first, first + timedelta(days=days))
    except (ValueError, OverflowError):
        raise click.UsageError("--from is too near an end of the calendar.") from None
    zones = (before.timezone, after.timezone)
    told = {**found.to_json(), "timezones": dict(zip(("old", "new"), zones, strict=True))}
    echo_answer(form, told, lambda: _zones_text(*zones) + _text(found))


def _zones_text(old: str, new: str) -> str:
    """What explains every line below it; nothing where the zone is the same."""
    if old == new:
        return ""
    words = f"The zone changes from {old} to {new}. Times below are those of {new}."
    return paragraph(words, rest="  ") + "\n\n"


def _text(found: EditEffect) -> str:
    blocks = [paragraph(found.summary(), rest="  ")]
    if found.groups:
        rows = [
            [
                f"{group.from_time}-{group.to_time}",
                change_text(group.old, group.new),
                str(len(group.dates)),
                str(group.dates[0]),
                str(group.dates[-1]),
                weekdays(group.dates),
            ]
            for group in found.groups
        ]
        blocks.append(table(rows, _COLUMNS))
    if found.jobs:
        blocks.append("\n".join(_job_text(each, found.zone) for each in found.jobs))
    return "\n\n".join(blocks)


def _job_text(job: JobChange, zone: ZoneInfo) -> str:
    first = f", first {local_text(job.first, zone)}" if job.first else ""
    return paragraph(
        f"job {job.how}: {printable(job.name)} ({count(job.times, 'time')}{first})", rest="  "
    )
