"""`tou audit --follow`: runs and entries as they come, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

import click

from scheduler.audit import review
from scheduler.audit.database import Database
from scheduler.audit.review import EntryView, RunView
from scheduler.cli import audit_text
from scheduler.cli.audit_question import Question, read
from scheduler.cli.show import echo_drawn, json_line
from scheduler.settings import Settings

POLL_SECONDS: Final = 1.0


def watch(chosen: Settings, question: Question, zone: ZoneInfo, form: str) -> None:
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
