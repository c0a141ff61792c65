"""The way in: a schedule file becomes a checked `Schedule`, or the list of all that is wrong.

Reads the schedule and the tariff it names, and nothing else; needs no network and no clock.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from scheduler.errors import ConfigurationError, Problem, ScheduleError
from scheduler.schedule import library, source, text
from scheduler.schedule.complaints import position, problems_of
from scheduler.schedule.draft import Draft, Part, condition_of, parts_of
from scheduler.schedule.lint import lint
from scheduler.schedule.model import JobFile, RuleFile, ScheduleFile
from scheduler.schedule.source import Document
from scheduler.schedule.tariff import Bare, Tariff, bare
from scheduler.schedule.tariff_file import load_tariff
from scheduler.schedule.values import Inset, Job, Rule, Schedule
from scheduler.schedule.wording import nearest, shown
from scheduler.setting import Setting


@dataclass(frozen=True, slots=True)
class Loaded:
    """A schedule that is right, and what is doubtful about it all the same."""

    schedule: Schedule
    warnings: tuple[Problem, ...] = ()


def load_schedule(path: Path, *, shown_as: str | None = None, today: date | None = None) -> Loaded:
    """The schedule of a file, with the tariff it names.

    `today` is the local date; without it nothing is said about dates that are over. Raises
    ScheduleError with all problems of both files, ConfigurationError when the file cannot be read.
    """
    name = shown_as or str(path)
    return parse_schedule(source.read_text(path, name), name, folder=path.parent, today=today)


def parse_schedule(written: str, file: str, *, folder: Path, today: date | None = None) -> Loaded:
    """As `load_schedule`, of a text that messages call `file` and that stands in `folder`."""
    document = source.compose(written, file)
    calendar, found = _calendar(document, folder)
    shape, faults = _shape(document)
    rules, jobs = parts_of(document, "rules", RuleFile), parts_of(document, "jobs", JobFile)
    sense = lint(Draft(document, rules, jobs, calendar, today))
    problems = sorted(
        dict.fromkeys((*document.problems, *faults, *found, *sense)),
        key=lambda each: (each.place.file != file, position(each)),
    )
    errors = [each for each in problems if each.severity == "error"]
    if errors or shape is None or calendar is None:
        raise ScheduleError(tuple(problems))
    return Loaded(_schedule(document, shape, calendar, rules, jobs), tuple(problems))


def _shape(document: Document) -> tuple[ScheduleFile | None, list[Problem]]:
    try:
        return ScheduleFile.model_validate(document.data), []
    except ValidationError as error:
        return None, problems_of(ScheduleFile, error, document)


def _calendar(document: Document, folder: Path) -> tuple[Tariff | Bare | None, list[Problem]]:
    """The tariff, or the zone alone; None where there is none or it is wrong."""
    data = document.data if isinstance(document.data, dict) else {}
    if "tariff" not in data:
        with suppress(ValueError):
            return bare(text.timezone(data.get("timezone"))), []
        return None, []
    try:
        named = text.path(data["tariff"])
        return _tariff(document, folder, named), []
    except ScheduleError as error:
        return None, list(error.problems)
    except ConfigurationError as error:
        return None, [_at_tariff(document, str(error))]
    except ValueError:
        return None, []


def _tariff(document: Document, folder: Path, named: str) -> Tariff:
    beside = Path(document.file).parent / named
    if _is_file(folder / named):
        return load_tariff(folder / named, shown_as=str(beside))
    with suppress(ConfigurationError):
        shipped = library.shipped() / named
        if _is_file(shipped):
            return load_tariff(shipped, shown_as=named)
    raise ScheduleError((_at_tariff(document, _missing(named)),))


def _missing(named: str) -> str:
    guess = None
    with suppress(ConfigurationError):
        guess = nearest(Path(named).stem, library.ids())
    way_out = f"Did you mean tariffs/{guess}.yaml?" if guess else "See tou tariff list."
    return f"There is no file {shown(named)} here or among the shipped ones. {way_out}"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        return True
    except OSError:
        return False


def _at_tariff(document: Document, message: str) -> Problem:
    return Problem(document.place(("tariff",)), "tariff", message, "tariff")


def _schedule(
    document: Document,
    shape: ScheduleFile,
    calendar: Tariff | Bare,
    rules: tuple[Part[RuleFile], ...],
    jobs: tuple[Part[JobFile], ...],
) -> Schedule:
    tariff = calendar if isinstance(calendar, Tariff) else None
    return Schedule(
        name=shape.schedule,
        file=document.file,
        timezone=calendar.timezone,
        calendar=calendar,
        tariff_name=tariff.name if tariff else None,
        peak_periods=tariff.peak_periods if tariff else frozenset(),
        rules=tuple(_rule(document, each) for each in rules),
        jobs=tuple(_job(document, each) for each in jobs),
        digest=_digest(document, tariff),
        season_names=frozenset(tariff.season_names) if tariff else frozenset(),
        period_names=tariff.period_names if tariff else frozenset(),
        tariff_place=document.place(("tariff" if tariff else "timezone",)),
    )


def _rule(document: Document, part: Part[RuleFile]) -> Rule:
    file = part.file
    return Rule(
        name=file.name,
        condition=condition_of(file),
        inset=Inset(file.inset.start, file.inset.end),
        setting=Setting(file.mode, file.reserve.value),
        place=document.place(part.loc),
    )


def _job(document: Document, part: Part[JobFile]) -> Job:
    file = part.file
    return Job(
        name=file.name,
        do=file.do,
        at=file.at,
        condition=condition_of(file),
        place=document.place(part.loc),
        install=file.install,
        limit=file.limit,
        allow_on_peak=file.allow_on_peak,
    )


def _digest(document: Document, tariff: Tariff | None) -> str:
    both = f"{document.text}\0{tariff.text_digest if tariff else ''}"
    return hashlib.sha256(both.encode()).hexdigest()
