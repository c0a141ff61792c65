"""What is asked of systemd when the service comes and goes; nothing where none is running."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from scheduler.errors import SchedulerError

_BOOTED: Final = Path("/run/systemd/system")
_PATIENCE: Final = 120.0


def booted() -> bool:
    """Whether systemd runs this machine."""
    return _BOOTED.is_dir()


def running(units: Iterable[str]) -> tuple[str, ...]:
    """Those of the units that run."""
    return tuple(unit for unit in units if _systemctl("is-active", "--quiet", unit) == 0)


def take_up(units: Iterable[str]) -> None:
    """Let systemd see new files: groups first, then units; what runs goes on with the new ones.

    Raises SchedulerError.
    """
    _call("systemd-sysusers")
    _checked("daemon-reload")
    if units := tuple(units):
        _checked("restart", *units)


def give_up(units: Iterable[str]) -> None:
    """Stop units and start them no more. Raises SchedulerError."""
    for unit in units:
        if _systemctl("cat", unit) == 0:
            _checked("disable", "--now", unit)


def forget() -> None:
    """Let systemd see that files are gone."""
    _systemctl("daemon-reload")


def _checked(*words: str) -> None:
    if _systemctl(*words) != 0:
        raise SchedulerError(
            f"`systemctl {' '.join(words)}` failed; `journalctl -xe` tells why. All files are laid"
            " down; after the mend run it again."
        )


def _systemctl(*words: str) -> int:
    return _call("systemctl", *words)


def _call(*words: str) -> int:
    try:
        done = subprocess.run(  # noqa: S603 -- systemd's own commands; words of ours
            words, capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SchedulerError(f"`{' '.join(words)}` failed: {error}") from None
    return done.returncode
