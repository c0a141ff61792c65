"""What is written, and what is refused before it reaches the database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from scheduler.audit import proof, review
from scheduler.audit.database import Database
from scheduler.audit.log import Entry, Log
from scheduler.errors import AuditUnwritableError
from scheduler.words import EntryKind, Outcome, Wake

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_an_intent_begins_a_run_of_its_own_number(log: Log, database: Database) -> None:
    log.append(at=AT, entry=EntryKind.EVENT, kind="service")

    run = log.append(at=AT, entry=EntryKind.INTENT, kind="switch")

    assert run == 2
    assert review.entries(database)[1].run == 2


def test_an_outcome_alone_is_a_run(log: Log, database: Database) -> None:
    log.append(at=AT, entry=EntryKind.OUTCOME, kind="switch", outcome=Outcome.MISSED)

    [run] = review.runs(database)

    assert (run.run, run.outcome, run.started_at, run.finished_at) == (1, "missed", AT, AT)


def test_all_columns_come_back_as_they_were_given(log: Log, database: Database) -> None:
    log.append(at=AT, entry=EntryKind.INTENT, kind="switch", name="x", wake=Wake.PULSE)
    detail: Any = {"observed": None, "error": "Zähler: 5 %", "list": [1, {"two": 2.5}]}

    at = AT + timedelta(microseconds=123456)
    log.append(
        at=at,
        entry=EntryKind.OUTCOME,
        kind="switch",
        run=1,
        name="charge overnight",
        wake=Wake.RETRY,
        outcome=Outcome.UNCONFIRMED,
        detail=detail,
    )

    entry = review.entries(database)[-1]
    assert (entry.at, entry.site, entry.entry, entry.kind) == (at, "home", "outcome", "switch")
    assert (entry.run, entry.name, entry.wake) == (1, "charge overnight", "retry")
    assert (entry.outcome, entry.detail) == ("unconfirmed", detail)


def test_an_instant_of_another_zone_is_kept_as_the_same_instant(
    log: Log, database: Database
) -> None:
    log.append(
        at=AT.astimezone(timezone(timedelta(hours=-8))), entry=EntryKind.EVENT, kind="service"
    )

    assert review.entries(database)[0].at == AT


def test_many_entries_are_kept_together_or_not_at_all(log: Log) -> None:
    good = Entry(at=AT, entry=EntryKind.EVENT, kind="service")
    orphan = Entry(at=AT, entry=EntryKind.STEP, kind="switch", run=99)

    with pytest.raises(AuditUnwritableError, match="no such run"):
        log.append_many([good, orphan])

    assert log.head() is None


def test_many_entries_get_consecutive_numbers(log: Log, database: Database) -> None:
    log.append(at=AT, entry=EntryKind.INTENT, kind="switch")
    step = Entry(at=AT, entry=EntryKind.STEP, kind="switch", run=1, detail={"step": "look"})

    assert log.append_many([step, step]) == (2, 3)
    assert proof.verify(database).rows == 3


def test_no_entries_are_no_entries(log: Log) -> None:
    assert log.append_many([]) == ()


def test_a_run_ends_once(log: Log) -> None:
    log.append(at=AT, entry=EntryKind.INTENT, kind="switch")
    end: dict[str, Any] = {"at": AT, "entry": EntryKind.OUTCOME, "kind": "switch", "run": 1}
    log.append(**end, outcome=Outcome.INTERRUPTED)

    with pytest.raises(AuditUnwritableError, match="its run has ended already"):
        log.append(**end, outcome=Outcome.CONFIRMED)


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        pytest.param({"at": datetime(2026, 3, 1)}, "zone", id="naive instant"),
        pytest.param({"entry": EntryKind.STEP}, "belongs to a run", id="step without run"),
        pytest.param({"entry": EntryKind.INTENT, "run": 1}, "of its own", id="intent in a run"),
        pytest.param({"entry": EntryKind.OUTCOME}, "has an outcome", id="outcome without one"),
        pytest.param({"outcome": Outcome.MISSED}, "no other has", id="event with an outcome"),
        pytest.param({"detail": {"x": float("inf")}}, "JSON", id="infinity"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(
    log: Log, columns: dict[str, Any], complaint: str
) -> None:
    common: dict[str, Any] = {"at": AT, "entry": EntryKind.EVENT, "kind": "service"}

    with pytest.raises(ValueError, match=complaint):
        log.append(**{**common, **columns})

    assert log.head() is None


@pytest.mark.parametrize(
    "detail",
    [
        {"password": "hunter2"},
        {"token": "hunter2"},
        {"access_token": "hunter2"},
        {"cookie": "hunter2"},
        {"AuthCookie": "hunter2"},
        {"UserRecord": "hunter2"},
        {"user_record": "hunter2"},
        {"Authorization": "hunter2"},
        {"client-secret": "hunter2"},
        {"headers": {"Set-Cookie": "hunter2"}},
        {"requests": [{"path": "/"}, {"body": [{"force": 1, "password": "hunter2"}]}]},
    ],
    ids=json.dumps,
)
def test_a_detail_named_like_a_secret_is_refused(log: Log, detail: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="looks like a secret") as caught:
        log.append(at=AT, entry=EntryKind.EVENT, kind="trust", detail=detail)

    assert "hunter2" not in str(caught.value)
    assert log.head() is None


def test_a_broken_body_in_an_error_can_be_kept(log: Log, database: Database) -> None:
    log.append(at=AT, entry=EntryKind.EVENT, kind="gateway", detail={"error": "not \udcff JSON"})

    assert review.entries(database)[0].detail == {"error": "not ? JSON"}
    assert proof.verify(database).rows == 1


def test_the_latest_instant_survives_a_step_of_the_clock(log: Log) -> None:
    log.append(at=AT, entry=EntryKind.EVENT, kind="service")
    log.append(at=AT - timedelta(days=900), entry=EntryKind.EVENT, kind="clock")

    assert log.last_at() == AT


def test_an_empty_audit_has_no_head_and_no_latest_instant(log: Log) -> None:
    assert (log.head(), log.last_at(), log.open_runs()) == (None, None, ())


def test_the_head_names_the_last_entry_and_its_hash(log: Log, database: Database) -> None:
    log.append(at=AT, entry=EntryKind.EVENT, kind="service")
    log.append(at=AT, entry=EntryKind.EVENT, kind="reload")

    head = log.head()

    assert head is not None
    assert (head.id, head.hash) == (2, review.entries(database)[-1].hash)
