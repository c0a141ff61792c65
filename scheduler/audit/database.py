"""The audit's SQLite file: found, opened, brought up to date, closed.

Knows the file and its engines, and nothing of what an entry means. One writer at a time, each
write one `BEGIN IMMEDIATE`; readers see the last commit while a writer works.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import Pool, QueuePool, StaticPool

from scheduler import files
from scheduler.audit import guard
from scheduler.audit.faults import explain, explained, name_of
from scheduler.audit.schema import SCHEMA, migrate, only_one_upgrade, schema_of
from scheduler.errors import AuditUnwritableError, ConfigurationError

BUSY_SECONDS: Final = 5.0
"""How long a writer waits for another before it gives up."""


class Database:
    """An open audit file. Both engines connect when first used, so that a file which may only be
    read can be read."""

    def __init__(self, path: Path, *, reader: Engine, writer: Engine) -> None:
        self.path = path
        self._reader = reader
        self._writer = writer
        self._file: tuple[int, int] | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot of the last commit. Raises AuditUnwritableError."""
        with explained(self.path), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one write transaction; commits at the end, or leaves nothing behind. Raises
        AuditUnwritableError."""
        with explained(self.path):
            self._follow_file()
            with self._writer.begin() as connection:
                yield connection

    def vacuum_into(self, target: Path) -> None:
        """Write a whole copy of the last commit to a file that does not exist yet; errors are
        SQLite's own, of either file."""
        raw = self._reader.raw_connection()
        try:
            raw.cursor().execute("VACUUM INTO ?", (str(target),))
        finally:
            raw.close()

    def close(self) -> None:
        """Close all connections; the database may be used again, and then opens them anew."""
        self._reader.dispose()
        self._writer.dispose()

    def _follow_file(self) -> None:
        """Without this, a file deleted or restored under a running service would be written on
        unseen, and be gone when the service stops."""
        if self.path == _MEMORY:
            return
        try:
            status = self.path.stat()
        except FileNotFoundError:
            raise AuditUnwritableError(
                f"The audit {self.path} is gone. Put it back, or restart the service, which begins "
                "a new one."
            ) from None
        present = (status.st_dev, status.st_ino)
        if self._file not in (None, present):
            self.close()
        self._file = present


def open_database(
    path: Path, *, create: bool = False, busy_seconds: float = BUSY_SECONDS
) -> Database:
    """The audit at `path`, its schema brought up to date first. With `create` it is made where
    there is none, and must be writable.

    Raises ConfigurationError where the path cannot be meant, or the file is another program's or
    a newer version's; AuditUnwritableError where the file cannot be used.
    """
    with explained(path):
        _check_path(path, create=create)
        if _schema(path) != SCHEMA:
            upgrade(path)
    database = Database(
        path,
        reader=_engine(lambda: _reading_connection(path, busy_seconds), begin="BEGIN"),
        writer=_engine(lambda: _writing_connection(path, busy_seconds)),
    )
    with explained(path):
        guard.require(_reading_connection(path), path)
    if create:
        _require_writable(database)
    return database


def open_to_look(
    path: Path, *, older: bool = False, again: Database | None = None
) -> Database | None:
    """The audit at `path` as it stands, neither made nor migrated; None where there is none yet.
    An older schema is taken with `older` only, which suits who copies and does not read. One that
    was closed is opened `again`, so that its statements need not be put into SQL anew, which takes
    a quarter of a page's time.

    Raises as `open_database` does, and ConfigurationError for an older schema.
    """
    with explained(path):
        _check_path(path, create=True)
        schema = _schema(path)
    if schema is None:
        return None
    if schema != SCHEMA and not older:
        raise ConfigurationError(
            f"{path} has the schema {schema} of an older version, and this one reads {SCHEMA}. Run"
            " `tou db upgrade`; `tou db backup PATH` keeps a copy first."
        )
    return again or Database(
        path,
        reader=_engine(lambda: _reading_connection(path), begin="BEGIN"),
        writer=_engine(lambda: _writing_connection(path, BUSY_SECONDS)),
    )


def open_in_memory() -> Database:
    """An empty audit that is gone when it is closed; for rehearsals. One thread at a time."""
    engine = _engine(lambda: _configured(_connect(":memory:")), pool=StaticPool)
    with engine.begin() as connection:
        migrate(connection)
    return Database(_MEMORY, reader=engine, writer=engine)


def upgrade(path: Path) -> tuple[str | None, str]:
    """Bring the schema up to date, making the file where there is none; the schema before (None
    for a new file) and after. All or nothing; safe in several processes at once.

    Raises as `open_database` does.
    """
    with explained(path):
        _check_path(path, create=True)
        with only_one_upgrade(path):
            before = _schema(path)
            if before != SCHEMA:
                _migrate_file(path)
    return before, SCHEMA


def restore(path: Path) -> tuple[str, ...]:
    """Put back the guards that somebody removed or changed; which, in words. Raises as
    `open_database` does."""
    with explained(path), closing(_writing_connection(path, BUSY_SECONDS)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        restored = guard.restore(connection)
        connection.execute("COMMIT")
    return restored


def _require_writable(database: Database) -> None:
    """A write that changes nothing: SQLite begins an immediate transaction on a file that may
    only be read without a word, and a full disk shows at the first page."""
    try:
        with database.writing() as connection:
            connection.exec_driver_sql("PRAGMA user_version = 0")
    except AuditUnwritableError:
        database.close()
        raise


def _schema(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        return schema_of(_reading_connection(path), path)
    except sqlite3.DatabaseError as error:
        if name_of(error) == "SQLITE_NOTADB":
            raise ConfigurationError(explain(f"The audit {path}", error)) from error
        raise


def _migrate_file(path: Path) -> None:
    engine = _engine(lambda: _writing_connection(path, BUSY_SECONDS, mode="rwc"))
    try:
        with engine.begin() as connection:
            migrate(connection)
    finally:
        engine.dispose()


def _check_path(path: Path, *, create: bool) -> None:
    if not path.parent.is_dir():
        raise ConfigurationError(
            f"{path}: there is no folder {path.parent}. Make it, or set TOU_DATABASE to a file"
            " in a folder that exists."
        )
    if path.is_dir():
        raise ConfigurationError(
            f"{path} is a folder. Set TOU_DATABASE to a file in it, such as {path / 'tou.db'}."
        )
    try:
        files.check_database(path)
    except OSError as error:
        if files.denied(path, error):
            raise
        raise ConfigurationError(
            f"{error.filename}: {error.strerror}. Set TOU_DATABASE to a file of its own."
        ) from None
    if not path.exists() and not create:
        raise ConfigurationError(
            f"{path}: there is no audit yet. `tou run` makes it; where it is kept elsewhere, set"
            " TOU_DATABASE."
        )


_MEMORY: Final = Path(":memory:")


def _engine(
    connect: Callable[[], sqlite3.Connection],
    *,
    begin: str = "BEGIN IMMEDIATE",
    pool: type[Pool] = QueuePool,
) -> Engine:
    """pysqlite's own transactions do not cover DDL, and a deferred read-then-write fails at once
    when another writer came between; so each transaction begins in our own words."""
    engine = create_engine("sqlite://", creator=connect, poolclass=pool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.connection.cursor().execute(begin)

    return engine


def _connect(
    database: str, busy_seconds: float = BUSY_SECONDS, *, uri: bool = False
) -> sqlite3.Connection:
    return sqlite3.connect(
        database, timeout=busy_seconds, isolation_level=None, check_same_thread=False, uri=uri
    )


def _configured(connection: sqlite3.Connection) -> sqlite3.Connection:
    # FULL: in WAL, NORMAL may lose the last commits when the power fails, which is when this
    # record is wanted most. A commit costs one fsync, a few dozen times a day.
    try:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _writing_connection(path: Path, busy_seconds: float, *, mode: str = "rw") -> sqlite3.Connection:
    return _configured(_connect(f"{_uri(path)}?mode={mode}", busy_seconds, uri=True))


def _reading_connection(path: Path, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Reads while the service writes. A WAL database in a folder that may not be written to, with
    nobody at work on it, opens only as immutable."""
    connection = _connect(f"{_uri(path)}?mode=ro", busy_seconds, uri=True)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        connection.close()
        alone = not Path(f"{path}-wal").exists() and os.access(path, os.R_OK)
        if not alone or not name_of(error).startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise
        return _connect(f"{_uri(path)}?immutable=1", busy_seconds, uri=True)
    return connection


def _uri(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}"
