"""The shipped tariffs, by id: `schedules/tariffs/<id>.yaml`; and the example schedules."""

from __future__ import annotations

from pathlib import Path

from scheduler.errors import ConfigurationError
from scheduler.schedule import shipped as _shipped
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_file import load_tariff
from scheduler.schedule.wording import did_you_mean, shown


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
