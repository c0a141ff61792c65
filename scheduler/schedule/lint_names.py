"""Checks of names: what the file calls periods, seasons, rules, jobs and its zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from scheduler.schedule import text
from scheduler.schedule.document import Data, Loc
from scheduler.schedule.draft import Draft
from scheduler.schedule.finding import Finding
from scheduler.schedule.values import JobKind, PeriodEdge
from scheduler.schedule.wording import did_you_mean, listed, shown

MOST_ENTRIES = 500
"""Some questions compare each rule with every other."""
_FIRMWARE_KEYS = ("install", "limit", "allow_on_peak")


def timezone(draft: Draft) -> Iterator[Finding]:
    """A schedule has a tariff, or else a timezone; where it has both, they agree."""
    data = draft.document.data
    if not isinstance(data, dict):
        return
    if "tariff" not in data and "timezone" not in data:
        way_out = "Write tariff: and its file, or timezone: where there is no tariff."
        yield Finding((), f"There is neither a tariff nor a timezone. {way_out}")
    tariff, zone = draft.tariff, data.get("timezone")
    if tariff and isinstance(zone, str) and zone.strip() != tariff.timezone:
        message = (
            f"{shown(zone)} is not the zone of {tariff.name}, which is {tariff.timezone}. "
            "Remove this line; the tariff's zone holds."
        )
        yield Finding(("timezone",), message)


def unknown_period(draft: Draft) -> Iterator[Finding]:
    """A period that is named is one of the tariff's."""
    known = sorted(draft.tariff.periods) if draft.tariff else []
    yield from _unknown(draft, "period", known, _periods(draft))


def unknown_season(draft: Draft) -> Iterator[Finding]:
    """A season that is named is one of the tariff's."""
    known = list(draft.tariff.season_names) if draft.tariff else []
    yield from _unknown(draft, "season", known, _seasons(draft))


def duplicate_name(draft: Draft) -> Iterator[Finding]:
    """No two rules share a name, and no two jobs."""
    for entries in (draft.rules, draft.jobs):
        lines: dict[str, int] = {}
        for entry in entries:
            name, loc = entry.file.name, (*entry.loc, "name")
            if name in lines:
                what = entry.loc[0].removesuffix("s")
                message = f"{shown(name)} is the name of another {what}, on line {lines[name]}."
                yield Finding(loc, f"{message} Give each its own.")
            elif name is not None:
                lines[name] = draft.document.place(loc).line


def too_many(draft: Draft) -> Iterator[Finding]:
    """There are no more than 500 rules, and as many jobs."""
    for key, entries in (("rules", draft.rules), ("jobs", draft.jobs)):
        if len(entries) > MOST_ENTRIES:
            message = f"{len(entries)} {key} are more than {MOST_ENTRIES}. Say it with fewer."
            yield Finding((key,), message, at_key=True)


def job_key(draft: Draft) -> Iterator[Finding]:
    """install, limit and allow_on_peak stand with firmware_check alone."""
    for job in draft.jobs:
        if job.file.do in (None, JobKind.FIRMWARE_CHECK):
            continue
        for key in _FIRMWARE_KEYS:
            if key in job.keys:
                message = f"{key} stands with do: firmware_check alone. Remove it."
                yield Finding((*job.loc, key), message, at_key=True)


def _unknown(
    draft: Draft, what: str, known: list[str], named: Iterable[tuple[Loc, str]]
) -> Iterator[Finding]:
    if draft.calendar is None:
        return
    for loc, name in named:
        if not draft.tariff:
            message = f"{shown(name)} is a {what}, and there is no tariff to say when it is."
            yield Finding(loc, f"{message} Name a tariff, or use clock windows, days and dates.")
        elif name not in known:
            guess = did_you_mean(name, known)
            names = f"It has {listed(known)}."
            message = f"{shown(name)} is not a {what} of {draft.tariff.name}.{guess} {names}"
            yield Finding(loc, message)


def _periods(draft: Draft) -> Iterator[tuple[Loc, str]]:
    for rule in draft.rules:
        for loc, item in _items(draft, (*rule.loc, "during")):
            if isinstance(name := _understood(text.during, item), str):
                yield loc, name
    for job in draft.jobs:
        if isinstance(job.file.at, PeriodEdge):
            yield (*job.loc, "at"), job.file.at.period


def _seasons(draft: Draft) -> Iterator[tuple[Loc, str]]:
    for entry in draft.entries:
        for loc, item in _items(draft, (*entry.loc, "seasons")):
            if isinstance(name := _understood(text.season, item), str):
                yield loc, name


def _items(draft: Draft, loc: tuple[int | str, ...]) -> Iterator[tuple[Loc, Data]]:
    """The items at `loc` as written, so that one wrong item does not hide the others."""
    found = draft.document.at(loc)
    if not isinstance(found, list):
        yield loc, found
        return
    for index, item in enumerate(found):
        yield (*loc, index), item


def _understood(parse: Callable[[object], object], item: Data) -> object:
    try:
        return parse(item)
    except ValueError:
        return None
