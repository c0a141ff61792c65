"""The files that `tou init` makes: what the settings say, and that nothing is overwritten."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from scheduler.advice import advise
from scheduler.errors import Problem, SchedulerError
from scheduler.schedule import zones
from scheduler.schedule.load import load_schedule
from scheduler.schedule.values import Schedule

SCHEDULE: Final = "home.yaml"
SETTINGS: Final = "settings.env"

_CREDENTIAL: Final = """\
# The password is a secret and does not belong here. For the service put it alone into
# /etc/tou-scheduler/gateway_password (0600, of root), which systemd hands over; to try by hand
# set TOU_GATEWAY_PASSWORD in the environment. Then pair once: tou gateway trust
"""
_OF_GATEWAY: Final = {
    "simulated": "# A battery that exists only here: nothing real is touched.\n",
    "local": f"TOU_GATEWAY_URL=https://powerwall\n{_CREDENTIAL}",
    "fleet": "# Sign in once, which asks for everything else: tou gateway login\n",
    "v1r": "# Pair once, with a walk to the Powerwall: tou gateway pair\n",
    "proxy": "TOU_PROXY_URL=http://127.0.0.1:8675\n"
    "# What stands behind it decides what is kept: v1r, fleet, or unknown (the narrower).\n"
    "TOU_PROXY_BACKEND=unknown\n"
    "# The control secret is a secret and does not belong here: credential proxy_secret, or to\n"
    "# try by hand TOU_PROXY_SECRET in the environment.\n",
}


def settings_text(schedule: Path, gateway: str) -> str:
    """The settings, as a shell, systemd and `.env` read them; no secret is in them."""
    return (
        "# Settings of tou, one per line; docs/settings.md lists them all. A command reads them\n"
        "# where TOU_SETTINGS_FILE names it; the service reads /etc/tou-scheduler/settings.env.\n"
        f"TOU_SCHEDULE={shlex.quote(str(schedule.absolute()))}\n"
        f"TOU_GATEWAY={gateway}\n"
        f"{_OF_GATEWAY.get(gateway, '')}"
    )


def tried(files: Mapping[str, str], now: datetime) -> tuple[Schedule, tuple[Problem, ...]]:
    """The schedule of files that are not written yet, and what is doubtful about it.

    Raises ScheduleError as `check` does.
    """
    with tempfile.TemporaryDirectory(prefix="tou-init-") as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        loaded = load_schedule(Path(folder) / SCHEDULE, shown_as=SCHEDULE, now=now)
    found = advise(loaded.schedule, zones.zone_data(), now=now)
    return loaded.schedule, (*loaded.warnings, *found)


def refuse_existing(into: Path, names: Mapping[str, str]) -> None:
    """Raise SchedulerError where a file is there already, before anything is asked or written."""
    there = [into / name for name in names if os.path.lexists(into / name)]
    if there:
        raise SchedulerError(
            f"{there[0]} exists already, and is left as it is. --into FOLDER writes elsewhere."
        )


def write(into: Path, files: Mapping[str, str]) -> list[Path]:
    """Write new files, all or none. Raises SchedulerError."""
    made: list[Path] = []
    try:
        for name, text in files.items():
            path = into / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in made:
            with suppress(OSError):
                path.unlink()
        reason = f"{error.filename or into}: cannot be written: {error.strerror}."
        raise SchedulerError(f"{reason} Nothing was written.") from None
    return made
