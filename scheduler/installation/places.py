"""Where everything stands once the service is set up, and where it is taken from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scheduler.errors import ConfigurationError

HOME: Final = Path("/opt/tou-scheduler")
ETC: Final = Path("/etc/tou-scheduler")
STATE: Final = Path("/var/lib/tou-scheduler")
SERVICE: Final = "tou-scheduler.service"
_PACKAGE: Final = Path(__file__).parents[1]
_CREDENTIAL: Final = re.compile(rf"^LoadCredential=[^:\n]+:({ETC}/\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Places:
    """Below `root`; a package of the distribution owns /usr, a person /etc and /usr/local."""

    root: Path = Path("/")
    packaged: bool = False

    def at(self, path: Path | str) -> Path:
        return self.root / str(path).lstrip("/")

    @property
    def home(self) -> Path:
        return self.at(HOME)

    @property
    def venv(self) -> Path:
        return self.home / "venv"

    @property
    def etc(self) -> Path:
        return self.at(ETC)

    @property
    def units(self) -> Path:
        return self.at("usr/lib/systemd/system" if self.packaged else "etc/systemd/system")

    @property
    def own_units(self) -> Path:
        """The person's: what stands here wins over a package's, and drop-ins are here."""
        return self.at("etc/systemd/system")

    @property
    def groups(self) -> Path:
        return self.at("usr/lib/sysusers.d")

    @property
    def commands(self) -> Path:
        return self.at("usr/bin" if self.packaged else "usr/local/bin")

    @property
    def share(self) -> Path:
        return self.at("usr/share" if self.packaged else "usr/local/share")


def source(name: str) -> Path:
    """A file or folder that comes with the program: in the wheel, or beside it in a checkout.

    Raises ConfigurationError.
    """
    for place in (_PACKAGE / name, _PACKAGE.parent / name):
        if place.exists():
            return place
    raise ConfigurationError(f"{_PACKAGE / name} is missing: the program is not installed whole.")


def units() -> tuple[Path, ...]:
    """The unit files that come with the program."""
    return tuple(sorted(source("systemd").glob("*.service")))


def credentials() -> tuple[Path, ...]:
    """The files of secrets that units hand over; a unit does not start without them."""
    texts = [unit.read_text(encoding="utf-8") for unit in units()]
    return tuple(sorted({Path(name) for text in texts for name in _CREDENTIAL.findall(text)}))
