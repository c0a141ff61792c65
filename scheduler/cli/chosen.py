"""Which file a person means: a schedule, or a tariff by id or path; without one the schedule in
force."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from scheduler import settings
from scheduler.cli.table import printable
from scheduler.cli.tariff_find import beside
from scheduler.errors import ConfigurationError, ScheduleError
from scheduler.schedule import library, own, source
from scheduler.schedule.load import load_schedule
from scheduler.schedule.values import Schedule
from scheduler.schedule.wording import did_you_mean, listed, shown


def file_of(given: str | None) -> Path:
    """The file of a path or of a tariff's id. Raises ConfigurationError with the nearest id."""
    if given is None:
        return settings.load().schedule_path
    path = Path(given)
    if path.suffix in (".yaml", ".yml") or "/" in given or path.exists():
        return path
    mine, shipped = own.files(beside()), library.ids()
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
