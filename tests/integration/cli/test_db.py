"""`tou db`: upgrade, backup, verify."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from scheduler.audit import review
from scheduler.audit.database import open_database, open_to_look
from scheduler.audit.schema import SCHEMA
from scheduler.words import Outcome


def _tamper(path: Path, entry: int) -> None:
    """Change a row as somebody with the file in hand could."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit SET name = 'other' WHERE id = ?", (entry,))


def _pretend_schema(path: Path, version: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))


def test_upgrade_makes_a_database_where_there_is_none(tou: Any, home: Path) -> None:
    answer = tou("db", "upgrade")

    assert answer.out == f"{home / 'tou.db'}: made, with schema {SCHEMA}.\n"
    with closing(open_database(home / "tou.db")) as database:
        assert review.runs(database) == []


def test_upgrade_of_a_present_schema_says_that_nothing_is_to_do(tou: Any, log: Any) -> None:
    answer = tou("db", "upgrade", "--format", "json")

    told = json.loads(answer.out)
    assert (told["from"], told["to"]) == (SCHEMA, SCHEMA)


def test_backup_is_a_whole_verified_copy(tou: Any, runs: Any, home: Path) -> None:
    runs.switch(Outcome.CONFIRMED)

    answer = tou("db", "backup", "copy.db", "--format", "json")

    told = json.loads(answer.out)
    assert told["rows"] == 3
    assert told["head"]["id"] == 3
    with closing(open_database(home / "copy.db")) as copy:
        assert [run.outcome for run in review.runs(copy)] == ["confirmed"]


def test_backup_prints_rows_and_head(tou: Any, runs: Any) -> None:
    runs.switch(Outcome.CONFIRMED)
    head = runs.log.head()

    answer = tou("db", "backup", "copy.db")

    assert answer.out == f"copy.db: 3 entries, head {head.hash}, verified.\n"


def test_backup_never_overwrites(tou: Any, runs: Any, home: Path) -> None:
    (home / "copy.db").write_text("precious")

    answer = tou("db", "backup", "copy.db")

    assert answer.code == 78
    assert "copy.db exists already" in answer.err
    assert (home / "copy.db").read_text() == "precious"


def test_backup_to_the_folder_one_is_in_is_told_as_such(tou: Any, runs: Any, home: Path) -> None:
    runs.switch(Outcome.CONFIRMED)

    answer = tou("db", "backup", ".")

    assert (answer.code, ". exists already" in answer.err) == (78, True), answer.err


def test_backup_of_nothing_makes_nothing(tou: Any, home: Path) -> None:
    answer = tou("db", "backup", "copy.db")

    assert answer.code == 1
    assert answer.err.startswith(f"No audit yet at {home / 'tou.db'}.")
    assert list(home.iterdir()) == []


def test_verify_proves_the_chain_and_prints_its_head(tou: Any, runs: Any, home: Path) -> None:
    runs.switch(Outcome.CONFIRMED)
    head = runs.log.head()

    answer = tou("db", "verify")

    assert answer.code == 0
    assert answer.out == f"{home / 'tou.db'}: 3 entries, head {head.hash}, the chain holds.\n"


def test_verify_names_the_entry_that_was_changed(tou: Any, runs: Any, home: Path) -> None:
    runs.switch(Outcome.CONFIRMED)
    _tamper(home / "tou.db", 2)

    answer = tou("db", "verify")

    assert answer.code == 1
    assert answer.out == ""
    assert answer.err.startswith("Entry 2 of the audit")


def test_verify_names_the_entry_in_json_too(tou: Any, runs: Any, home: Path) -> None:
    runs.switch(Outcome.CONFIRMED)
    _tamper(home / "tou.db", 3)

    answer = tou("db", "verify", "--format", "json")

    told = json.loads(answer.out)
    assert answer.code == 1
    assert (told["ok"], told["entry"]) == (False, 3)


def test_an_older_schema_is_left_alone_by_looking(tou: Any, runs: Any, home: Path) -> None:
    runs.switch(Outcome.CONFIRMED)
    _pretend_schema(home / "tou.db", "0000")

    answer = tou("audit")

    assert answer.code == 78
    assert "tou db upgrade" in answer.err
    with closing(sqlite3.connect(home / "tou.db")) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row == ("0000",)


def test_an_older_schema_can_be_copied_before_it_is_upgraded(
    tou: Any, runs: Any, home: Path
) -> None:
    runs.switch(Outcome.CONFIRMED)
    _pretend_schema(home / "tou.db", "0000")

    looked = open_to_look(home / "tou.db", older=True)
    assert looked is not None
    with closing(looked) as found:
        found.vacuum_into(home / "copy.db")

    with closing(sqlite3.connect(home / "copy.db")) as connection:
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == (3,)


@pytest.mark.parametrize("verb", ["backup", "verify", "upgrade"])
def test_another_programs_file_is_refused(tou: Any, home: Path, verb: str) -> None:
    with closing(sqlite3.connect(home / "tou.db")) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    words = ["copy.db"] if verb == "backup" else []

    answer = tou("db", verb, *words)

    assert answer.code == 78
    assert "the database of another program" in answer.err


@pytest.mark.parametrize("verb", ["audit", "db"])
def test_verify_finds_a_head_written_down_earlier(
    tou: Any, runs: Any, home: Path, verb: str
) -> None:
    runs.switch(Outcome.CONFIRMED)
    head = str(runs.log.head())
    runs.switch(Outcome.CONFIRMED)

    there = tou(verb, "verify", "--head", head)
    with closing(sqlite3.connect(home / "tou.db")) as connection:
        connection.executescript("DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE id > 2")
    gone = tou(verb, "verify", "--head", head)

    assert there.code == 0
    assert gone.code == 1
    assert "entries were cut off its end" in gone.err


def test_a_head_that_is_none_is_a_usage_error(tou: Any, runs: Any) -> None:
    answer = tou("audit", "verify", "--head", "12")

    assert answer.code == 2
    assert "is not a head" in answer.err


def test_verify_names_a_trigger_that_does_not_belong_there(tou: Any, runs: Any, home: Path) -> None:
    runs.switch(Outcome.CONFIRMED)
    with closing(sqlite3.connect(home / "tou.db")) as connection:
        connection.executescript(
            "CREATE TRIGGER eater BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END"
        )

    text, told = tou("audit", "verify"), tou("audit", "verify", "--format", "json")

    assert (text.code, told.code) == (1, 1)
    assert "but the trigger eater does not belong here" in text.err
    assert json.loads(told.out)["complaints"] == ["the trigger eater does not belong here"]


def test_upgrade_puts_missing_guards_back_and_records_it(tou: Any, runs: Any, home: Path) -> None:
    runs.switch(Outcome.CONFIRMED)
    with closing(sqlite3.connect(home / "tou.db")) as connection:
        connection.executescript("DROP TRIGGER audit_no_update; DROP INDEX audit_end")

    answer = tou("db", "upgrade")

    assert answer.code == 0
    assert "put back: " in answer.out
    assert "trigger audit_no_update" in answer.out
    assert tou("audit", "verify").code == 0
    with closing(open_database(home / "tou.db")) as database:
        [event] = review.events(database, kind="audit")
    assert event.detail["restored"] == ["index audit_end", "trigger audit_no_update"]


def test_verify_shows_the_head_of_each_site(tou: Any, runs: Any) -> None:
    runs.switch(Outcome.CONFIRMED)
    cabin = type(runs.log)(runs.log.database, "cabin")
    type(runs)(cabin).switch(Outcome.CONFIRMED)

    out = tou("audit", "verify").out

    assert f"  audit head of cabin: {cabin.head()}\n" in out
    assert f"  audit head of home: {runs.log.head()}\n" in out


def test_an_audit_of_an_older_schema_is_copied_and_proven_before_it_is_upgraded(
    tou: Any, home: Path
) -> None:
    old = Path(__file__).parents[2] / "data" / "databases" / "0001.sqlite"
    shutil.copy(old, home / "tou.db")

    answer = tou("db", "backup", "copy.db", "--format", "json")

    told = json.loads(old.with_suffix(".json").read_text())
    shown = json.loads(answer.out)
    assert (shown["rows"], shown["head"]["hash"]) == (told["rows"], told["head"])
