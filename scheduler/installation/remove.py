"""Takes the service away again: what was laid down, and no file that a person wrote."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scheduler.installation.lay import recorded
from scheduler.installation.places import ETC, STATE, Places, units

_STATES: Final = (STATE, STATE.with_name("tou-notify"), STATE.with_name("tou-mqtt"))


def remove(places: Places) -> tuple[str, ...]:
    """Remove what was laid down; the paths of what stays."""
    stays = [path for path in theirs(places) if path.exists()]
    for name in recorded(places):
        places.at(name).unlink(missing_ok=True)
    shutil.rmtree(places.home, ignore_errors=True)
    return tuple(f"/{path.relative_to(places.root)}" for path in stays)


def purge(places: Places) -> None:
    """Remove what a person wrote, and the audit."""
    for path in theirs(places):
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path, ignore_errors=True)


def theirs(places: Places) -> Iterator[Path]:
    """The person's: settings, schedules, secrets; drop-ins; the audit and what else was kept."""
    yield places.at(ETC)
    for unit in units():
        yield places.own_units / f"{unit.name}.d"
    for state in _STATES:
        yield places.at(state)
        yield places.at(state.parent / "private" / state.name)
