"""`tou calendar`: a year at a glance, day by day."""

from __future__ import annotations

import click

from scheduler import clock
from scheduler.cli import calendar_text, chosen
from scheduler.cli.chosen import find
from scheduler.cli.show import echo_csv, echo_drawn, echo_json, format_option
from scheduler.plan.year import year_days
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_file import load_tariff
from scheduler.schedule.values import Schedule

_COLUMNS = (
    *("date", "weekday", "season", "day_class", "holiday"),
    *("observed", "hours", "clock_change", "periods", "differs"),
)


@click.command("calendar")
@click.argument("file", required=False)
@click.option(
    "--year", type=click.IntRange(1970, 9998), metavar="Y", help="Which.  [default: this year]"
)
@click.option("--tariff", "tariff", metavar="ID", help="The same as FILE, for a tariff.")
@click.option("--schedule", metavar="FILE", help="The same as FILE.")
@format_option(table=True)
def calendar_command(
    file: str | None, year: int | None, tariff: str | None, schedule: str | None, form: str
) -> None:
    """Draw a year: what is special about each day.

    FILE is a schedule, a tariff file, or the id of a tariff; without it, the schedule in force.
    Each day shows its season and day class; holidays, clock changes and unusual days are listed.
    A day is unusual where its plan (of a tariff: its periods) is not that of most such days of the
    week in its season.

    Example: tou calendar pge-ev2-a --year 2027
    """
    chosen.only_one(file, tariff, schedule)
    calendar, name, rules = _subject(file or schedule, tariff)
    year = year or clock.localise(clock.now(), calendar.display_zone).year
    days = year_days(calendar, year, rules)
    if form == "json":
        echo_json([each.to_json() for each in days])
    elif form == "csv":
        echo_csv([each.to_json() for each in days], _COLUMNS)
    else:
        echo_drawn(calendar_text.page(name, calendar, year, days))


def _subject(file: str | None, tariff_id: str | None) -> tuple[Tariff, str, Schedule | None]:
    """The calendar, what it is called, and the schedule where it is one."""
    if tariff_id is not None:
        tariff = find(tariff_id).tariff
        return tariff, tariff.name, None
    path = chosen.file_of(file)
    if chosen.is_tariff(path):
        tariff = load_tariff(path)
        return tariff, tariff.name, None
    schedule = chosen.schedule_in(path)
    assert isinstance(schedule.calendar, Tariff)
    return schedule.calendar, schedule.name, schedule
