"""The newest schema of the audit, as all revisions together leave it, which a new database is made
with: `python -m tools.newest_schema` writes migrations/newest.sql."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from scheduler.audit.schema import BETWEEN, NEWEST, migrations_folder, run_revisions


def text() -> str:
    """What the file must say."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as raw:
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
        with engine.begin() as connection:
            run_revisions(connection)
        return "".join(statement + BETWEEN for statement in statements(raw))


def statements(raw: sqlite3.Connection) -> Iterator[str]:
    """Those that make the same database anew. What stands in a table comes right after it: the
    triggers that follow refuse it."""
    found = raw.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    ).fetchall()
    for type_, name, sql in found:
        yield sql
        if type_ == "table":
            for row in raw.execute(f"SELECT * FROM {name}"):  # noqa: S608 - a name of our own
                values = ", ".join(_literal(value) for value in row)
                yield f"INSERT INTO {name} VALUES ({values})"  # noqa: S608


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


if __name__ == "__main__":
    (migrations_folder() / NEWEST).write_text(text(), encoding="utf-8")
