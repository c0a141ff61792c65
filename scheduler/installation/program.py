"""Puts the running program where the service finds it: a copy of its packages in a venv of the
system's Python. Fetches nothing: what was tried by hand is what will run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from scheduler.errors import ConfigurationError, SchedulerError
from scheduler.installation.places import HOME, Places

NAME: Final = "tou-scheduler"
_HIDDEN: Final = (Path("/home"), Path("/root"), Path("/run/user"))
"""What `ProtectHome=yes` of the units hides."""
_PATIENCE: Final = 300.0
_SCRIPT: Final = f"""\
#!{HOME}/venv/bin/python
from scheduler.cli import main

main()
"""


def in_place(places: Places) -> bool:
    """Whether the program that runs is the service's own."""
    return Path(sys.prefix).resolve() == places.venv.resolve()


def put(places: Places) -> Path:
    """Copy the program; the Python it will run with. Raises SchedulerError.

    The new one is whole before it takes the old one's place.
    """
    python, found = service_python(), list(distributions())
    new, old = places.home / "venv.new", places.home / "venv.old"
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    places.home.mkdir(mode=0o755, parents=True, exist_ok=True)
    _run(str(python), "-m", "venv", "--without-pip", str(new))
    site = new / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    for distribution in found:
        _copy(distribution, site)
    _finish(new, site)
    if places.venv.exists():
        places.venv.rename(old)
    new.rename(places.venv)
    shutil.rmtree(old, ignore_errors=True)
    return python


def _finish(venv: Path, site: Path) -> None:
    script = venv / "bin" / "tou"
    script.write_text(_SCRIPT, encoding="utf-8")
    script.chmod(0o755)
    for file in (venv / "bin").glob("[Aa]ctivate*"):
        file.unlink()  # nobody works in it, and they name the place where it was made
    config = venv / "pyvenv.cfg"
    config.write_text(config.read_text("utf-8").replace(str(venv), f"{HOME}/venv"), "utf-8")
    # The service may not write where it stands, so it would compile at each start.
    where = ("-s", str(venv), "-p", f"{HOME}/venv", str(site))
    _run(str(venv / "bin" / "python"), "-m", "compileall", "-q", *where)


def service_python() -> Path:
    """A Python that a service can reach, of the version whose packages these are.

    Raises ConfigurationError.
    """
    # The system's name for it outlives its patch releases.
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for place in (Path("/usr/bin"), Path("/usr/local/bin")):
        if (place / name).exists() and not hidden(place / name):
            return place / name
    # `executable` of a venv; its base is what a venv can be made of.
    running = Path(os.path.realpath(sys.executable))
    if not hidden(running):
        return running
    raise ConfigurationError(
        f"This program runs with {running}, in a home folder, where a service cannot reach it, and"
        f" the system has no {name}. Install the program with the system's Python: uv tool install"
        " --python /usr/bin/python3 tou-scheduler"
    )


def hidden(path: Path) -> bool:
    """Whether a unit with `ProtectHome=yes` does not see it."""
    return any(Path(os.path.realpath(path)).is_relative_to(home) for home in _HIDDEN)


def distributions() -> Iterator[metadata.Distribution]:
    """The program's own distribution, and all that it asks for that are installed.

    Raises ConfigurationError for a checkout.
    """
    waiting, seen = [NAME], {NAME}
    while waiting:
        try:
            found = metadata.distribution(waiting.pop())
        except metadata.PackageNotFoundError:
            continue  # of another system, or of an extra that was not asked for
        if _editable(found):
            raise ConfigurationError(
                f"{found.name} runs from a checkout, which a service cannot rely on. Run: sudo make"
                " install"
            )
        yield found
        names = {_plain(re.split(r"[^\w.-]", each)[0]) for each in found.requires or ()}
        waiting += sorted(names - seen)
        seen |= names


def _editable(found: metadata.Distribution) -> bool:
    came_from = json.loads(found.read_text("direct_url.json") or "{}")
    return bool(came_from.get("dir_info", {}).get("editable"))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _copy(distribution: metadata.Distribution, site: Path) -> None:
    for file in distribution.files or ():
        # Scripts stand outside (`../../../bin`); ours is written anew, and no other is needed.
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        target = site / file
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.copyfile(str(distribution.locate_file(file)), target)
        target.chmod(0o644)


def _run(*words: str) -> None:
    try:
        subprocess.run(  # noqa: S603 -- a Python of the system, and words of ours
            words, check=True, capture_output=True, text=True, timeout=_PATIENCE
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip()
        raise SchedulerError(f"`{' '.join(words[:3])}` failed: {said}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SchedulerError(f"`{' '.join(words[:3])}` failed: {error}") from None
