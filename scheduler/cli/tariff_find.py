"""Which tariff a person means: one of their own, by id or path, or a shipped one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import click

from scheduler import settings
from scheduler.errors import ConfigurationError, ScheduleError
from scheduler.schedule import library, own
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_file import load_tariff
from scheduler.schedule.wording import did_you_mean, shown


@dataclass(frozen=True, slots=True)
class Found:
    """A tariff, and the file of a person's own that it stands in; None for a shipped one."""

    tariff: Tariff
    file: Path | None = None

    @property
    def hides(self) -> str | None:
        """The shipped tariff whose place it takes for the schedules beside it."""
        return own.takes_the_place_of(self.file, library.ids()) if self.file else None


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
    mine, known = own.files(beside()), library.ids()
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
    for path in own.files(beside()).values():
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
