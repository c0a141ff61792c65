"""What the controller may rely on after a start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scheduler.audit.log import Log
from scheduler.words import EntryKind, Outcome, Wake

Pen = Any
Ask = Callable[[Log], object]
SEEN = {"mode": "autonomous", "reserve_percent": 20.0}


def test_a_run_without_an_end_is_open(log: Log, pen: Pen) -> None:
    pen.run(Outcome.CONFIRMED, "write")
    run = pen.begin("commit", name="commit the setting", attempt=3)
    pen.step(run, "login")
    pen.step(run, "commit")
    pen.run(Outcome.UNREACHABLE)

    [found] = log.open_runs()

    assert (found.run, found.kind, found.name) == (run, "commit", "commit the setting")
    assert (found.site, found.wake, found.steps) == ("home", Wake.BOUNDARY, ("login", "commit"))
    assert found.detail["attempt"] == 3


def test_several_open_runs_come_oldest_first(log: Log, pen: Pen) -> None:
    first = pen.begin()
    pen.run(Outcome.CONFIRMED)
    second = pen.begin()

    assert [run.run for run in log.open_runs()] == [first, second]


def test_decisions_without_an_attempt_do_not_hide_an_open_run(log: Log, pen: Pen) -> None:
    pen.end(None, Outcome.MISSED)
    run = pen.begin()
    for _ in range(5):
        pen.end(None, Outcome.DEFERRED)

    assert [found.run for found in log.open_runs()] == [run]


def test_a_run_is_open_for_its_own_site_only(log: Log, pen: Pen) -> None:
    run = pen.begin()

    cabin = Log(log.database, "cabin")

    assert [found.run for found in log.open_runs()] == [run]
    assert cabin.open_runs() == ()


def test_a_confirmed_switch_is_known_to_be_in_force(log: Log, pen: Pen) -> None:
    run = pen.run(Outcome.CONFIRMED, "login", "write", "commit", "run", "observe")

    confirmed = log.last_confirmed("local")

    assert confirmed is not None
    assert (confirmed.run, confirmed.at, confirmed.name) == (run, pen.at, "charge overnight")
    assert (confirmed.mode, confirmed.setting.reserve) == ("backup", 100.0)


def test_a_held_charge_is_the_one_that_the_outcome_resolved(log: Log, pen: Pen) -> None:
    run = pen.begin(wanted={"mode": "backup", "reserve_percent": None, "hold": True})
    held = {"mode": "backup", "reserve_percent": 63.0}
    pen.end(run, Outcome.CONFIRMED, wanted=held, hold_from="2026-03-01T08:00:00Z")

    confirmed = log.last_confirmed("local")

    assert confirmed is not None
    assert confirmed.setting.reserve == 63.0
    assert confirmed.hold_from == "2026-03-01T08:00:00Z"


def test_a_setting_without_a_percentage_is_not_known(log: Log, pen: Pen) -> None:
    pen.run(Outcome.UNCHANGED, wanted={"mode": "backup", "reserve_percent": None, "hold": True})

    assert log.last_confirmed("local") is None


def test_nothing_is_known_of_another_gateway(log: Log, pen: Pen) -> None:
    pen.run(Outcome.CONFIRMED, gateway="simulated")

    assert log.last_confirmed("local") is None


LATER: dict[str, tuple[Callable[[Pen], object], bool]] = {
    "nothing": (lambda pen: None, True),
    "found unchanged": (lambda pen: pen.run(Outcome.UNCHANGED, "observe"), True),
    "never reached": (lambda pen: pen.run(Outcome.UNREACHABLE, "login"), True),
    "a login refused": (lambda pen: pen.run(Outcome.REFUSED, "login"), True),
    "deferred without an attempt": (lambda pen: pen.end(None, Outcome.DEFERRED), True),
    "missed": (lambda pen: pen.end(None, Outcome.MISSED, gateway="local"), True),
    "a rehearsal": (lambda pen: pen.run(Outcome.DRY_RUN), True),
    "the sitemaster run": (
        lambda pen: pen.run(Outcome.COMPLETED, "login", "run", kind="sitemaster_run"),
        True,
    ),
    "a firmware check that found nothing": (
        lambda pen: pen.run(Outcome.COMPLETED, "check", "poll", kind="firmware_check"),
        True,
    ),
    "a write on another gateway": (
        lambda pen: pen.run(Outcome.UNCONFIRMED, "write", gateway="other"),
        True,
    ),
    "an event": (lambda pen: pen.entry(EntryKind.EVENT, kind="reload"), True),
    "written, not confirmed": (lambda pen: pen.run(Outcome.UNCONFIRMED, "write"), False),
    "not confirmed, no write recorded": (lambda pen: pen.run(Outcome.UNCONFIRMED), False),
    "interrupted, no write recorded": (lambda pen: pen.run(Outcome.INTERRUPTED, "login"), False),
    "still at work": (lambda pen: pen.begin(), False),
    "lost after the write": (lambda pen: pen.run(Outcome.UNREACHABLE, "login", "write"), False),
    "write refused": (lambda pen: pen.run(Outcome.REFUSED, "write"), False),
    "replaced after the write": (lambda pen: pen.run(Outcome.SUPERSEDED, "write"), False),
    "an explicit commit": (lambda pen: pen.run(Outcome.COMPLETED, "commit", kind="commit"), False),
    "a firmware installed": (
        lambda pen: pen.run(Outcome.COMPLETED, "check", "install", kind="firmware_check"),
        False,
    ),
    "another setting seen": (
        lambda pen: pen.end(pen.begin(), Outcome.UNREACHABLE, observed=SEEN),
        False,
    ),
}


@pytest.mark.parametrize(("later", "known"), LATER.values(), ids=LATER)
def test_a_confirmed_setting_counts_until_something_may_have_changed_it(
    log: Log, pen: Pen, later: Callable[[Pen], object], known: bool
) -> None:
    pen.run(Outcome.CONFIRMED, "write")

    later(pen)

    assert (log.last_confirmed("local") is not None) is known


@pytest.mark.parametrize(
    ("later", "doubt"),
    [
        (later, not known and name != "another setting seen")
        for name, (later, known) in LATER.items()
    ],
    ids=LATER,
)
def test_a_write_is_in_doubt_until_it_is_seen_to_its_end(
    log: Log, pen: Pen, later: Callable[[Pen], object], doubt: bool
) -> None:
    """Another setting that was merely seen is somebody else's, not half of a write of ours."""
    pen.run(Outcome.CONFIRMED, "write")

    later(pen)

    assert log.write_in_doubt("local") is doubt


def test_without_any_run_no_write_is_in_doubt(log: Log) -> None:
    assert not log.write_in_doubt("local")


def test_doubt_ends_with_the_next_confirmation(log: Log, pen: Pen) -> None:
    pen.run(Outcome.CONFIRMED, "write")
    pen.run(Outcome.UNCONFIRMED, "write")
    run = pen.run(Outcome.UNCHANGED, "login", "observe")
    pen.run(Outcome.UNREACHABLE, "login")

    confirmed = log.last_confirmed("local")

    assert confirmed is not None
    assert confirmed.run == run


@pytest.mark.parametrize(
    "ask",
    [
        lambda log: log.last_confirmed("local"),
        lambda log: log.write_in_doubt("local"),
        lambda log: log.open_runs(),
        lambda log: log.head(),
        lambda log: log.last_at(),
    ],
    ids=["last confirmed", "write in doubt", "open runs", "head", "latest instant"],
)
def test_a_question_costs_the_same_however_many_runs_failed(log: Log, pen: Pen, ask: Ask) -> None:
    pen.run(Outcome.CONFIRMED, "write")
    pen.begin()
    few = _work(log, ask)

    for _ in range(300):
        pen.run(Outcome.UNREACHABLE, "login")

    assert _work(log, ask) <= 1.2 * few


def _work(log: Log, ask: Ask) -> int:
    """Instructions of SQLite's machine, in tens; no clock is asked."""
    ask(log)  # Whatever is done once only, such as preparing the statement.
    count = [0]

    def counting() -> int:
        count[0] += 1
        return 0

    with log.database.reading() as connection:
        raw = connection.connection.driver_connection
    raw.set_progress_handler(counting, 10)
    try:
        ask(log)
    finally:
        raw.set_progress_handler(None, 0)
    assert count[0] > 0, "nothing was counted"
    return count[0]
