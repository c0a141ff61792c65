"""By which way SQLite answers: a great audit has a million rows, of which few are events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event

from scheduler.audit import review
from scheduler.audit.log import Log

SINCE, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)

Ask = Callable[[Log], object]


@contextmanager
def asked() -> Iterator[list[tuple[str, Any]]]:
    """What reaches the database meanwhile."""
    found: list[tuple[str, Any]] = []

    def take(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        found.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", take)
    yield found
    event.remove(Engine, "before_cursor_execute", take)


def way(log: Log, ask: Ask) -> str:
    """Of the one question that is asked."""
    with asked() as found:
        ask(log)
    [(statement, parameters)] = found
    with log.database.reading() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    return "; ".join(row[3] for row in rows)


@pytest.mark.parametrize(
    "ask",
    [
        lambda log: log.events("service", SINCE),
        lambda log: log.events("lease", SINCE, UNTIL),
        lambda log: log.firmware(UNTIL),
        lambda log: log.firmware(),
        lambda log: log.open_incidents(),
    ],
    ids=["events", "events between", "firmware then", "firmware", "incidents"],
)
def test_a_question_about_events_looks_at_events_alone(log: Log, ask: Ask) -> None:
    assert way(log, ask).startswith("SEARCH audit USING INDEX audit_event")


def test_how_runs_ended_is_looked_up_run_by_run(log: Log) -> None:
    told = way(log, lambda log: review.ends(log.database, "home", SINCE, UNTIL))

    assert "COVERING INDEX audit_started (at>? AND at<?)" in told
    assert "audit_site_at" not in told


@pytest.mark.parametrize(
    "filters",
    [{"outcome": "confirmed"}, {"job": "switch"}, {"since": SINCE, "outcome": "refused"}],
    ids=["outcome", "kind", "both"],
)
def test_filtered_runs_are_walked_from_the_newest_and_not_sorted(log: Log, filters: Any) -> None:
    told = way(log, lambda log: review.runs(log.database, site="home", limit=50, **filters))

    assert "SEARCH f USING INTEGER PRIMARY KEY (rowid=?)" in told
    assert "B-TREE FOR ORDER BY" not in told
