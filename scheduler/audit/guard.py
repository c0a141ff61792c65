"""Whether the file still has the guards it was made with, and nothing that tampers with an insert.

A trigger that swallows inserts would switch the audit off unseen. The statements in the file are
compared with those of the migrations: by one hash where all is well, one by one where it is not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final

from scheduler.errors import AuditUnwritableError

FINGERPRINT: Final = "2284e7df2d9132a8b8567dcd5af826f0aba1624f4290464e0059ba83927c8be7"
"""Of the statements of schema `schema.SCHEMA`, as SQLite keeps them. A test compares."""

WAY_OUT: Final = (
    "Somebody changed the file. `tou db upgrade` puts back what is missing; a trigger that does"
    " not belong there goes with DROP TRIGGER."
)

Statements = Mapping[tuple[str, str], str]
"""By type and name."""


def statements_of(connection: sqlite3.Connection) -> Statements:
    """What the file is made of, but for Alembic's own table, which its versions write each in
    their way."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(type_, name): sql for type_, name, sql in rows if name != "alembic_version"}


def fingerprint(statements: Statements) -> str:
    """One hash of all statements."""
    return sha256(repr(sorted(statements.items())).encode()).hexdigest()


def complaints(connection: sqlite3.Connection) -> tuple[str, ...]:
    """What is missing, changed or foreign, each in words; nothing where all is well. Tables,
    indexes and views of one's own are nobody's business; a trigger is."""
    found = statements_of(connection)
    if fingerprint(found) == FINGERPRINT:
        return ()
    return tuple(_differences(found, _expected()))


def require(connection: sqlite3.Connection, path: Path) -> None:
    """Raises AuditUnwritableError where the guards are not those of this program."""
    with closing(connection):
        found = complaints(connection)
    if found:
        raise AuditUnwritableError(
            f"The audit {path} is not as this program made it: {'; '.join(found)}. {WAY_OUT}"
        )


def restore(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Put missing and changed triggers, indexes and views back, in the connection's transaction;
    which, in words."""
    found, expected = statements_of(connection), _expected()
    restored = []
    for (type_, name), sql in expected.items():
        if type_ == "table" or found.get((type_, name)) == sql:
            continue
        connection.execute(f"DROP {type_.upper()} IF EXISTS {name}")
        connection.execute(sql)
        restored.append(f"{type_} {name}")
    return tuple(restored)


def _differences(found: Statements, expected: Statements) -> Iterator[str]:
    for (type_, name), sql in sorted(expected.items()):
        if (type_, name) not in found:
            yield f"the {type_} {name} is missing"
        elif found[type_, name] != sql:
            yield f"the {type_} {name} was changed"
    for type_, name in sorted(found.keys() - expected.keys()):
        if type_ == "trigger":
            yield f"the trigger {name} does not belong here"


def _expected() -> Statements:
    """The statements of a new audit; looked up only where something is wrong."""
    from scheduler.audit.schema import newest

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as raw:
        for statement in newest():
            raw.execute(statement)
        return statements_of(raw)
