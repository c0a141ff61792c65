"""What a person means by FILE or ID: a schedule, a tariff of their own, or a shipped one; without
one the schedule in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import click

from scheduler import settings
from scheduler.cli.table import printable
from scheduler.errors import ConfigurationError, ScheduleError
from scheduler.schedule import library, source
from scheduler.schedule.load import load_schedule
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_file import load_tariff
from scheduler.schedule.values import Schedule
from scheduler.schedule.wording import did_you_mean, listed, shown


def file_of(given: str | None) -> Path:
    """The file of a path or of a tariff's id. Raises ConfigurationError with the nearest id."""
    if given is None:
        return settings.load().schedule_path
    path = Path(given)
    if path.suffix in (".yaml", ".yml") or "/" in given or path.exists():
        return path
    mine, shipped = library.own_files(beside()), library.ids()
    if given in mine:
        return mine[given]
    if given in shipped:
        return library.shipped() / "tariffs" / f"{given}.yaml"
    hint = _meant(given, (*shipped, *mine)) or " `tou tariff list` shows the ids."
    raise ConfigurationError(f"There is no file {shown(given)}, and no tariff of that id.{hint}")


def _meant(given: str, known: Sequence[str]) -> str:
    """The ids that begin so, else the nearest one."""
    found = [each for each in known if given and each.startswith(given.casefold())]
    if 0 < len(found) <= 3:
        return f" Did you mean {listed(found, 'or')}?"
    return did_you_mean(given, known)


def is_tariff(path: Path) -> bool:
    """Whether the file is a tariff and no schedule, as its keys tell, be it right or wrong."""
    data = source.compose(source.read_text(path, str(path)), str(path)).data
    return isinstance(data, dict) and "windows" in data and "rules" not in data


def schedule_in(path: Path) -> Schedule:
    """The schedule of a file. Raises ScheduleError with its problems, click.UsageError where it is
    a tariff."""
    try:
        return load_schedule(path).schedule
    except ScheduleError:
        if not is_tariff(path):
            raise
    shipped = path.parent == library.shipped() / "tariffs"
    name = path.stem if shipped else printable(str(path))
    raise click.UsageError(
        f"{name} is a tariff: it says when each price holds, not what the battery does then. Give "
        f"a schedule, whose rules say that. The tariff's own hours: tou tariff show {name}"
    )


def only_one(*given: object) -> None:
    """Raises click.UsageError where a file is named twice over."""
    if sum(each is not None for each in given) > 1:
        raise click.UsageError("Give one file: FILE, or one of the options that name one.")


# --- tariffs


@dataclass(frozen=True, slots=True)
class Found:
    """A tariff, and the file of a person's own that it stands in; None for a shipped one."""

    tariff: Tariff
    file: Path | None = None

    @property
    def hides(self) -> str | None:
        """The shipped tariff whose place it takes for the schedules beside it."""
        return library.takes_the_place_of(self.file, library.ids()) if self.file else None


def beside() -> Path:
    """The folder whose `tariffs/` has a person's own: that of the schedule in force, else here."""
    with suppress(ConfigurationError):
        if schedule := settings.load().schedule:
            return schedule.parent
    return Path()


def find(given: str) -> Found:
    """The tariff of an id, or of a file. Raises click.UsageError with the nearest id."""
    path = Path(given)
    if path.suffix in (".yaml", ".yml") or ("/" in given and path.is_file()):
        return _own(path)
    mine, known = library.own_files(beside()), library.ids()
    if given in mine:
        return _own(mine[given])
    if given in known:
        return Found(library.load(given))
    if path.is_file():
        return _own(path)
    hint = did_you_mean(given, (*known, *mine)) or " `tou tariff list` shows them."
    raise click.UsageError(
        f"There is no tariff {shown(given)}, shipped or your own, and no file of that name.{hint}"
    )


def every() -> Iterator[Found]:
    """The shipped ones, then one's own; of a broken file only its fault is said, on stderr."""
    yield from (Found(library.load(each)) for each in library.ids())
    for path in library.own_files(beside()).values():
        try:
            yield _own(path)
        except ScheduleError as error:
            first, *more = error.problems
            rest = f" And {len(more)} more: tou check {path}" if more else ""
            click.echo(f"{first}{rest}", err=True)
        except ConfigurationError as error:
            click.echo(str(error), err=True)


def _own(path: Path) -> Found:
    return Found(replace(load_tariff(path), id=path.stem), path)
