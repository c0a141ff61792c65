"""The tariff file that a schedule names: beside the schedule, or else among the shipped ones.

A schedule may be edited by somebody who may not read all that the service can. So a tariff is
looked for in the schedule's own folder alone, and nothing is told of a file that is no tariff.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from scheduler.errors import ConfigurationError, Problem, ScheduleError
from scheduler.schedule import library, source
from scheduler.schedule.document import Document
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_file import tariff_of
from scheduler.schedule.wording import nearest, shown

_OWN_KEYS = frozenset({"tariff", "seasons", "windows"})


def tariff(name: str, schedule: Document, folder: Path) -> Tariff:
    """The tariff that `schedule`, which stands in `folder`, calls `name`. Raises ScheduleError."""
    path, shown_as = _found(name, schedule, folder)
    try:
        text = source.read_text(path, shown_as)
    except ScheduleError as error:
        told = (_at_name(schedule, f"{shown_as}: {each.message}") for each in error.problems)
        raise ScheduleError(tuple(told)) from None
    return replace(tariff_of(_composed(text, shown_as)), id=path.stem, path=path, text=text)


def _found(name: str, schedule: Document, folder: Path) -> tuple[Path, str]:
    if Path(name).is_absolute() or ".." in Path(name).parts:
        message = f"{shown(name)} leads out of the schedule's folder. {_way_out(name)}"
        raise ScheduleError((_at_name(schedule, message),))
    if _exists(folder / name):
        if not _inside(folder / name, folder):
            message = f"{shown(name)} is a link out of the schedule's folder. {_way_out(name)}"
            raise ScheduleError((_at_name(schedule, message),))
        return folder / name, str(Path(schedule.file).parent / name)
    with suppress(ConfigurationError):
        if _exists(library.shipped() / name):
            return library.shipped() / name, name
    raise ScheduleError((_at_name(schedule, _missing(name)),))


def _composed(text: str, shown_as: str) -> Document:
    try:
        document = source.compose(text, shown_as)
    except ScheduleError as error:
        # What else was found before the break may show what the file holds.
        raise ScheduleError(tuple(each for each in error.problems if each.id == "yaml")) from None
    keys = document.data.keys() if isinstance(document.data, dict) else frozenset[str]()
    if _OWN_KEYS.isdisjoint(keys):
        message = "This is no tariff: it has none of the keys tariff, seasons and windows."
        raise ScheduleError((Problem(document.place(()), "", message, "tariff"),))
    return document


def _inside(path: Path, folder: Path) -> bool:
    """Whether a path is in a folder, or among the shipped files, when all links are followed."""
    try:
        real = path.resolve(strict=True)
        return real.is_relative_to(folder.resolve()) or real.is_relative_to(
            library.shipped().resolve()
        )
    except (OSError, RuntimeError, ConfigurationError):
        return False


def _exists(path: Path) -> bool:
    """Whether something stands there, be it readable or not."""
    try:
        return path.exists()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False


def _way_out(name: str) -> str:
    return f"Copy the file beside the schedule, and write tariffs/{Path(name).stem or 'ID'}.yaml."


def _missing(name: str) -> str:
    guess = None
    with suppress(ConfigurationError):
        guess = nearest(Path(name).stem, library.ids())
    way_out = f"Did you mean tariffs/{guess}.yaml?" if guess else "See tou tariff list."
    return f"There is no file {shown(name)} here or among the shipped ones. {way_out}"


def _at_name(schedule: Document, message: str) -> Problem:
    return Problem(schedule.place(("tariff",)), "tariff", message, "tariff")
