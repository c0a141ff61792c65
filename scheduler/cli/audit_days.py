"""`tou audit export --format html`: the days as pictures, in one file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import click

from scheduler import clock
from scheduler.cli.audit_question import Question, asked, life_of
from scheduler.outlets import picture
from scheduler.outlets.hindsight import hindsight
from scheduler.outlets.picture.page import page
from scheduler.settings import Settings

MOST_DAYS: Final = 92


def html(chosen: Settings, question: Question, zone: ZoneInfo) -> str:
    """The file. Raises click.UsageError where the question does not suit days, SchedulerError where
    there is no audit yet."""
    if any((question.outcome, question.job, question.limit)):
        raise click.UsageError("html shows whole days: leave --outcome, --job and --limit out.")
    now, site = clock.now(), question.site or chosen.site
    until = min(question.until or now, now)
    since = question.since or until - timedelta(days=6)
    days = list(_days(since, until, zone))
    if len(days) > MOST_DAYS:
        raise click.UsageError(f"That is more than {MOST_DAYS} days: give a nearer --since.")
    life = life_of(chosen)
    drawn = asked(
        chosen,
        lambda database: [
            picture.day(hindsight(database, site, *day, now=now, life=life), *day, zone)
            for day in days
        ],
    )
    note = f"Times of {zone.key}. Made {clock.iso(now.replace(microsecond=0))} from the audit."
    return page(f"{site}: wanted and proven", drawn, note=note)


def _days(since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    on = clock.localise(since, zone).date()
    while True:
        start, end = clock.midnight(on, zone), clock.midnight(on + timedelta(1), zone)
        if start >= until:
            return
        if start < end:
            yield start, end
        on += timedelta(days=1)
