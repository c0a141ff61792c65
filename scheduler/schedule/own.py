"""Tariff files of one's own: those in the folder `tariffs` beside a schedule, by id or by path."""

from __future__ import annotations

from pathlib import Path

from scheduler.errors import SchedulerError

FOLDER = "tariffs"
_ENDINGS = (".yaml", ".yml")


def files(beside: Path) -> dict[str, Path]:
    """The tariff files in `tariffs/` of a folder, by id, sorted."""
    folder = beside / FOLDER
    try:
        found = [path for path in folder.iterdir() if path.suffix in _ENDINGS and path.is_file()]
    except OSError:
        return {}
    return {path.stem: path for path in sorted(found)}


def takes_the_place_of(path: Path, shipped_ids: tuple[str, ...]) -> str | None:
    """The shipped tariff that schedules beside it would no longer see, were this file there."""
    if path.absolute().parent.name != FOLDER:
        return None
    return next((each for each in shipped_ids if each.casefold() == path.stem.casefold()), None)


def refuse_hiding(path: Path, shipped_ids: tuple[str, ...]) -> None:
    """Refuse a file that would take the place of a shipped tariff. Raises SchedulerError."""
    if hidden := takes_the_place_of(path, shipped_ids):
        raise SchedulerError(
            f"{hidden} is a shipped tariff, checked and with its holidays: {path} would take its "
            f"place for the schedules beside it. `tou tariff show {hidden}` draws the shipped one; "
            f"to have both, give the new one a name of its own: --id my-{hidden}"
        )
