"""Takes the service away again: what was laid down, and no file that a person wrote."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scheduler.installation.lay import recorded
from scheduler.installation.places import ETC, STATE, Places, units

_STATES: Final = (STATE, STATE.with_name("tou-notify"), STATE.with_name("tou-mqtt"))


def remove(places: Places, *, purge: bool = False) -> tuple[str, ...]:
    """Remove what was laid down, and with `purge` also what a person wrote; the paths of what
    stays."""
    # Asked before the program itself goes, which knows the names of its units.
    theirs = [path for path in _theirs(places) if os.path.lexists(path)]
    for name in recorded(places):
        places.at(name).unlink(missing_ok=True)
    shutil.rmtree(places.home, ignore_errors=True)
    for path in theirs if purge else ():
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path, ignore_errors=True)
    return () if purge else tuple(f"/{path.relative_to(places.root)}" for path in theirs)


def _theirs(places: Places) -> Iterator[Path]:
    """Settings, schedules, secrets; drop-ins and edited units; the audit and what else was kept."""
    yield places.at(ETC)
    for unit in units():
        yield places.own_units / f"{unit.name}.d"
        yield places.own_units / f"{unit.name}.before"
    for state in _STATES:
        yield places.at(state)
        yield places.at(state.parent / "private" / state.name)
