"""`tou audit`: what was done, when, why, and whether it took effect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from scheduler import clock, settings
from scheduler.audit import review
from scheduler.audit.database import open_to_look
from scheduler.audit.review import EntryView, RunView
from scheduler.cli import audit_text
from scheduler.cli.show import (
    SIMULATION,
    echo_csv,
    echo_drawn,
    echo_json,
    format_option,
)
from scheduler.cli.times import parse_instant
from scheduler.errors import SchedulerError
from scheduler.settings import Settings
from scheduler.words import Outcome

V = TypeVar("V")

DEFAULT_LIMIT = 30
_RUN_COLUMNS = (
    "run",
    "site",
    "kind",
    "name",
    "wake",
    "planned_at",
    "started_at",
    "finished_at",
    "outcome",
    "wanted_mode",
    "wanted_reserve_percent",
    "observed_mode",
    "observed_reserve_percent",
    "attempt",
    "error",
    "note",
    "gateway",
    "steps",
)
_ENTRY_COLUMNS = (
    "id",
    "at",
    "site",
    "entry",
    "kind",
    "run",
    "name",
    "wake",
    "outcome",
    "detail",
    "hash",
)


@dataclass(frozen=True, slots=True)
class Question:
    """What of the audit is asked for."""

    since: datetime | None
    until: datetime | None
    outcome: str | None
    job: str | None
    limit: int | None

    def filters(self) -> dict[str, Any]:
        """The keywords of `review.runs` and `review.entries`, but for the limit."""
        return {
            "since": self.since,
            "until": self.until,
            "outcome": self.outcome,
            "job": self.job,
        }

    @property
    def one_more(self) -> int | None:
        """A limit that tells whether there is more."""
        return None if self.limit is None else self.limit + 1


@click.command("audit")
@click.option("--since", metavar="T", help="From this time on.")
@click.option("--until", metavar="T", help="Before this time.")
@click.option(
    "--outcome",
    type=click.Choice([outcome.value for outcome in Outcome]),
    metavar="O",
    help=f"Only what ended so: {', '.join(Outcome)}.",
)
@click.option("--job", metavar="J", help="Only this rule, job or kind, such as switch.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"The newest N only. [default: {DEFAULT_LIMIT}; all with --since or --until]",
)
@click.option("--entries", is_flag=True, help="The raw entries in place of the runs.")
@format_option(table=True)
def audit_command(  # noqa: PLR0917 - click hands them over by name
    since: str | None,
    until: str | None,
    outcome: str | None,
    job: str | None,
    limit: int | None,
    entries: bool,
    form: str,
) -> None:
    """Show what was done: the newest runs, the oldest of them first.

    Works while the service runs, and changes nothing. Times: 2026-11-23T16:00Z, 2026-11-23T16:00
    (local), 2026-11-23, now, today, yesterday, 7d (seven days ago).

    Example: tou audit --since yesterday --outcome unconfirmed
    """
    chosen = settings.load()
    zone = _display_zone(chosen)
    now = clock.now()
    if limit is None and since is None and until is None:
        limit = DEFAULT_LIMIT
    question = Question(
        since=parse_instant(since, now=now, zone=zone) if since else None,
        until=parse_instant(until, now=now, zone=zone) if until else None,
        outcome=outcome,
        job=job,
        limit=limit,
    )
    (_show_entries if entries else _show_runs)(chosen, question, zone, form)


def _display_zone(chosen: Settings) -> ZoneInfo:
    """The zone people live in; UTC where the schedule does not tell."""
    from scheduler.host.sites import read_schedule

    try:
        return read_schedule(chosen).schedule.calendar.display_zone
    except SchedulerError:
        return ZoneInfo("UTC")


def _show_runs(chosen: Settings, question: Question, zone: ZoneInfo, form: str) -> None:
    found = _runs(chosen, question)
    if form == "text":
        simulated = chosen.gateway == "simulated" or any(map(audit_text.on_simulation, found or ()))
        _say(chosen, question, found, simulated, lambda shown: audit_text.runs(shown, zone))
        return
    cut = _newest(found or [], question.limit)
    if form == "json":
        echo_json([run.to_json() for run in cut])
    else:
        echo_csv([_run_row(run) for run in cut], _RUN_COLUMNS)


def _show_entries(chosen: Settings, question: Question, zone: ZoneInfo, form: str) -> None:
    found = _entries(chosen, question)
    if form == "text":
        simulated = chosen.gateway == "simulated" or any(
            audit_text.is_simulated(entry.detail.get("gateway")) for entry in found or ()
        )
        _say(chosen, question, found, simulated, lambda shown: audit_text.entries(shown, zone))
        return
    rows = [entry.to_json() for entry in _newest(found or [], question.limit)]
    if form == "json":
        echo_json(rows)
    else:
        echo_csv(rows, _ENTRY_COLUMNS)


def _runs(chosen: Settings, question: Question) -> list[RunView] | None:
    """One run more than asked for, where there are more; None where there is no audit."""
    database = open_to_look(chosen.database_path)
    if database is None:
        return None
    with closing(database):
        return review.runs(database, limit=question.one_more, **question.filters())


def _entries(chosen: Settings, question: Question) -> list[EntryView] | None:
    database = open_to_look(chosen.database_path)
    if database is None:
        return None
    with closing(database):
        return review.entries(database, limit=question.one_more, **question.filters())


def _newest(found: Sequence[V], limit: int | None) -> Sequence[V]:
    return found if limit is None else found[-limit:]


def _say(
    chosen: Settings,
    question: Question,
    found: Sequence[V] | None,
    simulated: bool,
    draw: Callable[[Sequence[V]], str],
) -> None:
    if simulated:
        click.echo(SIMULATION)
    if found is None:
        click.echo(f"No audit yet at {chosen.database_path}. `tou run` begins one.")
        return
    shown = _newest(found, question.limit)
    if not shown:
        filtered = any(value is not None for value in question.filters().values())
        click.echo("Nothing in the audit fits." if filtered else "The audit is empty.")
        return
    echo_drawn(draw(shown))
    if len(shown) < len(found):
        click.echo(f"The newest {len(shown)}; there are older ones: --limit N, or --since 7d.")


def _run_row(run: RunView) -> dict[str, Any]:
    row = run.to_json()
    wanted, observed = run.wanted or {}, run.observed or {}
    return {
        **row,
        "wanted_mode": wanted.get("mode"),
        "wanted_reserve_percent": wanted.get("reserve_percent"),
        "observed_mode": observed.get("mode"),
        "observed_reserve_percent": observed.get("reserve_percent"),
        "steps": len(run.steps),
    }
