"""Whoever drops the triggers and edits the file is found out, at the entry that was edited."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.audit import proof
from scheduler.audit.chain import Row, digest
from scheduler.audit.database import Database
from scheduler.errors import AuditTamperedError

ENTRIES = 11
NUMBERS = ("at", "run")
TEXTS = ("site", "entry", "kind", "name", "wake", "outcome", "detail", "prev", "hash")
changes = st.one_of(
    st.tuples(st.sampled_from(NUMBERS), st.integers(-(2**62), 2**62)),
    st.tuples(st.sampled_from(TEXTS), st.text(st.characters(exclude_categories=["Cs"]))),
    st.tuples(st.sampled_from(("run", "name", "wake", "outcome")), st.none()),
)


@pytest.fixture
def raw(
    database: Database, fill: Callable[[Database], None], path: Path
) -> Iterator[sqlite3.Connection]:
    """The file in the hands of somebody who knows SQLite."""
    fill(database)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            connection.execute(f"DROP TRIGGER {name}")
        for index in ("audit_end",):
            connection.execute(f"DROP INDEX {index}")
        connection.execute("PRAGMA ignore_check_constraints = 1")
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(id_=st.integers(1, ENTRIES), change=changes)
def test_any_changed_field_of_any_entry_is_found(
    raw: sqlite3.Connection, database: Database, id_: int, change: tuple[str, Any]
) -> None:
    column, value = change
    (before,) = raw.execute(f"SELECT {column} FROM audit WHERE id = ?", (id_,)).fetchone()
    raw.execute(f"UPDATE audit SET {column} = ? WHERE id = ?", (value, id_))
    if value == before:
        assert proof.verify(database).rows == ENTRIES
        return

    try:
        with pytest.raises(AuditTamperedError, match=f"Entry {id_} ") as caught:
            proof.verify(database)
        assert caught.value.entry == id_
    finally:
        raw.execute(f"UPDATE audit SET {column} = ? WHERE id = ?", (before, id_))


@pytest.mark.parametrize("column", [*NUMBERS, *TEXTS])
def test_each_column_is_under_the_hash(
    raw: sqlite3.Connection, database: Database, column: str
) -> None:
    """The property above may draw one column seldom; here is each of them for certain."""
    value = 7 if column in NUMBERS else '{"changed":1}'
    raw.execute(f"UPDATE audit SET {column} = ? WHERE id = 3", (value,))

    with pytest.raises(AuditTamperedError) as caught:
        proof.verify(database)

    assert caught.value.entry == 3


@pytest.mark.parametrize(
    ("act", "entry"),
    [
        pytest.param("DELETE FROM audit WHERE id = 4", 4, id="one removed"),
        pytest.param("DELETE FROM audit WHERE id < 5", 1, id="the beginning removed"),
        pytest.param("DELETE FROM audit WHERE id BETWEEN 2 AND 10", 2, id="the middle removed"),
        pytest.param("UPDATE audit SET id = 40 WHERE id = 11", 11, id="renumbered"),
        pytest.param("UPDATE audit SET id = 0 WHERE id = 1", 1, id="moved to the front"),
    ],
)
def test_a_missing_entry_is_named(
    raw: sqlite3.Connection, database: Database, act: str, entry: int
) -> None:
    raw.execute(act)

    with pytest.raises(AuditTamperedError, match="is missing") as caught:
        proof.verify(database)

    assert caught.value.entry == entry


def test_an_entry_hashed_anew_breaks_at_the_next(
    raw: sqlite3.Connection, database: Database
) -> None:
    columns = ", ".join(Row._fields)
    [row] = raw.execute(f"SELECT {columns} FROM audit WHERE id = 5").fetchall()
    [(prev,)] = raw.execute("SELECT prev FROM audit WHERE id = 5").fetchall()
    forged = Row(*row)._replace(name="another rule")

    raw.execute(
        "UPDATE audit SET name = ?, hash = ? WHERE id = 5", (forged.name, digest(prev, forged))
    )

    with pytest.raises(AuditTamperedError) as caught:
        proof.verify(database)
    assert caught.value.entry == 6


def test_the_head_kept_elsewhere_shows_a_tail_cut_off(
    raw: sqlite3.Connection, database: Database
) -> None:
    before = proof.verify(database).head

    raw.execute("DELETE FROM audit WHERE id > 8")

    assert proof.verify(database).head != before
    assert proof.verify(database).rows == 8


def test_the_complaint_tells_when_the_entry_was_and_what_to_do(
    raw: sqlite3.Connection, database: Database
) -> None:
    raw.execute("UPDATE audit SET outcome = 'confirmed' WHERE id = 7")

    with pytest.raises(AuditTamperedError) as caught:
        proof.verify(database)

    assert str(caught.value) == (
        "Entry 7 of the audit (2026-03-01T09:00:00Z) does not match its hash: it, or the entry"
        " before, was changed afterwards. Compare with a backup."
    )


def test_an_empty_audit_verifies(database: Database) -> None:
    assert proof.verify(database) == proof.Verified(0, None)
