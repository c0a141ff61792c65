"""What of the audit is asked for: the filters that its verbs share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from scheduler import clock
from scheduler.audit import review
from scheduler.audit.database import Database, open_to_look
from scheduler.audit.views import EntryView, RunView
from scheduler.cli.times import parse_instant
from scheduler.errors import SchedulerError
from scheduler.host import instance
from scheduler.outlets.hindsight import Life
from scheduler.settings import Settings
from scheduler.words import Outcome

F = TypeVar("F", bound=Callable[..., Any])
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; `what` is runs, entries or events."""

    what: str
    since: datetime | None
    until: datetime | None
    outcome: str | None
    job: str | None
    site: str | None
    limit: int | None

    @classmethod
    def asked(
        cls,
        zone: ZoneInfo,
        *,
        what: str,
        default: int | None,
        since: str | None,
        until: str | None,
        outcome: str | None,
        job: str | None,
        site: str | None,
        limit: int | None,
    ) -> Question:
        """From the words of the command line. Raises click.BadParameter."""
        now = clock.now()
        if what == "events" and outcome is not None:
            raise click.UsageError("Events have no outcome: leave --outcome out.")
        spanned = since is not None or until is not None
        return cls(
            what=what,
            since=parse_instant(since, now=now, zone=zone) if since else None,
            until=parse_instant(until, now=now, zone=zone) if until else None,
            outcome=outcome,
            job=job,
            site=site,
            limit=default if limit is None and not spanned else limit,
        )

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the answer beside the limit."""
        return any((self.since, self.until, self.outcome, self.job, self.site))

    def one_more(self) -> Question:
        """The same with a limit that tells whether there is more."""
        return self if self.limit is None else replace(self, limit=self.limit + 1)

    def newest(self, found: Sequence[V]) -> Sequence[V]:
        return found if self.limit is None else found[-self.limit :]

    def answer(self, database: Database, after: int | None = None) -> Sequence[RunView | EntryView]:
        """What fits, oldest first; of which something came `after` an entry, where that is
        given."""
        if self.what == "runs":
            return self.runs(database, after)
        if self.what == "events":
            return review.events(
                database, kind=self.job, after=after, limit=self.limit, **self._where()
            )
        return review.entries(
            database,
            outcome=self.outcome,
            job=self.job,
            after=after,
            limit=self.limit,
            **self._where(),
        )

    def runs(self, database: Database, after: int | None = None) -> list[RunView]:
        return review.runs(
            database,
            outcome=self.outcome,
            job=self.job,
            after=after,
            limit=self.limit,
            **self._where(),
        )

    def _where(self) -> dict[str, Any]:
        return {"site": self.site, "since": self.since, "until": self.until}


def filters(command: F) -> F:
    outcomes = [outcome.value for outcome in Outcome]
    for option in (
        click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The newest N only."),
        click.option("--site", metavar="NAME", help="Only this site. [default: all]"),
        click.option("--job", metavar="J", help="Only this rule, job or kind, such as switch."),
        click.option(
            "--outcome",
            type=click.Choice(outcomes),
            metavar="O",
            help=f"Only what ended so: {', '.join(outcomes)}.",
        ),
        click.option("--until", metavar="T", help="Before this time."),
        click.option("--since", metavar="T", help="From this time on."),
    ):
        command = option(command)
    return command


def display_zone(chosen: Settings) -> ZoneInfo:
    """The zone people live in; UTC where the schedule does not tell."""
    from scheduler.schedule.load import load_schedule

    try:
        return load_schedule(chosen.schedule_path).schedule.calendar.display_zone
    except SchedulerError:
        return ZoneInfo("UTC")


def read(chosen: Settings, question: Callable[[Database], V]) -> V | None:
    """The answer of the audit as it stands; None where there is none yet."""
    database = open_to_look(chosen.database_path)
    if database is None:
        return None
    with closing(database):
        return question(database)


def asked(chosen: Settings, question: Callable[[Database], V]) -> V:
    """The same. Raises SchedulerError where there is no audit yet."""
    found = read(chosen, question)
    if found is None:
        raise SchedulerError(no_audit(chosen))
    return found


def life_of(chosen: Settings) -> Life:
    """How the service lives, as its lock tells."""
    found = instance.inspect(instance.lock_path(chosen.database_path))
    return Life(found.running, found.seen)


def no_audit(chosen: Settings) -> str:
    return f"No audit yet at {chosen.database_path}. `tou run` begins one."
