"""Which notices a history of incidents asks for: one when it opens, one when it is over. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from scheduler import clock
from scheduler.audit.views import EntryView
from scheduler.outside import said

Level = Literal["failure", "warning", "recovery", "digest", "test"]
LEVELS: Final[tuple[Level, ...]] = ("failure", "warning", "recovery", "digest", "test")
OVER: Final = " over"
"""Ends the key of the notice that what another one told is over."""
EARLY: Final = "unwritten "
"""Begins the key of an incident that has no entry."""
_TITLE: Final = 90


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to be told. Its key is the same each time it is asked for."""

    key: str
    level: Level
    title: str
    body: str
    urgent: bool = False
    """Whether quiet hours do not hold it back."""


@dataclass(frozen=True, slots=True)
class Story:
    """An incident from its opening to its end, as the audit has it."""

    number: int | None
    """Of the entry that opened it; None where the audit could not take it yet."""
    reason: str
    text: str
    failing: bool
    since: datetime
    until: datetime | None = None
    runs: int = 0
    """Attempts between its two ends."""

    @property
    def key(self) -> str:
        """Of the notice that it is there."""
        return f"incident {self.number}"

    @property
    def early(self) -> str:
        """The same, where it was told before the audit could take it."""
        return early(self.reason, self.since)


def stories(entries: Iterable[EntryView]) -> tuple[Story, ...]:
    """The incidents of these entries, in the order in which they were opened. One whose opening
    is not among them is left out."""
    found: dict[int, Story] = {}
    for entry in entries:
        detail = entry.detail
        if entry.name == "opened":
            text, since = said(detail["text"], limit=500), str(detail["since"])
            failing = detail["word"] == "failing"
            told = Story(entry.id, str(detail["reason"]), text, failing, _at(since))
            found[entry.id] = told
        elif isinstance(number := detail.get("incident"), int) and number in found:
            found[number] = _over(found[number], str(detail["until"]), detail.get("runs"))
    return tuple(found.values())


def of_stories(
    told: Iterable[Story],
    *,
    site: str,
    zone: ZoneInfo,
    since: datetime,
    heard: Callable[[str], bool],
) -> Iterator[Notice]:
    """The notices that they ask for. What was over before `since` is history; `heard` says
    whether anybody was told a key."""
    for story in told:
        key = story.early if heard(story.early) else story.key
        if story.until is None:
            yield _opened(key, story, site, zone)
        elif story.until >= since:
            yield _closed(key, story, site, zone, knows=heard(key))


def of_unwritten(
    incidents: Iterable[Mapping[str, Any]], *, site: str, zone: ZoneInfo
) -> Iterator[Notice]:
    """The notices of incidents that the state tells of and the audit could not take yet, as where
    its disk is full."""
    for each in incidents:
        if each["id"] is None:
            text, failing = said(each["text"], limit=500), each["word"] == "failing"
            story = Story(None, each["reason"], text, failing, _at(each["since"]))
            yield _opened(story.early, story, site, zone)


def early(reason: str, since: datetime) -> str:
    """The key of an incident without an entry."""
    return f"{EARLY}{reason} {clock.iso(since)}"


def early_over(key: str, site: str, zone: ZoneInfo, now: datetime) -> Notice:
    """One of those is over, of which the audit never heard: the service was started anew."""
    reason, since = key.removeprefix(EARLY).split()
    body = f"Since {when(_at(since), zone)}, and gone at {when(now, zone)}."
    told = f"Over: what was told as {reason.replace('_', ' ')}"
    return Notice(key + OVER, "recovery", title(site, told), body, urgent=True)


def _opened(key: str, story: Story, site: str, zone: ZoneInfo) -> Notice:
    entry = f"entry {story.number} of" if story.number else "not yet in"
    body = (
        f"{story.text}\nSince {when(story.since, zone)} ({entry} the audit). "
        "`tou status` shows how it is now."
    )
    level: Level = "failure" if story.failing else "warning"
    return Notice(key, level, title(site, story.text), body, urgent=story.failing)


def _closed(key: str, story: Story, site: str, zone: ZoneInfo, *, knows: bool) -> Notice:
    assert story.until is not None
    lasted = span(story.until - story.since)
    attempts = f", with {story.runs} attempts in between" if story.runs else ""
    times = f"From {when(story.since, zone)} to {when(story.until, zone)}{attempts}."
    told = f"Over after {lasted}: {story.text}"
    urgent = knows and story.failing
    return Notice(key + OVER, "recovery", title(site, told), f"{told}\n{times}", urgent)


def title(site: str, text: str) -> str:
    """The site and what happened, short enough for a telephone."""
    return said(f"{site}: {text}", limit=_TITLE)


def when(instant: datetime, zone: ZoneInfo) -> str:
    """`Mon 23 Nov 16:05`, by the clock of the house."""
    return f"{clock.localise(instant, zone):%a %d %b %H:%M}"


def span(length: timedelta) -> str:
    """`40 s`, `12 min`, `3 h 5 min`, `2 d 4 h`."""
    seconds = max(0, int(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def _over(story: Story, until: str, runs: object) -> Story:
    count = runs if isinstance(runs, int) else 0
    return Story(
        story.number, story.reason, story.text, story.failing, story.since, _at(until), count
    )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
