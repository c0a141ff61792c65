"""A file whose guards were changed is named: at opening, and by the proof."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from scheduler.audit import guard, proof
from scheduler.audit.database import Database, open_database
from scheduler.errors import AuditUnwritableError

CHANGES = {
    "a trigger that swallows inserts": (
        "CREATE TRIGGER eater BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END",
        "the trigger eater does not belong here",
    ),
    "a guard dropped": ("DROP TRIGGER audit_no_update", "the trigger audit_no_update is missing"),
    "a guard replaced by one that lets all pass": (
        "DROP TRIGGER audit_no_delete;"
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT 1; END",
        "the trigger audit_no_delete was changed",
    ),
    "an index dropped": ("DROP INDEX audit_end", "the index audit_end is missing"),
}


@pytest.mark.parametrize(("change", "complaint"), CHANGES.values(), ids=CHANGES)
def test_a_changed_file_is_named_at_opening_and_by_the_proof(
    database: Database,
    fill: Callable[[Database], None],
    path: Path,
    change: str,
    complaint: str,
) -> None:
    fill(database)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(change)

    with pytest.raises(AuditUnwritableError, match=complaint):
        open_database(path)
    assert proof.verify(database).complaints == (complaint,)


def test_a_table_and_a_view_of_ones_own_disturb_nobody(database: Database, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE mine (x); CREATE VIEW seen AS SELECT * FROM audit")

    open_database(path).close()

    assert proof.verify(database).complaints == ()


def test_the_fingerprint_is_that_of_the_migrations(database: Database, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        statements = guard.statements_of(connection)

    assert guard.fingerprint(statements) == guard.FINGERPRINT


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("DELETE FROM standing", "the table standing does not follow from the entries"),
        ("UPDATE standing SET written = 0, confirmed = 99", "the table standing does not follow"),
        ("INSERT INTO open_runs VALUES (2, 'home', 'local', NULL)", r"open_runs .* \(run 2\)"),
    ],
)
def test_what_stands_beside_the_log_is_proven_by_it(
    database: Database, fill: Callable[[Database], None], path: Path, change: str, complaint: str
) -> None:
    fill(database)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(change)

    [told] = proof.verify(database).complaints

    import re

    assert re.search(complaint, told)
