"""What a person asks of the audit, and the JSON of the contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.audit import review
from scheduler.audit.database import Database
from scheduler.words import EntryKind, Outcome

Pen = Any
SETTING = {"mode": "backup", "reserve_percent": 100.0}


def test_a_run_is_shown_with_all_that_is_known_of_it(database: Database, pen: Pen) -> None:
    run = pen.begin(planned_at="2026-03-01T08:00:00Z", attempt=2, period="super_off_peak")
    pen.step(run, "write", method="POST", path="/api/operation", status=None, error="timed out")
    pen.end(run, Outcome.UNCONFIRMED, observed=SETTING, error="asked twice")

    [view] = review.runs(database)

    assert view.to_json() == {
        "run": 1,
        "site": "home",
        "kind": "switch",
        "name": "charge overnight",
        "wake": "boundary",
        "planned_at": "2026-03-01T08:00:00Z",
        "started_at": "2026-03-01T08:00:01Z",
        "finished_at": "2026-03-01T08:00:03Z",
        "outcome": "unconfirmed",
        "wanted": SETTING,
        "observed": SETTING,
        "attempt": 2,
        "error": "asked twice",
        "note": None,
        "gateway": "local",
        "simulated": False,
        "evidence": [],
        "steps": [
            {
                "at": "2026-03-01T08:00:02Z",
                "step": "write",
                "method": "POST",
                "path": "/api/operation",
                "status": None,
                "duration_ms": 1.5,
                "error": "timed out",
            }
        ],
    }
    assert view.detail["period"] == "super_off_peak"


def test_a_run_at_work_has_no_outcome_yet(database: Database, pen: Pen) -> None:
    pen.step(pen.begin(), "login")

    [shown] = [view.to_json() for view in review.runs(database)]

    assert (shown["outcome"], shown["finished_at"], shown["observed"]) == (None, None, None)
    assert shown["wanted"] == SETTING


def test_a_decision_alone_brings_its_own_wish(database: Database, pen: Pen) -> None:
    pen.end(None, Outcome.MISSED, wanted=SETTING, gateway="local", error="Nothing was running.")

    [shown] = [view.to_json() for view in review.runs(database)]

    assert (shown["wanted"], shown["gateway"]) == (SETTING, "local")
    assert (shown["outcome"], shown["error"], shown["steps"]) == (
        "missed",
        "Nothing was running.",
        [],
    )


def test_the_newest_runs_come_oldest_first(database: Database, pen: Pen) -> None:
    numbers = [pen.run(Outcome.CONFIRMED, "write") for _ in range(5)]

    assert [view.run for view in review.runs(database, limit=2)] == numbers[-2:]
    assert [view.run for view in review.runs(database)] == numbers


def test_more_runs_than_one_query_takes_have_their_steps(database: Database, pen: Pen) -> None:
    for _ in range(520):
        pen.run(Outcome.UNCHANGED, "observe")

    assert all(len(view.steps) == 1 for view in review.runs(database))


FILTERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "none": ({}, ["a", "b", "c", "d"]),
    "outcome": ({"outcome": Outcome.CONFIRMED}, ["a", "c"]),
    "outcome as text": ({"outcome": "failed"}, ["d"]),
    "outcome nobody had": ({"outcome": "missed"}, []),
    "name": ({"job": "b"}, ["b"]),
    "kind": ({"job": "switch"}, ["a", "b", "c"]),
    "neither name nor kind": ({"job": "nobody"}, []),
    "since its own instant": ({"since": 3}, ["b", "c", "d"]),
    "until excludes its instant": ({"until": 5}, ["a", "b"]),
    "a stretch": ({"since": 2, "until": 6}, ["b", "c"]),
    "limit": ({"limit": 1}, ["d"]),
    "limit of nothing": ({"limit": 0}, []),
    "all together": (
        {"since": 1, "until": 7, "outcome": "confirmed", "job": "switch", "limit": 1},
        ["c"],
    ),
}


@pytest.mark.parametrize(("filters", "expected"), FILTERS.values(), ids=FILTERS)
def test_runs_are_those_that_all_filters_allow(
    database: Database, pen: Pen, filters: dict[str, Any], expected: list[str]
) -> None:
    start = pen.at
    for kind, name, outcome in (
        ("switch", "a", Outcome.CONFIRMED),
        ("switch", "b", Outcome.UNREACHABLE),
        ("switch", "c", Outcome.CONFIRMED),
        ("commit", "d", Outcome.FAILED),
    ):
        pen.end(pen.begin(kind, name), outcome, kind)
    for bound in {"since", "until"} & filters.keys():
        filters = {**filters, bound: start + timedelta(seconds=filters[bound])}

    assert [view.name for view in review.runs(database, **filters)] == expected


def test_one_run_is_found_by_its_number(database: Database, pen: Pen) -> None:
    pen.run(Outcome.CONFIRMED, "write")
    number = pen.run(Outcome.REFUSED, "login")

    found = review.run(database, number)

    assert found is not None
    assert (found.outcome, [step.step for step in found.steps]) == ("refused", ["login"])


@pytest.mark.parametrize("number", [2, 99], ids=["a step's number", "beyond the end"])
def test_a_number_that_is_no_run_finds_nothing(database: Database, pen: Pen, number: int) -> None:
    pen.run(Outcome.CONFIRMED, "write")

    assert review.run(database, number) is None


def test_raw_entries_come_as_they_stand(database: Database, pen: Pen) -> None:
    pen.run(Outcome.CONFIRMED, "write")

    shown = review.entries(database, limit=2)[0].to_json()

    assert set(shown) == {
        *("id", "at", "site", "entry", "kind", "run", "name", "wake", "outcome", "detail", "hash"),
        *("gateway", "simulated"),
    }
    assert (shown["id"], shown["entry"], shown["at"]) == (2, "step", "2026-03-01T08:00:02Z")


def test_raw_entries_are_filtered_one_by_one(database: Database, pen: Pen) -> None:
    pen.run(Outcome.CONFIRMED, "write")
    pen.run(Outcome.FAILED, kind="commit")

    assert [entry.id for entry in review.entries(database, outcome="confirmed")] == [3]
    assert [entry.id for entry in review.entries(database, job="commit")] == [4, 5]
    assert [entry.id for entry in review.entries(database, since=pen.at)] == [5]


def test_events_are_not_runs(database: Database, pen: Pen) -> None:
    pen.entry(EntryKind.EVENT, kind="service", name="started")
    pen.run(Outcome.CONFIRMED, "write")
    pen.entry(EntryKind.EVENT, kind="reload", detail={"problems": 2})

    assert [event.kind for event in review.events(database)] == ["service", "reload"]
    assert [event.name for event in review.events(database, kind="service")] == ["started"]
    assert [event.kind for event in review.events(database, limit=1)] == ["reload"]
    assert len(review.runs(database)) == 1


def test_the_view_of_runs_is_what_the_review_shows(database: Database, pen: Pen) -> None:
    """A browser of SQLite and the command must not disagree."""
    pen.run(Outcome.CONFIRMED, "write", "commit", planned_at="2026-03-01T08:00:00Z")
    pen.end(None, Outcome.MISSED, wanted=SETTING, error="Nothing was running.")
    pen.begin(attempt=4)

    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM runs ORDER BY run").mappings().all()

    same = ("run", "site", "kind", "name", "wake", "planned_at", "outcome", "attempt", "error")
    shown = [view.to_json() for view in review.runs(database)]
    assert [[row[key] for key in same] for row in rows] == [
        [run[key] for key in same] for run in shown
    ]
    assert [row["started_at"] for row in rows] == [
        f"2026-03-01T08:00:0{second}.000000Z" for second in (1, 5, 6)
    ]
    assert rows[0]["wanted"] == '{"mode":"backup","reserve_percent":100.0}'


def test_the_view_of_steps_has_a_column_for_each_key(database: Database, pen: Pen) -> None:
    pen.step(pen.begin(), "write", method="POST", path="/api/operation", duration_ms=12.5)

    with database.reading() as connection:
        row = connection.exec_driver_sql("SELECT * FROM steps").one()

    assert tuple(row) == (
        *(1, 2, "2026-03-01T08:00:02.000000Z", "write", "POST", "/api/operation"),
        *(200, 12.5, None),
    )


def test_instants_before_1970_do_not_upset_the_review(database: Database, pen: Pen) -> None:
    """A gateway's host without a clock of its own may start anywhere."""
    pen.at = datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC)
    pen.run(Outcome.CONFIRMED)

    [view] = review.runs(database)

    assert view.to_json()["started_at"] == "1969-12-31T23:59:59.500000Z"
