"""The audit as the pages ask it, answer after answer."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from scheduler.audit import review
from scheduler.audit.database import open_database
from scheduler.audit.log import Log
from scheduler.cli.web import own_settings, source
from scheduler.errors import SchedulerError
from scheduler.outlets.web.source import Source
from scheduler.words import EntryKind

NOW = datetime(2026, 11, 25, 22, 20, tzinfo=UTC)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source over an audit with one entry."""
    monkeypatch.setenv("TOU_DATABASE", str(keep(tmp_path / "tou.db", entries=1)))
    return source(own_settings())


def keep(path: Path, *, entries: int) -> Path:
    with closing(open_database(path, create=True)) as database:
        for number in range(entries):
            Log(database, "home").append(
                at=NOW, entry=EntryKind.EVENT, kind="test", name=str(number)
            )
    return path


def last_entry(asked: Source) -> int:
    with asked.audit() as database:
        return review.last_entry(database)


def test_what_one_answer_put_into_sql_is_there_for_the_next(asked: Source) -> None:
    with asked.audit() as first:
        pass
    with asked.audit() as second:
        pass

    assert second is first


def test_two_answers_at_once_do_not_share_an_audit(asked: Source) -> None:
    with asked.audit() as first, asked.audit() as second:
        assert second is not first
        assert review.last_entry(second) == review.last_entry(first) == 1


def test_no_connection_is_held_between_two_answers(asked: Source) -> None:
    last_entry(asked)
    last_entry(asked)

    held = [each.path for each in psutil.Process().open_files()]
    assert not [each for each in held if each.startswith(str(asked.database))]


def test_a_file_that_was_restored_is_seen_by_the_next_answer(asked: Source, tmp_path: Path) -> None:
    assert last_entry(asked) == 1

    keep(tmp_path / "other.db", entries=3).replace(asked.database)

    assert last_entry(asked) == 3


def test_a_file_that_is_gone_is_told_and_one_that_came_back_is_read(asked: Source) -> None:
    last_entry(asked)
    asked.database.unlink()

    with pytest.raises(SchedulerError, match="No audit yet"):
        last_entry(asked)
    keep(asked.database, entries=2)
    assert last_entry(asked) == 2
