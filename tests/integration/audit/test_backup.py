"""A copy that can be trusted, made while the service goes on."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from scheduler.audit import proof, review
from scheduler.audit.backup import backup
from scheduler.audit.database import Database
from scheduler.audit.log import Log
from scheduler.clock import from_micros
from scheduler.errors import AuditTamperedError, AuditUnwritableError, ConfigurationError
from scheduler.words import EntryKind

Opened = Callable[..., Database]


@pytest.fixture
def filled(database: Database, fill: Callable[[Database], None]) -> Database:
    fill(database)
    return database


def test_a_backup_has_what_still_stands_in_the_log(
    filled: Database, tmp_path: Path, opened: Opened
) -> None:
    target = tmp_path / "copy.db"

    verified = backup(filled, target)

    assert verified == proof.verify(filled)
    assert review.entries(opened(target)) == review.entries(filled)


def test_a_backup_is_one_file_and_leaves_nothing_beside_it(
    filled: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()

    backup(filled, folder / "copy.db")

    assert [file.name for file in folder.iterdir()] == ["copy.db"]


def test_a_backup_works_while_another_process_writes(
    filled: Database, path: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")

        assert backup(filled, tmp_path / "copy.db").rows == 11


def test_a_restored_backup_goes_on_with_the_chain(
    filled: Database, tmp_path: Path, opened: Opened
) -> None:
    backup(filled, tmp_path / "copy.db")

    restored = opened(tmp_path / "copy.db", create=True)
    Log(restored, "home").append(at=from_micros(0), entry=EntryKind.EVENT, kind="service")

    assert proof.verify(restored).rows == 12


def test_a_backup_of_an_older_schema_keeps_it(filled: Database, path: Path, tmp_path: Path) -> None:
    """It is the way back from an upgrade, so it must not be upgraded on the way."""
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '0000'")

    backup(filled, tmp_path / "copy.db")

    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0000",)]


def test_a_backup_never_overwrites(filled: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("precious")

    with pytest.raises(ConfigurationError, match="never overwrites"):
        backup(filled, target)

    assert target.read_text() == "precious"


@pytest.mark.parametrize("name", ["no/such/folder.db", "file/copy.db"], ids=["none", "a file"])
def test_a_backup_into_no_folder_says_so(filled: Database, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigurationError, match="there is no folder"):
        backup(filled, tmp_path / name)


def test_a_backup_that_cannot_be_written_says_so(filled: Database) -> None:
    with pytest.raises(AuditUnwritableError, match=r"The backup /proc/copy\.db cannot be used"):
        backup(filled, Path("/proc/copy.db"))


def test_a_backup_of_a_broken_chain_is_refused_and_removed(
    filled: Database, path: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DROP TRIGGER audit_no_update")
        raw.execute("UPDATE audit SET site = 'elsewhere' WHERE id = 2")
    folder = tmp_path / "backups"
    folder.mkdir()

    with pytest.raises(AuditTamperedError):
        backup(filled, folder / "copy.db")

    assert list(folder.iterdir()) == []


def test_a_backup_that_outgrows_the_disk_leaves_nothing_behind(
    filled: Database, path: Path, tmp_path: Path, spawn: Callable[..., subprocess.Popen[str]]
) -> None:
    """A limit on the size of files stands in for the full disk of a USB stick."""
    folder = tmp_path / "backups"
    folder.mkdir()
    script = """
        import resource, sys
        from pathlib import Path
        from scheduler.audit.backup import backup
        from scheduler.audit.database import open_database
        from scheduler.errors import AuditUnwritableError
        database = open_database(Path(sys.argv[1]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
        try:
            backup(database, Path(sys.argv[2]))
        except AuditUnwritableError as error:
            print(error)
    """

    output, errors = spawn(script, path, folder / "copy.db").communicate(timeout=60)

    assert output.startswith(f"The backup {folder / 'copy.db'} cannot be used:"), errors
    assert list(folder.iterdir()) == []
