"""A schedule as it stood in an earlier git revision, with the tariff of that revision."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath

from scheduler.cli import repository
from scheduler.cli.chosen import file_of, schedule_in
from scheduler.schedule import library, source
from scheduler.schedule.load import parse_schedule
from scheduler.schedule.values import Schedule

_ENDINGS = (".yaml", ".yml")


def schedule_of(named: str) -> Schedule:
    """The schedule of a file; of a revision of the one in force, such as `HEAD~1`; or of
    `HEAD~1:schedules/home.yaml`, whose path counts from the root of the repository.

    Raises ConfigurationError where the schedule is wrong, click.UsageError where there is none.
    """
    path = Path(named)
    if (path.exists() and not path.is_dir()) or (":" not in named and path.suffix in _ENDINGS):
        return schedule_in(path)
    if named in library.ids():
        return schedule_in(file_of(named))  # which says that it is a tariff
    revision, _, inside = named.partition(":")
    here = repository.root(Path.cwd()) if inside else None
    if here is not None:
        return _at(revision, here / inside)
    in_force = file_of(None).resolve()
    if not inside:
        return _at(revision, in_force)
    return _at(revision, (repository.root(in_force.parent) or in_force.parent) / inside)


def _at(revision: str, path: Path) -> Schedule:
    """The tariff is that of the revision; where it has none, the one that stands there now."""
    folder = next(each for each in path.parents if each.is_dir())
    inside = path.relative_to(folder)
    commit = repository.commit(folder, revision)
    text = repository.file_at(folder, commit, inside.as_posix())
    shown_as = f"{revision}:{path.name}"
    data = source.compose(text, shown_as).data
    tariff = data.get("tariff") if isinstance(data, dict) else None
    with tempfile.TemporaryDirectory() as made:
        if isinstance(tariff, str) and _put(folder, commit, inside.parent, tariff, Path(made)):
            return parse_schedule(text, shown_as, folder=Path(made)).schedule
        return parse_schedule(text, shown_as, folder=path.parent).schedule


def _put(folder: Path, commit: str, inside: Path, tariff: str, made: Path) -> bool:
    """Writes the revision's tariff below `made`; False where the revision has none there."""
    below = PurePosixPath(tariff)
    if below.is_absolute() or ".." in below.parts or "\0" in tariff:
        return False
    name = (inside / below).as_posix()
    if not repository.has_file(folder, commit, name):
        return False
    target = made / below
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(repository.file_at(folder, commit, name), encoding="utf-8")
    return True
