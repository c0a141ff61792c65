"""Lays down the files of the service. What a person may have written is never replaced, and what
was edited although it is ours is kept beside the new one.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scheduler.installation.places import STATE, Places, credentials, source, units
from scheduler.schedule import library

EXAMPLE: Final = "sce-tou-d-4-9pm.yaml"
_SCHEMAS: Final = ("schedule.schema.json", "tariff.schema.json")
_TEXTS: Final = ("README.md", "CHANGELOG.md", "LICENSE")
_FOR_OTHERS: Final = ("packaging/prometheus", "packaging/grafana")
_READ_BY_GROUP: Final = ("tou.db", "tou.db-wal", "tou.db-shm", "tou.service.lock")
_RECORD: Final = "laid"
"""What was laid down, as `sha256sum --check` reads it: an upgrade tells an edited file by it, and
a removal takes away these files and no others."""


@dataclass(frozen=True, slots=True)
class Laid:
    """What an installation did, by the paths a person knows (without `root`)."""

    new: tuple[str, ...]
    kept: tuple[str, ...]
    """The person's files, left as they are."""
    put_aside: tuple[str, ...]
    """Copies of files of ours that somebody had edited."""


@dataclass(slots=True)
class _Laying:
    places: Places
    before: Mapping[str, str]
    record: dict[str, str] = field(default_factory=dict)
    put_aside: list[str] = field(default_factory=list)

    def replace(self, path: Path, data: bytes, mode: int = 0o644) -> None:
        """Write a file of ours."""
        name, digest = self._name(path), _digest(data)
        if self._edited(path, name, digest):
            aside = path.with_name(f"{path.name}.before")
            path.replace(aside)
            self.put_aside.append(self._name(aside))
        write(path, data, mode)
        self.record[name] = digest

    def _edited(self, path: Path, name: str, digest: str) -> bool:
        # Without a record (an installation of before 0.2) every other text counts as edited.
        if path.is_symlink() or not path.is_file() or path.suffix != ".service":
            return False
        return _digest(path.read_bytes()) not in {digest, self.before.get(name)}

    def _name(self, path: Path) -> str:
        return f"/{path.relative_to(self.places.root)}"


def lay(places: Places, made: Mapping[str, str]) -> Laid:
    """Lay everything down but the program. `made` are texts for the folder of shared data, by
    their path in it."""
    laying = _Laying(places, recorded(places))
    for path, data, mode in _ours(places, made):
        laying.replace(path, data, mode)
    new, kept = first_files(places)
    lines = [f"{digest}  {name}\n" for name, digest in sorted(laying.record.items())]
    write(places.home / _RECORD, "".join(lines).encode(), 0o644)
    return Laid(new, kept, tuple(laying.put_aside))


def first_files(places: Places) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write what a person goes on writing, where there is nothing yet: new ones, and kept ones."""
    new: list[str] = []
    kept: list[str] = []
    for path, data, mode in _theirs(places):
        there = os.path.lexists(path)
        if not there:
            write(path, data, mode)
        (kept if there else new).append(f"/{path.relative_to(places.root)}")
    # The audit's folder, so that pairing can be recorded before the first start. systemd moves it
    # to where DynamicUser wants it, and gives it to the service.
    state = places.at(STATE)
    if not os.path.lexists(state):
        state.parent.mkdir(parents=True, exist_ok=True)
        state.mkdir(mode=0o700)
    _open_to_readers(state)
    return tuple(new), tuple(kept)


def _open_to_readers(state: Path) -> None:
    """Let the group read an audit that a version without the group has begun; no secret."""
    for name in _READ_BY_GROUP:
        try:
            file = os.open(state / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        with os.fdopen(file, "rb") as found:
            mode = os.fstat(found.fileno()).st_mode
            if stat.S_ISREG(mode):
                os.fchmod(found.fileno(), stat.S_IMODE(mode) | stat.S_IRGRP)


def recorded(places: Places) -> dict[str, str]:
    """The digest of each file that the last installation laid down, by its path."""
    try:
        text = (places.home / _RECORD).read_text(encoding="utf-8")
    except OSError:
        return {}
    return {
        name: digest for digest, _, name in (each.partition("  ") for each in text.splitlines())
    }


def write(path: Path, data: bytes, mode: int) -> None:
    """Write a file whole or not at all, with exactly this mode."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(file, "wb") as out:
        os.fchmod(out.fileno(), mode)
        out.write(data)
    new.replace(path)


def _ours(places: Places, made: Mapping[str, str]) -> Iterator[tuple[Path, bytes, int]]:
    systemd, schedules = source("systemd"), library.shipped()
    for unit in units():
        yield places.units / unit.name, unit.read_bytes(), 0o644
    for group in systemd.glob("*.conf"):
        yield places.groups / group.name, group.read_bytes(), 0o644
    yield command(places), (systemd / "tou").read_bytes(), 0o755
    for name in _SCHEMAS:
        yield places.etc / "schedules" / name, (schedules / name).read_bytes(), 0o644
    yield from _to_read(places)
    for name, text in made.items():
        yield places.share / name, text.encode(), 0o644


def _to_read(places: Places) -> Iterator[tuple[Path, bytes, int]]:
    files = [(name, source(name)) for name in _TEXTS]
    files += [(f"docs/{page.name}", page) for page in source("docs").glob("*.md")]
    for kind in _FOR_OTHERS:
        files += [(f"{kind}/{each.name}", each) for each in source(kind).iterdir()]
    for name, file in files:
        yield places.home / name, file.read_bytes(), 0o644


def _theirs(places: Places) -> Iterator[tuple[Path, bytes, int]]:
    """What no unit starts without; and the first schedule, which is not laid down again where
    somebody took it away, since the settings tell that this is not the first time."""
    schedule, settings = places.etc / "schedules" / "home.yaml", places.etc / "settings.env"
    if os.path.lexists(schedule) or not os.path.lexists(settings):
        yield schedule, (library.shipped() / EXAMPLE).read_bytes(), 0o644
    yield settings, (source("systemd") / "settings.env").read_bytes(), 0o644
    for name in credentials():
        yield places.at(name), b"", 0o600


def command(places: Places) -> Path:
    """Where the command goes. Another program's `tou`, such as pipx's, is left alone; root finds
    ours before it all the same."""
    path = places.commands / "tou"
    ours = path.is_file() and not path.is_symlink() and str(places.home) in path.read_text("utf-8")
    if ours or places.packaged or not os.path.lexists(path):
        return path
    return path.parents[1] / "sbin" / "tou"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
