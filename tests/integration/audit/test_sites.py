"""Several sites in one file: a chain for each, also after a file in which all shared one."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.audit import proof, review
from scheduler.audit.chain import GENESIS
from scheduler.audit.database import Database
from scheduler.audit.log import Log
from scheduler.errors import AuditTamperedError
from scheduler.words import EntryKind

OLD = Path(__file__).parents[2] / "data" / "databases" / "0001.sqlite"
AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def append(database: Database, *sites: str) -> None:
    for site in sites:
        Log(database, site).append(at=AT, entry=EntryKind.EVENT, kind="service")


def chained(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT site, prev, hash FROM audit ORDER BY id").all()
    return [(row.site, row.prev, row.hash) for row in rows]


def test_each_site_has_a_chain_of_its_own(database: Database) -> None:
    append(database, "home", "cabin", "home", "cabin")

    (_, first, home), (_, second, cabin), (_, third, _), (_, fourth, _) = chained(database)

    assert (first, second, third, fourth) == (GENESIS, GENESIS, home, cabin)
    verified = proof.verify(database)
    assert {site: head.id for site, head in verified.heads.items()} == {"home": 3, "cabin": 4}


def test_chains_of_sites_begin_where_the_chain_of_all_ended(
    path: Path, opened: Callable[..., Database]
) -> None:
    shutil.copy(OLD, path)
    told = json.loads(OLD.with_suffix(".json").read_text())
    database = opened(path)

    append(database, "home", "cabin", "home")

    home, cabin, again = chained(database)[-3:]
    assert (home[1], cabin[1], again[1]) == (told["head"], told["head"], home[2])
    assert proof.verify(database).rows == told["rows"] + 3


def test_the_anchor_of_the_chains_cannot_be_moved(
    path: Path, opened: Callable[..., Database]
) -> None:
    shutil.copy(OLD, path)
    database = opened(path)
    append(database, "home", "cabin")

    with closing(sqlite3.connect(path)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="the anchor of the chains stays"):
            connection.execute("UPDATE anchor SET id = 0")
        connection.executescript("DROP TRIGGER anchor_no_update; UPDATE anchor SET id = id + 2")

    with pytest.raises(AuditTamperedError):
        proof.verify(database)


def test_a_head_written_down_earlier_is_found_again(database: Database) -> None:
    append(database, "home", "cabin")
    head = str(Log(database, "home").head())
    append(database, "home")

    assert head.startswith("1:")
    assert proof.verify(database, proof.parse_head(head)).rows == 3
    assert proof.verify(database, proof.parse_head(head[2:].upper())).rows == 3


def test_a_tail_cut_off_shows_against_a_head_written_down(database: Database, path: Path) -> None:
    append(database, "home", "home", "home")
    head = str(Log(database, "home").head())
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE id > 1")

    assert proof.verify(database).rows == 1
    with pytest.raises(AuditTamperedError, match="is not in the audit") as caught:
        proof.verify(database, proof.parse_head(head))
    assert caught.value.entry == 3


def test_an_audit_written_anew_does_not_have_the_head_at_its_place(database: Database) -> None:
    append(database, "home", "home")
    head = Log(database, "home").head()
    assert head is not None

    with pytest.raises(AuditTamperedError, match="is not in the audit"):
        proof.verify(database, proof.WrittenDown(1, head.hash))


@pytest.mark.parametrize("text", ["", "abc", "12:", ":" + 64 * "a", "x:" + 64 * "a", 65 * "a"])
def test_what_is_no_head_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a head"):
        proof.parse_head(text)


def test_reviews_can_be_of_one_site(database: Database) -> None:
    append(database, "home", "cabin", "home")

    assert [entry.id for entry in review.entries(database, site="home")] == [1, 3]
    assert [entry.id for entry in review.events(database, site="cabin")] == [2]
