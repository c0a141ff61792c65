"""What SQLite's errors mean to the reader: what happened, where, what to do.

No parameter of a statement is ever shown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from scheduler import files
from scheduler.errors import AuditUnwritableError

_FULL: Final = "the disk is full. Free some space; it goes on by itself."
# By the beginning of SQLite's name for the error; the first that fits.
_ADVICE: Final = (
    ("SQLITE_FULL", _FULL),
    ("SQLITE_IOERR_SHMSIZE", _FULL),  # no room for the index of the write-ahead log
    ("SQLITE_BUSY", "another process keeps it locked. Close what else has it open for writing."),
    ("SQLITE_LOCKED", "another process keeps it locked. Close what else has it open for writing."),
    (
        "SQLITE_READONLY",
        "the file, its folder or its file system is read-only. Give the service's user the right"
        " to write there.",
    ),
    (
        "SQLITE_CANTOPEN",
        "it cannot be opened. See that its folder exists, that the service's user may read and"
        " write there, and that the disk is not mounted read-only.",
    ),
    (
        "SQLITE_PERM",
        "it may not be opened. Give the service's user the right to read and write there.",
    ),
    ("SQLITE_CORRUPT", "it is damaged. Keep a copy of it and restore the last backup."),
    (
        "SQLITE_NOTADB",
        "it is not an SQLite database, or its beginning is damaged. Set TOU_DATABASE to another"
        " file, or restore the last backup.",
    ),
    ("SQLITE_IOERR", "the disk reports an error. Look at the disk and at the system's log."),
)

_ACCESS: Final = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")


class EntryRefusedError(AuditUnwritableError):
    """The audit refuses this entry, and would take another."""


@contextmanager
def explained(path: Path, what: str = "The audit") -> Iterator[None]:
    """Turns every error of the database or its files into AuditUnwritableError."""
    name = f"{what} {path}"
    try:
        yield
    except SQLAlchemyError as error:
        cause = (error.orig if isinstance(error, DBAPIError) else None) or error
        refused = name_of(cause).startswith("SQLITE_CONSTRAINT")
        kind = EntryRefusedError if refused else AuditUnwritableError
        raise kind(explain(name, cause)) from _cause(path, cause)
    except (sqlite3.Error, OSError) as error:
        raise AuditUnwritableError(explain(name, error)) from _cause(path, error)


def _cause(path: Path, error: BaseException) -> BaseException:
    """SQLite does not say which file this user may not write; the command does (exit code 77)."""
    return (name_of(error).startswith(_ACCESS) and files.barred(path)) or error


def explain(what: str, error: BaseException) -> str:
    """One sentence or two about an error of the file that `what` names."""
    if isinstance(error, OSError):
        return f"{what} cannot be used: {error.strerror}."
    name = name_of(error)
    if name == "SQLITE_CONSTRAINT_UNIQUE":
        return f"{what} refuses the outcome: its run has ended already."
    if name.startswith("SQLITE_CONSTRAINT"):
        return f"{what} refuses the entry: {_sentence(error)}."
    advice = next((text for start, text in _ADVICE if name.startswith(start)), None)
    if advice is None:
        advice = f"{_sentence(error)} ({name})." if name else f"{_sentence(error)}."
    return f"{what} cannot be used: {advice}"


def name_of(error: BaseException) -> str:
    """SQLite's name for an error, such as SQLITE_FULL; empty where it has none."""
    return str(getattr(error, "sqlite_errorname", "") or "")


def _sentence(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
