"""One writer for all sites: what is promised to whoever waits, and what is kept together."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from scheduler.audit import proof, review
from scheduler.audit.database import Database
from scheduler.audit.intent import Ended, Intent
from scheduler.audit.recorder import Recorder, Run
from scheduler.audit.writer import TOGETHER, Writer
from scheduler.errors import AuditUnwritableError
from scheduler.setting import HOLD, Mode, Setting, SettingRead
from scheduler.words import Outcome, Wake

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
CHARGE = Setting(Mode.BACKUP, 100.0)
SEEN = SettingRead("backup", 100.0)
CONFIRMED = Ended(outcome=Outcome.CONFIRMED, observed=SEEN)
EATER = "CREATE TRIGGER eater BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END"


def intent(name: str = "charge overnight", **more: Any) -> Intent:
    common: dict[str, Any] = {"kind": "switch", "wake": Wake.BOUNDARY, "gateway": "local"}
    return Intent(name=name, **{"wanted": CHARGE, **common, **more})


@dataclass(frozen=True)
class Done:
    """A step as a transport tells it."""

    step: str
    at: datetime = AT
    method: str = "POST"
    path: str = "/api/operation"
    status: int | None = 200
    duration_ms: float = 3.5
    error: str | None = None


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    writer = Writer(database)
    yield writer
    writer.close()


@pytest.fixture
def home(writer: Writer) -> Recorder:
    return Recorder(writer, "home", now=lambda: AT)


@pytest.fixture
def raw(path: Path, database: Database) -> Callable[[str], object]:
    """The file in the hands of somebody else."""

    def execute(statement: str) -> object:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()

    return execute


async def test_a_run_is_kept_with_its_steps_and_its_outcome(
    home: Recorder, database: Database
) -> None:
    run = await home.begin(intent(planned_at=AT, period="super_off_peak"))
    await run.ended(Done("write"))
    await run.ended(Done("observe"))

    assert await run.end(CONFIRMED) is Outcome.CONFIRMED

    [shown] = review.runs(database)
    assert (shown.run, shown.outcome, shown.wanted) == (run.number, "confirmed", CHARGE.to_json())
    assert [step.step for step in shown.steps] == ["write", "observe"]
    assert proof.verify(database).complaints == ()


async def test_an_intent_is_on_disk_before_the_run_begins(
    home: Recorder, raw: Callable[[str], Any]
) -> None:
    run = await home.begin(intent())

    assert raw("SELECT run, entry FROM audit") == [(run.number, "intent")]


async def test_ten_thousand_intents_at_one_boundary_are_a_few_transactions(
    writer: Writer, database: Database
) -> None:
    """The thread is held until all are handed in, however slow the machine is."""
    commits, all_there = [], threading.Event()
    event.listen(database._writer, "commit", lambda _: commits.append(1))
    sites = [Recorder(writer, f"site {number}") for number in range(10_000)]
    writer.ask(all_there.wait)

    begun = asyncio.gather(*(site.begin(intent()) for site in sites))
    await asyncio.sleep(0)
    all_there.set()

    assert len({run.number for run in await begun}) == 10_000
    assert len(commits) == 10_000 / TOGETHER


async def test_what_waits_for_one_site_does_not_fall_with_another(writer: Writer) -> None:
    home, cabin = Recorder(writer, "home"), Recorder(writer, "cabin")
    mine, other = await home.begin(intent()), await cabin.begin(intent())
    await other.end(CONFIRMED)

    twice, once = await asyncio.gather(
        other.end(CONFIRMED), mine.end(CONFIRMED), return_exceptions=True
    )

    assert isinstance(twice, AuditUnwritableError)
    assert "its run has ended already" in str(twice)
    assert once is Outcome.CONFIRMED


async def test_what_was_handed_in_is_written_before_the_writer_closes(
    database: Database,
) -> None:
    writer = Writer(database)
    home = Recorder(writer, "home")
    run = await home.begin(intent())
    await run.ended(Done("write"))

    home.close()
    writer.close()

    [shown] = review.runs(database)
    assert [step.step for step in shown.steps] == ["write"]


async def test_nobody_waiting_any_more_does_not_undo_an_entry(
    home: Recorder, database: Database
) -> None:
    run = await home.begin(intent())
    ending = asyncio.ensure_future(run.end(CONFIRMED))
    await asyncio.sleep(0)

    ending.cancel()

    await home.ask(lambda: None)
    assert review.runs(database)[0].outcome == "confirmed"


@pytest.mark.parametrize("act", ["intent", "decision", "event", "end"])
async def test_an_entry_that_a_trigger_swallows_is_an_error(
    home: Recorder, database: Database, raw: Callable[[str], Any], act: str
) -> None:
    run = await home.begin(intent())
    raw(EATER)
    acts: dict[str, Callable[[], Any]] = {
        "intent": lambda: home.begin(intent()),
        "decision": lambda: home.decided(Ended(outcome=Outcome.DEFERRED), intent()),
        "event": lambda: home.event("service", "stop"),
        "end": lambda: run.end(CONFIRMED),
    }

    with pytest.raises(AuditUnwritableError, match="took an entry without keeping it"):
        await acts[act]()

    assert review.runs(database)[0].outcome is None


async def test_a_step_that_was_not_kept_stops_the_next_change(
    home: Recorder, raw: Callable[[str], Any]
) -> None:
    run = await home.begin(intent())
    raw(EATER)
    await run.ended(Done("write"))
    run.hand_in()
    await home.ask(lambda: None)

    with pytest.raises(AuditUnwritableError):
        await run.settled()


async def test_an_entry_that_cannot_be_is_refused_where_it_is_handed_in(home: Recorder) -> None:
    with pytest.raises(ValueError, match="looks like a secret"):
        await home.event("trust", "paired", {"password": "hunter2"})


async def test_an_accepted_run_can_be_taken_up_by_the_next_process(
    home: Recorder, writer: Writer, database: Database
) -> None:
    until = AT + timedelta(minutes=5)
    held = Setting(Mode.BACKUP, 63.0)
    run = await home.begin(intent(wanted=Setting(Mode.BACKUP, HOLD)))
    await run.ended(Done("write"))
    await run.accepted(until=until, wanted=held, more={"before": None})
    next_process = Recorder(writer, "home")

    [found] = await next_process.ask(next_process.questions.open_runs)

    assert (found.run, found.gateway, found.steps) == (run.number, "local", ("write",))
    assert found.accepted is not None
    assert (found.accepted.until, found.wanted) == (until, held)
    assert review.runs(database)[0].outcome == "accepted"
    await next_process.take_up(found).end(CONFIRMED)
    assert await next_process.ask(next_process.questions.open_runs) == ()
    assert review.runs(database)[0].outcome == "confirmed"


async def test_evidence_is_added_after_the_outcome(home: Recorder, database: Database) -> None:
    run = await home.begin(intent())
    await run.end(CONFIRMED)

    await run.evidence("effect", {"seen": "not_seen"})

    [shown] = review.runs(database)
    assert shown.outcome == "confirmed"
    assert [(each.name, each.detail) for each in shown.evidence] == [
        ("effect", {"evidence": "effect", "seen": "not_seen"})
    ]


async def test_what_was_sent_is_in_doubt_until_it_is_confirmed(home: Recorder) -> None:
    run = await home.begin(intent())
    await run.accepted(until=AT)
    await run.end(Ended(outcome=Outcome.SUPERSEDED))

    assert await home.ask(lambda: home.questions.write_in_doubt("local"))
    await (await home.begin(intent())).end(CONFIRMED)
    assert not await home.ask(lambda: home.questions.write_in_doubt("local"))


async def test_each_site_knows_its_own_present_only(writer: Writer) -> None:
    home = Recorder(writer, "home", now=lambda: AT)
    cabin = Recorder(writer, "cabin", now=lambda: AT + timedelta(days=1))
    await (await home.begin(intent())).end(CONFIRMED)
    run = await cabin.begin(intent())

    here, there = home.questions, cabin.questions
    confirmed = here.last_confirmed("local")
    assert confirmed is not None
    assert confirmed.setting == CHARGE
    assert there.last_confirmed("local") is None
    assert (here.write_in_doubt("local"), there.write_in_doubt("local")) == (False, True)
    assert (here.open_runs(), [each.run for each in there.open_runs()]) == ((), [run.number])
    assert (here.last_at(), there.last_at()) == (AT, AT + timedelta(days=1))
    heads = [here.head(), there.head()]
    assert [each.id if each else None for each in heads] == [2, 3]


async def test_a_run_of_another_site_cannot_be_ended_under_our_name(writer: Writer) -> None:
    home, cabin = Recorder(writer, "home"), Recorder(writer, "cabin")
    theirs = await cabin.begin(intent())
    stolen = Run(home, theirs.number, kind="switch", name="charge", wake=Wake.START)

    with pytest.raises(AuditUnwritableError, match="no such run of this site"):
        await stolen.end(Ended(outcome=Outcome.INTERRUPTED))


async def test_the_text_of_a_schedule_is_kept_once_for_each_digest(
    home: Recorder, database: Database
) -> None:
    kept = [
        await home.schedule(digest, {"text": text})
        for digest, text in (("aa", "schedule: a"), ("bb", "schedule: b"), ("aa", "schedule: a"))
    ]

    assert kept == [True, True, False]
    assert home.questions.schedule_texts("aa") == {"text": "schedule: a"}
    assert home.questions.schedule_texts("cc") is None
    assert len(review.events(database, kind="schedule")) == 2
