"""A schedule as it stood in an earlier git revision, with the tariff of that revision."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path, PurePosixPath

import click

from scheduler.schedule import source
from scheduler.schedule.load import load_schedule, parse_schedule
from scheduler.schedule.values import Schedule
from scheduler.schedule.wording import shown

_PATIENCE = 20


def schedule_of(named: str, in_force: Path) -> Schedule:
    """The schedule of a file; of a revision of the one in force, such as `HEAD~1`; or of
    `HEAD~1:schedules/home.yaml`, whose path counts from the root of the repository.

    Raises ConfigurationError where the schedule is wrong, click.UsageError where there is none.
    """
    path = Path(named)
    if path.is_file() or (":" not in named and path.suffix in (".yaml", ".yml")):
        return load_schedule(path).schedule
    revision, _, inside = named.partition(":")
    if not inside:
        return _at(revision, in_force.resolve().parent, in_force.resolve().name)
    here = Path.cwd()
    folder = here if _inside_repository(here) else in_force.resolve().parent
    root = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
    return _at(revision, (root / inside).parent, PurePosixPath(inside).name)


def _at(revision: str, folder: Path, name: str) -> Schedule:
    """The tariff is that of the revision; where it has none, the one that stands there now."""
    folder = folder if folder.is_dir() else folder.parent
    commit = _commit(folder, revision)
    text = _git(folder, "show", f"{commit}:./{name}")
    shown_as = f"{revision}:{name}"
    data = source.compose(text, shown_as).data
    tariff = data.get("tariff") if isinstance(data, dict) else None
    with tempfile.TemporaryDirectory() as made:
        if isinstance(tariff, str) and _put(folder, commit, tariff, Path(made)):
            return parse_schedule(text, shown_as, folder=Path(made)).schedule
        return parse_schedule(text, shown_as, folder=folder).schedule


def _put(folder: Path, commit: str, tariff: str, made: Path) -> bool:
    """Writes the revision's tariff below `made`; False where the revision has none there."""
    below = PurePosixPath(tariff)
    if below.is_absolute() or ".." in below.parts:
        return False
    answer = _run(folder, "show", f"{commit}:./{tariff}")
    if answer.returncode:
        return False
    target = made / below
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(answer.stdout, encoding="utf-8")
    return True


def _inside_repository(folder: Path) -> bool:
    return _run(folder, "rev-parse", "--show-toplevel").returncode == 0


def _commit(folder: Path, revision: str) -> str:
    if not _inside_repository(folder):
        raise click.UsageError(
            f"{shown(revision)} is no file, and {folder} is in no git repository. "
            "Give a schedule file."
        )
    found = _run(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if found.returncode:
        raise click.UsageError(
            f"{shown(revision)} is neither a file nor a git revision in {folder}. "
            "Give a schedule file, or a revision such as HEAD~1."
        )
    return found.stdout.strip()


def _git(folder: Path, *words: str) -> str:
    answer = _run(folder, *words)
    if answer.returncode:
        said = answer.stderr.strip().removeprefix("fatal: ")
        raise click.UsageError(f"git cannot show that: {said}")
    return answer.stdout


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 -- no shell; a revision is resolved to a commit first
            ["git", "-C", str(folder), *words],  # noqa: S607 -- the git of the person's own PATH
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        raise click.UsageError("git is not installed, so revisions cannot be read.") from None
    except (subprocess.TimeoutExpired, OSError) as error:
        raise click.UsageError(f"git does not answer: {error}") from None
