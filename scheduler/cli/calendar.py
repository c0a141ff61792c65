"""`tou calendar`: a year at a glance, day by day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scheduler import clock, settings
from scheduler.cli import calendar_text
from scheduler.cli.show import echo_csv, echo_drawn, echo_json, format_option
from scheduler.cli.tariff_find import find
from scheduler.cli.tariff_week import windows
from scheduler.plan.year import YearDay, year_days
from scheduler.schedule.clocktime import format_time
from scheduler.schedule.load import load_schedule
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.values import Schedule

_COLUMNS = (
    "date",
    "weekday",
    "season",
    "day_class",
    "holiday",
    "observed",
    "hours",
    "clock_change",
    "periods",
    "differs",
)


@click.command("calendar")
@click.option(
    "--year", type=click.IntRange(1970, 9998), metavar="Y", help="Which.  [default: this year]"
)
@click.option("--tariff", "tariff_id", metavar="ID", help="A shipped tariff, or a tariff file.")
@click.option(
    "--schedule",
    "file",
    type=click.Path(path_type=Path, readable=False),
    help="A schedule file; else the one in force.",
)
@format_option(table=True)
def calendar_command(year: int | None, tariff_id: str | None, file: Path | None, form: str) -> None:
    """Draw a year: season and day class of each day, holidays, clock changes, unusual days.

    A day differs where its plan (with --tariff: its periods) is not the usual one of its day of
    the week in its season. Example: tou calendar --year 2027
    """
    if tariff_id is not None and file is not None:
        raise click.UsageError("Give --tariff or --schedule, not both.")
    schedule: Schedule | None = None
    if tariff_id is not None:
        calendar = find(tariff_id).tariff
        name = calendar.name
    else:
        schedule = load_schedule(file or settings.load().schedule_path).schedule
        assert isinstance(schedule.calendar, Tariff)
        calendar, name = schedule.calendar, schedule.name
    year = year or clock.localise(clock.now(), calendar.display_zone).year
    days = year_days(calendar, year, schedule)
    if form == "json":
        echo_json([_day_json(each) for each in days])
    elif form == "csv":
        echo_csv([_day_json(each) for each in days], _COLUMNS)
    else:
        echo_drawn(calendar_text.page(name, calendar, year, days))


def _day_json(each: YearDay) -> dict[str, Any]:
    hours = each.seconds / 3600
    holiday = each.holiday
    return {
        "date": each.date.isoformat(),
        "weekday": f"{each.date:%a}".casefold(),
        "season": each.day.season,
        "day_class": each.day.day_class.value,
        "holiday": holiday.name if holiday else None,
        "observed": holiday.observed if holiday else False,
        "hours": int(hours) if hours.is_integer() else hours,
        "clock_change": each.clock_change,
        "periods": [
            {"start": format_time(start), "end": format_time(end), "period": period}
            for start, end, period in windows(each.day)
            if period
        ],
        "differs": each.differs,
    }
