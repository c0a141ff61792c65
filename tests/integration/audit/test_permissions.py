"""Who may not write, or not even read, is told so; who may read, reads."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scheduler.audit.database import Database
from scheduler.audit.log import Log
from scheduler.clock import from_micros
from scheduler.words import EntryKind

Opened = Callable[..., Database]
Spawn = Callable[..., subprocess.Popen[str]]


def append(database: Database) -> int:
    return Log(database, "home").append(at=from_micros(0), entry=EntryKind.EVENT, kind="service")


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A folder that another user may enter; pytest's own are private."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


# Permissions do not bind root, so root becomes nobody, after importing what nobody may not.
STRANGER = """
    import os, sys
    from pathlib import Path
    from scheduler.audit import proof
    from scheduler.audit.database import open_database
    from scheduler.audit.log import Log
    from scheduler.words import EntryKind
    from scheduler.clock import from_micros
    from scheduler.errors import AuditUnwritableError
    from scheduler.audit.database import open_in_memory
    proof.verify(open_in_memory())
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    path = Path(sys.argv[1])
    try:
        database = open_database(path)
        print("rows", proof.verify(database).rows)
        Log(database, "home").append(at=from_micros(0), entry=EntryKind.EVENT, kind="service")
        print("written")
    except AuditUnwritableError as error:
        print(error)
    try:
        open_database(path, create=True)
        print("opened to write")
    except AuditUnwritableError as error:
        print(error)
"""


def as_stranger(spawn: Spawn, path: Path) -> list[str]:
    """What a user without the right to write is told."""
    output, errors = spawn(STRANGER, path).communicate(timeout=60)
    assert errors == ""
    return output.splitlines()


@pytest.mark.parametrize("at_work", [True, False], ids=["service at work", "service stopped"])
def test_who_may_only_read_reads_and_is_told_that_writing_is_not_allowed(
    shelf: Path, opened: Opened, spawn: Spawn, at_work: bool
) -> None:
    path = shelf / "tou.db"
    database = opened(path, create=True)
    append(database)
    if not at_work:
        database.close()
    for file in shelf.iterdir():
        file.chmod(0o444)
    shelf.chmod(0o555)

    told = as_stranger(spawn, path)

    assert told[0] == "rows 1"
    assert len(told) == 3
    assert [line for line in told[1:] if "the right to write" not in line] == []


def test_who_may_not_even_read_is_told(shelf: Path, opened: Opened, spawn: Spawn) -> None:
    path = shelf / "tou.db"
    append(opened(path, create=True))
    path.chmod(0o000)

    told = as_stranger(spawn, path)

    assert len(told) == 2
    assert all("cannot be used" in line for line in told)


def test_who_may_not_enter_the_folder_is_told(shelf: Path, opened: Opened, spawn: Spawn) -> None:
    (shelf / "private").mkdir()
    path = shelf / "private" / "tou.db"
    append(opened(path, create=True))
    path.parent.chmod(0o000)

    told = as_stranger(spawn, path)
    path.parent.chmod(0o755)

    assert len(told) == 2
    assert all("Permission denied" in line for line in told)
