"""`tou audit`: what was done, when, why, and whether it took effect."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from scheduler import settings
from scheduler.audit import review
from scheduler.audit.database import Database
from scheduler.audit.views import EntryView, RunView
from scheduler.cli import audit_question, audit_text
from scheduler.cli.audit_question import Question, display_zone, filters, no_audit, read
from scheduler.cli.db import verify_command
from scheduler.cli.show import SIMULATION, echo_csv, echo_drawn, echo_json, format_option, json_line
from scheduler.cli.verbs import Verbs
from scheduler.errors import SchedulerError
from scheduler.settings import Settings

DEFAULT_LIMIT = 30
POLL_SECONDS: Final = 1.0
_MOST_DIGITS: Final = 18  # SQLite has no larger number


class _Audit(Verbs):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in super().list_commands(ctx) if name != "run"]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """`tou audit 17` and `tou audit '#17'` show a run."""
        if args and _is_number(args[0].removeprefix("#")):
            return "run", self.commands["run"], args
        return super().resolve_command(ctx, args)


@click.group(
    "audit", cls=_Audit, invoke_without_command=True, subcommand_metavar="[RUN | verify | export]"
)
@filters
@click.option("--entries", "what", flag_value="entries", help="The raw entries, not the runs.")
@click.option(
    "--events",
    "what",
    flag_value="events",
    help="What is no run: starts and stops, reloads, leases, the gateway lost and back, the clock, "
    "guards.",
)
@click.option("--follow", is_flag=True, help="Go on showing what comes, until Ctrl-C.")
@format_option(table=True)
@click.pass_context
def audit_command(
    ctx: click.Context, /, what: str | None, follow: bool, form: str, **asked: Any
) -> None:
    """Show what was done: the newest runs, the oldest of them first; or one RUN by its number.

    Works while the service runs, and changes nothing. Times: 2026-11-23T16:00Z, 2026-11-23T16:00
    (local), 2026-11-23, now, today, yesterday, 3 h ago, 7d (seven days ago).

    Example: tou audit --since yesterday --outcome unconfirmed
    """
    if ctx.invoked_subcommand is not None:
        _alone(ctx)
        return
    chosen = settings.load()
    zone = display_zone(chosen)
    question = Question.asked(zone, what=what or "runs", default=DEFAULT_LIMIT, **asked)
    if follow:
        _watch(chosen, question, zone, form)
    else:
        _show(chosen, question, zone, form)


def _alone(ctx: click.Context) -> None:
    """A filter before a run's number would be dropped without a word."""
    given = click.core.ParameterSource.COMMANDLINE
    names = [name for name in ctx.params if ctx.get_parameter_source(name) is given]
    if set(names) - {"form"}:
        raise click.UsageError(f'"{names[0]}" does not go with {ctx.invoked_subcommand}.', ctx)


@audit_command.command("run", hidden=True)
@click.argument("number", metavar="RUN")
@format_option()
@click.pass_context
def run_command(ctx: click.Context, number: str, form: str) -> None:
    """Show one run: what was wanted, each step, what was seen, how it ended, and what came after.

    Example: tou audit 4711
    """
    if ctx.parent is not None and ctx.parent.params.get("form") == "json":
        form = "json"
    chosen = settings.load()
    text = number.removeprefix("#")
    if not _is_number(text):
        raise click.BadParameter(f'"{number}" is not the number of a run. Write one such as 17.')
    found = audit_question.asked(chosen, lambda database: _run(database, text))
    if form == "json":
        echo_json(found.to_json())
        return
    if found.simulated:
        click.echo(SIMULATION)
    echo_drawn(audit_text.one_run(found, display_zone(chosen)))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _run(database: Database, text: str) -> RunView:
    number = int(text) if len(text) <= _MOST_DIGITS else 0
    found = review.run(database, number)
    if found is not None:
        return found
    run = review.run_of(database, number)
    if run is not None:
        raise SchedulerError(f"Entry {number} is no run of its own: `tou audit {run}` shows it.")
    raise SchedulerError(f"There is no run {text[:40]}. `tou audit` lists the newest.")


@audit_command.command("export")
@filters
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "html"]),
    default="csv",
    show_default=True,
    help="How the runs are written; html draws the days.",
)
def export_command(form: str, **asked: Any) -> None:
    """Write all runs, oldest first, for a spreadsheet or another program; or the days as pictures.

    html is one file that needs nothing beside it: of each day what was wanted against what was
    proven, the runs, the charge where it is known, and when nobody was watching. Without --since
    it has the last seven days.

    Example: tou audit export --format html --since 7d > week.html
    """
    chosen = settings.load()
    zone = display_zone(chosen)
    question = Question.asked(zone, what="runs", default=None, **asked)
    if form == "html":
        from scheduler.cli.audit_days import html

        click.echo(html(chosen, question, zone), nl=False)
        return
    found = read(chosen, question.runs) or []
    if form == "json":
        echo_json([run.to_json() for run in found])
    else:
        echo_csv([audit_text.row(run) for run in found], audit_text.columns("runs"))


audit_command.add_command(verify_command)


def _show(chosen: Settings, question: Question, zone: ZoneInfo, form: str) -> None:
    """One more than asked for is read, which tells whether there are more."""
    found = read(chosen, question.one_more().answer)
    shown = question.newest(found or ())
    if form == "json":
        echo_json([each.to_json() for each in shown])
    elif form == "csv":
        echo_csv(map(audit_text.row, shown), audit_text.columns(question.what))
    elif found is None:
        click.echo(no_audit(chosen))
    elif not shown:
        click.echo("Nothing in the audit fits." if question.filtered else "The audit is empty.")
    else:
        if audit_text.all_simulated(shown):
            click.echo(SIMULATION)
        echo_drawn(audit_text.drawn(question.what, shown, zone))
        if len(shown) < len(found):
            click.echo(f"The newest {len(shown)}; there are older ones: --limit N, or --since 7d.")


# --- as it comes


def _watch(chosen: Settings, question: Question, zone: ZoneInfo, form: str) -> None:
    """Show the newest, then what comes. Returns when a person has seen enough."""
    if form == "csv":
        raise click.UsageError("--follow is for --format text and json.")
    following = _Following(question)
    try:
        while True:
            for each in read(chosen, following.news) or ():
                _tell(each, zone, form)
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        return


class _Following:
    """What was shown already."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._last: int | None = None
        self._outcomes: dict[int, str | None] = {}

    def news(self, database: Database) -> Iterator[RunView | EntryView]:
        """What came since the last time; a run once more when it has ended."""
        last = review.last_entry(database)
        if self._last == last:
            return iter(())
        found = self._question.answer(database, self._last)
        # A run that was begun between the two questions is found again the next time.
        self._last, self._question = last, replace(self._question, limit=None)
        return iter([each for each in found if self._is_new(each)])

    def _is_new(self, each: RunView | EntryView) -> bool:
        if isinstance(each, EntryView):
            return each.id not in self._outcomes and self._remember(each.id, None)
        known = each.run in self._outcomes and self._outcomes[each.run] == each.outcome
        return not known and self._remember(each.run, each.outcome)

    def _remember(self, number: int, outcome: str | None) -> bool:
        self._outcomes[number] = outcome
        return True


def _tell(each: RunView | EntryView, zone: ZoneInfo, form: str) -> None:
    if form == "json":
        click.echo(json_line(each.to_json()))
    else:
        echo_drawn(audit_text.line(each, zone))
