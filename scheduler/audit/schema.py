"""Which schema a database has, and the way to ours. A new database gets the newest schema at once;
Alembic, which is 15 MB and a third of a second, is imported only where an old one is brought up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from scheduler import files
from scheduler.errors import AuditUnwritableError, ConfigurationError, LockedError

SCHEMA: Final = "0002"
"""The schema that this program writes: the newest revision in `migrations/`."""

NEWEST: Final = "newest.sql"
BETWEEN: Final = ";\n\n"
"""Ends a statement; a trigger has no empty line in it."""

LOCK_SECONDS: Final = 60.0


def schema_of(connection: sqlite3.Connection, path: Path) -> str | None:
    """The schema of a database, None for an empty one; closes the connection. Raises
    ConfigurationError for another program's database and for a newer schema than ours."""
    with closing(connection):
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return None
        if not {"alembic_version", "audit"} <= tables:
            raise ConfigurationError(
                f"{path} is the database of another program. Set TOU_DATABASE to another file."
            )
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise AuditUnwritableError(f"{path} has lost its schema version. Restore the last backup.")
    version = str(row[0])
    if version > SCHEMA:
        raise ConfigurationError(
            f"{path} was written by a newer version of this program: its schema is {version}, and"
            f" this version knows {SCHEMA} at most. Install the newer version again."
        )
    return version


def migrate(connection: Connection) -> None:
    """Bring the schema up to date, inside the connection's transaction."""
    if connection.exec_driver_sql("SELECT name FROM sqlite_master").first() is None:
        for statement in newest():
            connection.exec_driver_sql(statement)
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version != SCHEMA:
        run_revisions(connection)


def newest() -> list[str]:
    """The statements of the newest schema; `tools.newest_schema` writes them down."""
    text = (migrations_folder() / NEWEST).read_text(encoding="utf-8")
    return [statement for statement in text.split(BETWEEN) if statement]


def run_revisions(connection: Connection) -> None:
    """Run the revisions that are missing, inside the connection's transaction."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, SCHEMA)
    except CommandError as error:
        raise AuditUnwritableError(
            f"The audit's schema cannot be brought up to date: {error}. Install the program again."
        ) from error


def migrations_folder() -> Path:
    """Inside the package where it is installed from a wheel, else beside it."""
    package = Path(__file__).parents[1]
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


@contextmanager
def only_one_upgrade(path: Path) -> Iterator[None]:
    """Holds `PATH.upgrade.lock`, which stays behind empty."""
    try:
        with files.Lock(Path(f"{path}.upgrade.lock")).held_for(LOCK_SECONDS):
            yield
    except LockedError as error:
        raise AuditUnwritableError(f"Another process is upgrading {path}: {error}") from None
