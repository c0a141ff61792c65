"""Tariffs by their id: the shipped ones in `schedules/tariffs/<id>.yaml`, and one's own in the
folder `tariffs` beside a schedule; and the example schedules."""

from __future__ import annotations

from pathlib import Path

from scheduler.errors import ConfigurationError, SchedulerError
from scheduler.schedule import shipped as _shipped
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_file import load_tariff
from scheduler.schedule.wording import did_you_mean, shown

FOLDER = "tariffs"
_ENDINGS = (".yaml", ".yml")


def shipped() -> Path:
    """The folder of the shipped schedules. Raises ConfigurationError when it is missing."""
    return _shipped.folder()


def ids() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (shipped() / "tariffs").glob("*.yaml")))


def examples() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (shipped() / "examples").glob("*.yaml")))


def example(name: str) -> Path:
    return shipped() / "examples" / f"{name}.yaml"


def load(id_: str) -> Tariff:
    """A shipped tariff. Raises ConfigurationError with the nearest id when there is none."""
    known = ids()
    if id_ not in known:
        guess = did_you_mean(id_, known) or " See tou tariff list."
        raise ConfigurationError(f"There is no shipped tariff {shown(id_)}.{guess}")
    return load_tariff(shipped() / "tariffs" / f"{id_}.yaml", shown_as=f"tariffs/{id_}.yaml")


def own_files(beside: Path) -> dict[str, Path]:
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
