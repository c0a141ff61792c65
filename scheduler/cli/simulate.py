"""`tou simulate`: a stretch of time on a fast clock, before a battery that lives in memory."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from scheduler import clock
from scheduler.audit.database import Database, open_database
from scheduler.cli import chosen
from scheduler.cli.show import SIMULATION, echo_answer, format_option, local_text
from scheduler.cli.table import paragraph, printable, table
from scheduler.cli.times import Days, count, parse_instant, span_words
from scheduler.errors import SchedulerError
from scheduler.rehearsal import KINDS, LEASES, Report, Strike, drawn, read_strikes, rehearse
from scheduler.rehearsal.report import RehearsedStretch
from scheduler.rehearsal.strike_file import names
from scheduler.schedule.load import load_schedule

MOST_DAYS = 366 * 2
_SHOWN = 20


@click.command("simulate")
@click.argument("file", required=False)
@click.option("--schedule", metavar="FILE", help="The same as FILE.")
@click.option("--from", "start", metavar="T", default="now", show_default=True, help="Begin.")
@click.option("--days", type=Days(MOST_DAYS), default=365, show_default=True, help="Length.")
@click.option(
    "--faults",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What goes wrong: a YAML list of {at: 2026-07-03T16:00, fault: NAME, for: 90m}, and of "
    "what a person asks for, such as {at: 2026-07-04T12:00, lease: override, mode: backup, "
    f"reserve: 100%, for: 2h}}. Faults: {', '.join(KINDS)}. Leases: {', '.join(LEASES)}.",
)
@click.option(
    "--random-faults",
    "seed",
    type=click.IntRange(0),
    metavar="SEED",
    help="A fault or lease a day by lot; the same number draws the same.",
)
@click.option(
    "--audit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep the record in this new file, for tou audit.",
)
@format_option()
def simulate_command(  # noqa: PLR0917 - click hands them over by name
    file: str | None,
    schedule: str | None,
    start: str,
    days: float,
    faults: Path | None,
    seed: int | None,
    audit: Path | None,
    form: str,
) -> None:
    """Try a schedule for a year in a minute, on a simulated battery and a fast clock.

    Tells every minute in a wrong setting, how late the latest switch was, and what a person would
    have been told. Exit code 1 where something was wrong that nobody was told of. No real battery
    is touched.

    Example: tou simulate --days 30 --random-faults 1
    """
    chosen.only_one(file, schedule)
    chosen.only_one(faults, seed)
    loaded = load_schedule(chosen.file_of(file or schedule))
    zone = loaded.schedule.calendar.display_zone
    first = parse_instant(start, now=clock.now(), zone=zone, ahead=True)
    strikes: tuple[Strike, ...] = ()
    if faults is not None:
        strikes = read_strikes(faults, loaded.schedule)
    elif seed is not None:
        strikes = drawn(seed, first, days, names=names(loaded.schedule))
    with _kept(audit) as database, _quiet():
        report = rehearse(
            loaded, first, first + timedelta(days=days), strikes=strikes, database=database
        )
    echo_answer(form, report.to_json(), lambda: _text(report, zone))
    if not report.well:
        raise SystemExit(1)


@contextlib.contextmanager
def _kept(path: Path | None) -> Iterator[Database | None]:
    if path is None:
        yield None
        return
    if path.exists():
        raise SchedulerError(f"{path} exists. Name a new file: a rehearsal keeps its own record.")
    database = open_database(path, create=True)
    try:
        yield database
    finally:
        database.close()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The lines of a year belong into no journal; the report tells what came of them."""
    logger = logging.getLogger("scheduler")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _text(report: Report, zone: ZoneInfo) -> str:
    length = span_words(report.end - report.start)
    head = f"{printable(report.schedule)}: {length} from {local_text(report.start, zone)}."
    late = report.worst_lateness
    worst = "none was late"
    if late is not None:
        worst = f"{span_words(late.length)}, at {local_text(late.began, zone)}"
    outcomes = ", ".join(f"{number:,} {name}" for name, number in sorted(report.outcomes.items()))
    wrong, untold = report.wrong_minutes, sum(e.length.total_seconds() for e in report.unexplained)
    facts = {
        "minutes in a wrong setting": f"{wrong:g}{_told(untold / 60) if wrong else ''}",
        "false confirmations": str(len(report.false_confirmations)),
        "latest switch": worst,
        "writes": f"{report.writes:,} for {count(report.boundaries, 'boundary', 'boundaries')}",
        "battery stood still": span_words(report.standing),
        "runs": outcomes or "none",
        "audit": f"{report.entries:,} entries, verified",
        "faults and leases": _strikes(report),
    }
    width = max(map(len, facts))
    told = "\n".join(f"{name:{width}}  {value}" for name, value in facts.items())
    parts = [SIMULATION, paragraph(head), told]
    if report.wrong:
        parts.append(_stretches(report.wrong, zone))
    if report.incidents:
        parts.append(_incident_table(report, zone))
    return "\n\n".join([*parts, f"It took {report.took:.1f} s."])


def _told(untold: float) -> str:
    return ", all of them told" if untold == 0 else f", {untold:.1f} of them told to nobody"


def _strikes(report: Report) -> str:
    beside = f" ({report.unplayed} more at other times)" if report.unplayed else ""
    return f"{len(report.strikes)}{beside}, {count(len(report.incidents), 'incident')}"


def _stretches(stretches: tuple[RehearsedStretch, ...], zone: ZoneInfo) -> str:
    rows = [
        [
            local_text(each.began, zone),
            span_words(each.length),
            each.wanted,
            each.shown,
            ", ".join(sorted(each.told)) or "nothing",
        ]
        for each in stretches[:_SHOWN]
    ]
    heads = ("wrong from", "for", "wanted", "in force", "told")
    return table(rows, heads) + _more(len(stretches))


def _incident_table(report: Report, zone: ZoneInfo) -> str:
    rows = [
        [
            local_text(each.opened, zone),
            "still open" if each.closed is None else span_words(each.closed - each.opened),
            each.id,
        ]
        for each in report.incidents[:_SHOWN]
    ]
    return table(rows, ("incident", "for", "what")) + _more(len(report.incidents))


def _more(number: int) -> str:
    return f"\n{number - _SHOWN} more are in --format json." if number > _SHOWN else ""
