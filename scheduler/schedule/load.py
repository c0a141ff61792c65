"""The entrance to this room: a schedule file in, a checked `Schedule` out, or all its problems."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from scheduler.errors import ConfigurationError, Problem, ScheduleError
from scheduler.schedule import library, source
from scheduler.schedule.complaints import position, problems_of
from scheduler.schedule.draft import Draft, Part, condition_of, parts_of
from scheduler.schedule.lint import lint
from scheduler.schedule.model import JobFile, RuleFile, ScheduleFile
from scheduler.schedule.setting import Setting
from scheduler.schedule.source import Document
from scheduler.schedule.tariff import Bare, Tariff, bare
from scheduler.schedule.tariff_file import load_tariff
from scheduler.schedule.values import Inset, Job, Rule, Schedule
from scheduler.schedule.wording import did_you_mean, shown


@dataclass(frozen=True, slots=True)
class Loaded:
    """A schedule that is right, and what a person should still know of it."""

    schedule: Schedule
    warnings: tuple[Problem, ...]


def load_schedule(
    path: Path, *, shown_as: str | None = None, today: date | None = None
) -> Loaded:
    """The schedule of a file with its tariff. `today` is the local date by which dates are judged
    to be past. Raises ScheduleError with all problems of both files, ConfigurationError when the
    schedule file cannot be read."""
    name = shown_as or str(path)
    document = source.compose(source.read_text(path, name), name)
    problems = list(document.problems)
    try:
        ScheduleFile.model_validate(document.data)
    except ValidationError as error:
        problems += problems_of(ScheduleFile, error, document)
    calendar, found = _calendar(document, path.parent)
    draft = Draft(
        document,
        parts_of(document, "rules", RuleFile),
        parts_of(document, "jobs", JobFile),
        calendar,
        today,
    )
    problems += [*found, *lint(draft)]
    ordered = sorted(dict.fromkeys(problems), key=position)
    if calendar is None or any(problem.severity == "error" for problem in ordered):
        raise ScheduleError(tuple(ordered))
    return Loaded(_schedule(draft, calendar, name), tuple(ordered))


def _calendar(
    document: Document, folder: Path
) -> tuple[Tariff | Bare | None, tuple[Problem, ...]]:
    """What says which day and period it is, and the problems met on the way to it."""
    data = document.data if isinstance(document.data, dict) else {}
    named, zone = data.get("tariff"), data.get("timezone")
    if isinstance(named, str) and named.strip():
        return _tariff(document, named.strip(), folder)
    if "tariff" in data or not isinstance(zone, str):
        return None, ()
    try:
        return bare(zone.strip()), ()
    except ValueError:
        # Told already, by the shape of the file.
        return None, ()


def _tariff(
    document: Document, named: str, folder: Path
) -> tuple[Tariff | None, tuple[Problem, ...]]:
    """The tariff file beside the schedule, or else the shipped one of that name."""
    if not named.isprintable():
        return None, ()
    try:
        beside = folder / named
        if beside.is_file():
            return load_tariff(beside), ()
        shipped = library.shipped() / named
        if shipped.is_file():
            return load_tariff(shipped, shown_as=named), ()
    except ScheduleError as error:
        return None, error.problems
    except (ConfigurationError, OSError, ValueError) as error:
        return None, (_at_tariff(document, str(error)),)
    known = (f"tariffs/{id_}.yaml" for id_ in library.ids())
    guess = did_you_mean(named, known) or " `tou tariff list` shows the shipped ones."
    message = f"There is no file {shown(named)}, neither in {folder}/ nor among the shipped ones."
    return None, (_at_tariff(document, message + guess),)


def _at_tariff(document: Document, message: str) -> Problem:
    return Problem(document.place(("tariff",)), "tariff", message, "tariff")


def _schedule(draft: Draft, calendar: Tariff | Bare, file: str) -> Schedule:
    tariff = draft.tariff
    whole = ScheduleFile.model_validate(draft.document.data)
    schedule = Schedule(
        name=whole.schedule,
        file=file,
        timezone=calendar.timezone,
        calendar=calendar,
        tariff_name=tariff.name if tariff else None,
        peak_periods=tariff.peak_periods if tariff else frozenset(),
        rules=tuple(_rule(draft, part) for part in draft.rules),
        jobs=tuple(_job(draft, part) for part in draft.jobs),
        digest=_digest(draft.document.text, tariff.text_digest if tariff else ""),
    )
    if tariff is None:
        return schedule
    return replace(
        schedule,
        season_names=frozenset(tariff.season_names),
        period_names=tariff.period_names,
    )


def _rule(draft: Draft, part: Part[RuleFile]) -> Rule:
    file = part.file
    return Rule(
        name=file.name,
        condition=condition_of(file),
        inset=Inset(file.inset.start, file.inset.end),
        setting=Setting(file.mode, file.reserve.value),
        place=draft.document.place(part.loc),
    )


def _job(draft: Draft, part: Part[JobFile]) -> Job:
    file = part.file
    return Job(
        name=file.name,
        do=file.do,
        at=file.at,
        condition=condition_of(file),
        place=draft.document.place(part.loc),
        install=file.install,
        limit=file.limit,
        allow_on_peak=file.allow_on_peak,
    )


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
