"""`tou notify digest`: the week as a digest, from the audit and the meters it kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from scheduler import clock
from scheduler.audit import review
from scheduler.audit.answers import Event
from scheduler.audit.database import Database
from scheduler.audit.questions import Questions
from scheduler.cli.audit_question import asked, display_zone, life_of
from scheduler.cli.times import parse_instant
from scheduler.errors import SchedulerError
from scheduler.outlets.digest import Week, digest
from scheduler.outlets.hindsight import LOOKED_BACK, hindsight
from scheduler.outlets.notices.hours import Weekly
from scheduler.outlets.notices.notice import Notice, stories, title
from scheduler.schedule.load import load_schedule
from scheduler.schedule.values import Schedule
from scheduler.settings import Settings

LAST = "last"
_AT_ONCE = Weekly(0, 0)


def of_week(chosen: Settings, given: str, *, now: datetime) -> Notice:
    """The digest of the week that a person means: `last`, or one by any day of it. Raises
    SchedulerError where there is no audit, click.UsageError for a week to come."""
    zone = display_zone(chosen)
    if given == LAST:
        return of_monday(chosen, _AT_ONCE.week(now, zone), zone, now=now)
    local = clock.localise(parse_instant(given, now=now, zone=zone), zone)
    if local > clock.localise(now, zone):
        raise click.UsageError("That week is still to come. `tou plan` shows what will be wanted.")
    midnight = local.replace(tzinfo=None, fold=0, hour=0, minute=0, second=0, microsecond=0)
    return of_monday(chosen, midnight - timedelta(days=midnight.weekday()), zone, now=now)


def key_of(monday: datetime) -> str:
    """Of the notice that is the digest of a week."""
    return f"digest {monday:%Y-%m-%d}"


def of_monday(chosen: Settings, monday: datetime, zone: ZoneInfo, *, now: datetime) -> Notice:
    """The digest of the week that begins at a wall-clock midnight."""
    span = (_instant(monday, zone), _instant(monday, zone, days=7))
    text = digest(asked(chosen, lambda database: _week(database, chosen, span, zone, now)))
    head = text.split(". ")[0].splitlines()[0]
    return Notice(key_of(monday), "digest", title(chosen.site, head), text)


def _week(
    database: Database,
    chosen: Settings,
    span: tuple[datetime, datetime],
    zone: ZoneInfo,
    now: datetime,
) -> Week:
    start, end = span
    facts = hindsight(database, chosen.site, start, end, now=now, life=life_of(chosen))
    runs = review.runs(database, site=chosen.site, since=start, until=end, job="switch")
    told = review.events(database, site=chosen.site, kind="incident", since=start - LOOKED_BACK)
    gateway = Questions(database, chosen.site).events("gateway", start - LOOKED_BACK, end)
    found = [each for each in stories(told) if each.since < end]
    return Week(
        facts=replace(facts, runs=tuple(runs)),
        zone=zone,
        stories=tuple(each for each in found if each.until is None or each.until >= start),
        firmware=tuple(each for each in _arrivals(gateway) if each.at >= start),
        ahead=_ahead(chosen),
    )


def _arrivals(events: Iterable[Event]) -> Iterator[Event]:
    """Where the firmware became another one. Older audits note the one that each start meets,
    without the one before."""
    known = None
    for each in events:
        if each.name == "firmware":
            before, known = each.detail.get("before") or known, each.detail.get("firmware")
            if before not in (None, known):
                yield each


def _ahead(chosen: Settings) -> Schedule | None:
    try:
        return load_schedule(chosen.schedule_path).schedule
    except SchedulerError:
        return None


def _instant(midnight: datetime, zone: ZoneInfo, *, days: int = 0) -> datetime:
    return (midnight + timedelta(days=days)).replace(tzinfo=zone).astimezone(UTC)
