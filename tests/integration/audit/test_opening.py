"""Opening an audit: what works, and the one sentence for everything that does not."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from scheduler.audit import proof, review
from scheduler.audit.backup import backup
from scheduler.audit.database import Database, open_database, open_to_look, upgrade
from scheduler.audit.log import Log
from scheduler.audit.schema import SCHEMA
from scheduler.clock import from_micros
from scheduler.errors import AuditUnwritableError, ConfigurationError
from scheduler.words import EntryKind

Opened = Callable[..., Database]
Spawn = Callable[..., subprocess.Popen[str]]


def append(database: Database) -> int:
    return Log(database, "home").append(at=from_micros(0), entry=EntryKind.EVENT, kind="service")


@pytest.mark.parametrize(
    "name",
    ["tou.db", "with space.db", "a%20b#c?d=e&f.db", "Zähler.db"],
    ids=["plain", "space", "marks of a URI", "umlaut"],
)
def test_an_audit_is_made_where_it_is_asked_for(tmp_path: Path, opened: Opened, name: str) -> None:
    append(opened(tmp_path / name, create=True))

    assert (tmp_path / name).is_file()
    assert proof.verify(opened(tmp_path / name)).rows == 1


def test_an_audit_in_the_working_folder_needs_no_folder_in_its_path(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert append(opened(Path("tou.db"), create=True)) == 1


def test_an_empty_file_becomes_an_audit(path: Path, opened: Opened) -> None:
    path.touch()

    assert append(opened(path)) == 1


def test_opening_again_keeps_what_is_there(path: Path, opened: Opened) -> None:
    append(opened(path, create=True))

    assert append(opened(path, create=True)) == 2


def test_upgrading_tells_from_where_to_where(path: Path) -> None:
    assert upgrade(path) == (None, SCHEMA)
    assert upgrade(path) == (SCHEMA, SCHEMA)


def test_opening_an_audit_of_our_schema_does_not_import_alembic(
    database: Database, path: Path
) -> None:
    script = (
        "import sys; from pathlib import Path; from scheduler.audit.database import open_database;"
        "open_database(Path(sys.argv[1]), create=True).close(); print('alembic' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE cookies (name)")


def foreign_with_migrations(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")


def newer(path: Path) -> None:
    upgrade(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")


NOT_MEANT: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (lambda path: path.mkdir(), "is a folder. Set TOU_DATABASE to a file in it"),
    "a pipe": (os.mkfifo, "is not a regular file"),
    "text": (lambda path: path.write_text("TOU_SITE=home\n" * 99), "is not an SQLite database"),
    "another program's": (foreign, "is the database of another program"),
    "another program's with migrations": (foreign_with_migrations, "of another program"),
    "a newer version's": (newer, "written by a newer version of this program: its schema is 0999"),
}


@pytest.mark.parametrize("create", [True, False], ids=["to write", "to read"])
@pytest.mark.parametrize(("make", "complaint"), NOT_MEANT.values(), ids=NOT_MEANT)
def test_a_file_that_cannot_be_meant_is_left_as_it_is(
    path: Path, make: Callable[[Path], object], complaint: str, create: bool
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else b""

    with pytest.raises(ConfigurationError, match=complaint) as caught:
        open_database(path, create=create)

    assert str(path) in str(caught.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"there is no folder {tmp_path / 'none'}"):
        open_database(tmp_path / "none" / "tou.db", create=True)


def test_nothing_is_made_by_who_only_wants_to_read(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no audit yet"):
        open_database(path)

    assert not path.exists()


def test_a_look_neither_makes_nor_upgrades(path: Path) -> None:
    assert open_to_look(path) is None
    assert not path.exists()

    upgrade(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")

    with pytest.raises(ConfigurationError, match="has the schema 0000 of an older version"):
        open_to_look(path)


def test_a_file_system_that_takes_no_files_is_told() -> None:
    with pytest.raises(AuditUnwritableError, match=r"The audit /proc/tou\.db cannot be used"):
        open_database(Path("/proc/tou.db"), create=True)


def test_a_damaged_audit_is_told_and_what_to_do(
    database: Database, path: Path, fill: Callable[[Database], None]
) -> None:
    fill(database)
    database.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))

    with pytest.raises(AuditUnwritableError, match=r"damaged|malformed"):
        proof.verify(database)


def test_an_audit_without_its_schema_version_is_not_touched(path: Path) -> None:
    upgrade(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM alembic_version")

    with pytest.raises(AuditUnwritableError, match="Restore the last backup"):
        open_database(path)


def test_a_full_disk_is_told_and_the_audit_goes_on_when_there_is_room(
    database: Database, path: Path
) -> None:
    append(database)
    with database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    log = Log(database, "home")
    much = {"error": "x" * 100_000}

    with pytest.raises(AuditUnwritableError, match=r"the disk is full\. Free some space"):
        log.append(at=from_micros(0), entry=EntryKind.EVENT, kind="service", detail=much)

    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 100000")
    assert append(database) == 2
    assert proof.verify(database).rows == 2


def test_a_disk_that_is_full_from_the_beginning_is_told(path: Path, spawn: Spawn) -> None:
    """A limit on the size of files stands in for the full disk; no traceback, one sentence."""
    script = """
        import resource, sys
        from pathlib import Path
        from scheduler.audit.database import open_database
        from scheduler.errors import AuditUnwritableError
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            open_database(Path(sys.argv[1]), create=True)
        except AuditUnwritableError as error:
            print(error)
    """

    output, errors = spawn(script, path).communicate(timeout=60)

    assert output.startswith(f"The audit {path} cannot be used: "), errors
    assert errors == ""


def test_a_disk_that_was_full_before_the_start_is_told_as_full(path: Path, spawn: Spawn) -> None:
    """No room for the index of the write-ahead log is an error of the disk to SQLite."""
    open_database(path, create=True).close()
    script = """
        import resource, sys
        from pathlib import Path
        from scheduler.audit.database import open_database
        from scheduler.errors import AuditUnwritableError
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            open_database(Path(sys.argv[1]))
        except AuditUnwritableError as error:
            print(error)
    """

    output, errors = spawn(script, path).communicate(timeout=60)

    assert "the disk is full. Free some space" in output, errors


def test_a_lock_that_another_process_keeps_is_told(path: Path, opened: Opened) -> None:
    database = opened(path, create=True, busy_seconds=0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(AuditUnwritableError, match="another process keeps it locked"):
            append(database)

    assert append(database) == 1


def test_readers_read_the_last_commit_while_a_writer_is_at_work(
    database: Database, path: Path
) -> None:
    append(database)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute(
            "INSERT INTO audit SELECT 2, at, site, entry, kind, run, name, wake, outcome, detail,"
            " hash, 'x' FROM audit"
        )

        assert [entry.id for entry in review.entries(database)] == [1]
        writer.execute("ROLLBACK")


def test_a_reader_cannot_write(database: Database) -> None:
    with (
        pytest.raises(AuditUnwritableError, match="read-only"),
        database.reading() as connection,
    ):
        connection.exec_driver_sql("DROP TABLE audit")


def test_an_audit_deleted_under_the_service_is_noticed(database: Database, path: Path) -> None:
    append(database)
    path.unlink()

    with pytest.raises(AuditUnwritableError, match="is gone"):
        append(database)

    assert not path.exists()


def test_an_audit_restored_under_the_service_is_written_on(
    database: Database, path: Path, tmp_path: Path, opened: Opened
) -> None:
    append(database)
    backup(database, tmp_path / "copy.db")
    append(database)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    (tmp_path / "copy.db").rename(path)

    assert append(database) == 2
    assert proof.verify(opened(path)).rows == 2
