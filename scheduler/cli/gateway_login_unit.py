"""The drop-in that lets the service reach the cloud."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from scheduler.errors import AccessError

UNIT: Final = "tou-scheduler.service"
_OF_PACKAGES: Final = Path("/usr/lib/systemd/system")
TEXT: Final = """\
# Written by `tou gateway login`. The unit lets the service reach private networks alone, and
# systemd filters by address and not by name. The cloud's addresses change, so this opens all of
# them: what goes out is still encrypted, and sent to the cloud's hosts only. Where you know the
# addresses of a proxy of your own, write IPAddressAllow= with them instead.
[Service]
IPAddressDeny=
"""


def drop_in(units: Path) -> Path:
    return units / f"{UNIT}.d" / "fleet.conf"


def installed(units: Path) -> bool:
    """Whether the service is installed here: by hand, or by a package of the system."""
    return any((folder / UNIT).exists() for folder in (units, _OF_PACKAGES))


def wanted(units: Path) -> bool:
    """Whether the service is installed here, and this user may open its way out."""
    return installed(units) and os.geteuid() == 0


def write(units: Path) -> Path:
    """Write it; where. Raises AccessError."""
    path = drop_in(units)
    try:
        path.parent.mkdir(mode=0o755, exist_ok=True)
        path.write_text(TEXT, encoding="utf-8")
        path.chmod(0o644)
    except OSError as error:
        raise AccessError(f"{path}: cannot be written: {error.strerror}.") from error
    return path
