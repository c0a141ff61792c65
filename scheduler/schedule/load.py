"""The way in: a schedule file becomes a checked `Schedule`, or the list of all that is wrong.

Reads the schedule and the tariff it names, and nothing else; needs no network and no clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from scheduler.errors import Place, Problem, ScheduleError
from scheduler.schedule import source, text
from scheduler.schedule.complaints import position, shape_of
from scheduler.schedule.document import Document
from scheduler.schedule.draft import Draft, DraftPart, condition_of, parts_of
from scheduler.schedule.lint import lint
from scheduler.schedule.model import JobFile, RuleFile, ScheduleFile
from scheduler.schedule.tariff import Tariff, bare
from scheduler.schedule.values import Inset, Job, Rule, Schedule
from scheduler.setting import Setting


@dataclass(frozen=True, slots=True)
class Loaded:
    """A schedule that is right, and what is doubtful about it all the same."""

    schedule: Schedule
    warnings: tuple[Problem, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What was read, for the record: `text` of the schedule; `tariff`, its name as the schedule
    has it, and `tariff_text` where it names one."""


def load_schedule(
    path: Path, *, shown_as: str | None = None, now: datetime | None = None
) -> Loaded:
    """The schedule of a file, with the tariff it names.

    Without `now` nothing is said about dates that are over. Raises ScheduleError with all
    problems of both files.
    """
    name = shown_as or str(path)
    return parse_schedule(source.read_text(path, name), name, folder=path.parent, now=now)


def parse_schedule(written: str, file: str, *, folder: Path, now: datetime | None = None) -> Loaded:
    """As `load_schedule`, of a text that messages call `file` and that stands in `folder`."""
    document = source.compose(written, file)
    calendar, found = _calendar(document, folder)
    shape, faults, _ = shape_of(ScheduleFile, document)
    rules = parts_of(document, "rules", RuleFile, shape.rules if shape else None)
    jobs = parts_of(document, "jobs", JobFile, shape.jobs if shape else None)
    sense = lint(Draft(document, rules, jobs, calendar, now))
    problems = sorted(
        dict.fromkeys((*document.problems, *faults, *found, *sense)),
        key=lambda each: (each.place.file != file, position(each)),
    )
    errors = [each for each in problems if each.severity == "error"]
    if errors or shape is None or calendar is None:
        raise ScheduleError(tuple(problems))
    made = _schedule(document, shape, calendar, rules, jobs)
    return Loaded(made, tuple(problems), _texts(document, calendar))


def _texts(document: Document, calendar: Tariff) -> dict[str, str]:
    data = document.data if isinstance(document.data, dict) else {}
    named = data.get("tariff")
    found = {"tariff": str(named), "tariff_text": calendar.text} if calendar.text else {}
    return {"text": document.text, **found}


def _calendar(document: Document, folder: Path) -> tuple[Tariff | None, list[Problem]]:
    """The tariff, or the zone alone; None where there is none or it is wrong."""
    data = document.data if isinstance(document.data, dict) else {}
    try:
        if "tariff" not in data:
            return bare(text.timezone(data.get("timezone"))), []
        from scheduler.schedule import named  # half a megabyte that a schedule without one spares

        return named.tariff(text.path(data["tariff"]), document, folder), []
    except ScheduleError as error:
        return None, list(error.problems)
    except ValueError:
        # The shape tells it.
        return None, []


def _schedule(
    document: Document,
    shape: ScheduleFile,
    calendar: Tariff,
    rules: tuple[DraftPart[RuleFile], ...],
    jobs: tuple[DraftPart[JobFile], ...],
) -> Schedule:
    return Schedule(
        name=shape.schedule,
        file=document.file,
        timezone=calendar.timezone,
        calendar=calendar,
        tariff_name=calendar.name or None,
        peak_periods=calendar.peak_periods,
        rules=tuple(_rule(document, each) for each in rules),
        jobs=tuple(_job(document, each) for each in jobs),
        digest=hashlib.sha256(f"{document.text}\x00{calendar.text_digest}".encode()).hexdigest(),
        season_names=frozenset(calendar.season_names),
        period_names=calendar.period_names,
        drift=shape.drift,
        guards=None if shape.guards is None else tuple(shape.guards),
        tariff_place=document.place(("tariff" if calendar.periods else "timezone",)),
    )


def _rule(document: Document, part: DraftPart[RuleFile]) -> Rule:
    file = part.file
    return Rule(
        name=file.name,
        condition=condition_of(file),
        inset=Inset(file.inset.start, file.inset.end),
        setting=Setting(
            file.mode, file.reserve.value, file.grid_charging, file.export, file.at_least
        ),
        place=document.place(part.loc),
        charge=file.charge,
        places=_places(document, part),
    )


def _job(document: Document, part: DraftPart[JobFile]) -> Job:
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
        places=_places(document, part),
    )


def _places(document: Document, part: DraftPart[RuleFile] | DraftPart[JobFile]) -> dict[str, Place]:
    return {key: document.place((*part.loc, key)) for key in part.keys}
