"""What the file itself refuses, whoever opens it: plain sqlite3, no code of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from scheduler.audit import proof
from scheduler.audit.database import Database

COLUMNS = "id, at, site, entry, kind, run, name, wake, outcome, detail, prev, hash"
LAST_HASH = "(SELECT hash FROM audit ORDER BY id DESC LIMIT 1)"
FORGED = f"1, 'home', 'event', 'service', NULL, NULL, NULL, NULL, '{{}}', {LAST_HASH}, 'x'"


@pytest.fixture
def raw(
    database: Database, fill: Callable[[Database], None], path: Path
) -> Iterator[sqlite3.Connection]:
    fill(database)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


ATTACKS = {
    "update": "UPDATE audit SET outcome = 'confirmed' WHERE outcome = 'unreachable'",
    "update of everything": "UPDATE audit SET site = 'elsewhere'",
    "delete": "DELETE FROM audit WHERE id = 3",
    "delete of the last": "DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)",
    "delete of everything": "DELETE FROM audit",
    "insert or replace": f"INSERT OR REPLACE INTO audit ({COLUMNS}) VALUES (3, {FORGED})",
    "replace of the last": (
        f"REPLACE INTO audit ({COLUMNS}) VALUES ((SELECT max(id) FROM audit), {FORGED})"
    ),
    "update or replace": "UPDATE OR REPLACE audit SET id = 3 WHERE id = 4",
    "upsert": (
        f"INSERT INTO audit ({COLUMNS}) VALUES (3, {FORGED})"
        " ON CONFLICT (id) DO UPDATE SET site = 'elsewhere'"
    ),
    "insert or ignore": f"INSERT OR IGNORE INTO audit ({COLUMNS}) VALUES (3, {FORGED})",
    "backdating": f"INSERT INTO audit ({COLUMNS}) VALUES (0, {FORGED})",
    "negative id": f"INSERT INTO audit ({COLUMNS}) VALUES (-5, {FORGED})",
    "gap": f"INSERT INTO audit ({COLUMNS}) VALUES (99, {FORGED})",
    "implicit id": f"INSERT INTO audit ({COLUMNS}) VALUES (NULL, {FORGED})",
    "not chained": (
        f"INSERT INTO audit ({COLUMNS}) VALUES ({{next}}, 1, 'home', 'event', 'service',"
        " NULL, NULL, NULL, NULL, '{}', 'x', 'x')"
    ),
    "step of no run": (
        f"INSERT INTO audit ({COLUMNS}) VALUES ({{next}}, 1, 'home', 'step', 'switch',"
        f" 77, NULL, NULL, NULL, '{{}}', {LAST_HASH}, 'x')"
    ),
    "step of a step": (
        f"INSERT INTO audit ({COLUMNS}) VALUES ({{next}}, 1, 'home', 'step', 'switch',"
        f" 3, NULL, NULL, NULL, '{{}}', {LAST_HASH}, 'x')"
    ),
    "second end": (
        f"INSERT INTO audit ({COLUMNS}) VALUES ({{next}}, 1, 'home', 'outcome', 'switch',"
        f" 2, NULL, NULL, 'confirmed', '{{}}', {LAST_HASH}, 'x')"
    ),
    "text for an instant": (
        f"INSERT INTO audit ({COLUMNS}) VALUES ({{next}}, 'now', 'home', 'event', 'service',"
        f" NULL, NULL, NULL, NULL, '{{}}', {LAST_HASH}, 'x')"
    ),
    "detail that is no JSON": (
        f"INSERT INTO audit ({COLUMNS}) VALUES ({{next}}, 1, 'home', 'event', 'service',"
        f" NULL, NULL, NULL, NULL, 'plain', {LAST_HASH}, 'x')"
    ),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("recursive", [0, 1], ids=["", "recursive triggers"])
def test_the_file_refuses_what_is_not_an_append(
    raw: sqlite3.Connection, database: Database, attack: str, recursive: int
) -> None:
    before = raw.execute("SELECT * FROM audit").fetchall()
    raw.execute(f"PRAGMA recursive_triggers = {recursive}")

    with pytest.raises((sqlite3.IntegrityError, sqlite3.OperationalError)):
        raw.execute(attack.replace("{next}", str(len(before) + 1)))

    assert raw.execute("SELECT * FROM audit").fetchall() == before
    assert proof.verify(database).rows == len(before)


def test_the_file_takes_an_append_that_is_chained(raw: sqlite3.Connection) -> None:
    """The attacks above are refused for what they are, not because nothing gets through."""
    (count,) = raw.execute("SELECT count(*) FROM audit").fetchone()

    raw.execute(f"INSERT INTO audit ({COLUMNS}) VALUES ({count + 1}, {FORGED})")

    assert raw.execute("SELECT count(*) FROM audit").fetchone() == (count + 1,)


def test_the_table_is_strict_and_the_journal_survives_a_power_cut(
    raw: sqlite3.Connection, database: Database
) -> None:
    [strict] = raw.execute("SELECT strict FROM pragma_table_list WHERE name = 'audit'").fetchone()
    with database.writing() as connection:
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()

    assert strict == 1
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert synchronous == 2


QUESTIONS = {
    "last page of runs": "SELECT * FROM runs ORDER BY run DESC LIMIT 50",
    "one run": "SELECT * FROM runs WHERE run = 5",
    "its steps": "SELECT * FROM steps WHERE run = 5",
    "a day of entries": "SELECT * FROM audit WHERE at >= 5 AND at < 9",
    "the latest instant": "SELECT max(at) FROM audit",
    "events": "SELECT * FROM audit WHERE entry = 'event' AND kind = 'service'",
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_browser_of_the_file_finds_an_index(raw: sqlite3.Connection, question: str) -> None:
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {question}")]

    walks = [line for line in plan if line.startswith("SCAN") and "LIMIT" not in question]
    assert not walks
    assert not [line for line in plan if "TEMP B-TREE" in line]
