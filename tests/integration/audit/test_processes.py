"""Several processes on one audit, and one that dies in the middle."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from scheduler.audit import proof, review
from scheduler.audit.database import Database
from scheduler.audit.log import Log

Opened = Callable[..., Database]
Spawn = Callable[..., subprocess.Popen[str]]

MIGRATE = """
    import sys, alembic.command
    from pathlib import Path
    from scheduler.audit.database import open_database
    print("ready", flush=True)
    sys.stdin.readline()
    open_database(Path(sys.argv[1]), create=True).close()
"""

APPEND = """
    import sys
    from itertools import count
    from pathlib import Path
    from scheduler.audit.database import open_database
    from scheduler.audit.log import Log
    from scheduler.words import EntryKind, Outcome
    from scheduler.clock import from_micros
    log = Log(open_database(Path(sys.argv[1])), sys.argv[2])
    print("ready", flush=True)
    sys.stdin.readline()
    for number in count() if sys.argv[3] == "forever" else range(int(sys.argv[3])):
        at = from_micros(number)
        run = log.append(at=at, entry=EntryKind.INTENT, kind="switch")
        end = log.append(
            at=at, entry=EntryKind.OUTCOME, kind="switch", run=run, outcome=Outcome.UNCHANGED
        )
        print(end, flush=True)
"""


def go(processes: list[subprocess.Popen[str]]) -> None:
    """Lets all of them begin at once, when the slowest has imported what it needs."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def test_four_processes_make_one_audit_together(path: Path, opened: Opened, spawn: Spawn) -> None:
    processes = [spawn(MIGRATE, path) for _ in range(4)]

    go(processes)

    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert errors == [""] * 4
    assert [process.returncode for process in processes] == [0] * 4
    with opened(path).reading() as connection:
        versions = connection.exec_driver_sql("SELECT * FROM alembic_version").all()
    assert len(versions) == 1


def test_two_processes_append_to_one_chain(database: Database, path: Path, spawn: Spawn) -> None:
    processes = [spawn(APPEND, path, site, 60) for site in ("home", "cabin")]

    go(processes)

    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert errors == ["", ""]
    assert proof.verify(database).rows == 240
    runs = review.runs(database)
    assert [sum(run.site == site for run in runs) for site in ("home", "cabin")] == [60, 60]
    assert {run.outcome for run in runs} == {"unchanged"}


def test_a_process_killed_while_appending_loses_nothing_it_was_promised(
    database: Database, path: Path, spawn: Spawn
) -> None:
    """Each number is printed after its append returned; whatever was printed must be there."""
    log = Log(database, "home")
    for enough in (3, 17):
        process = spawn(APPEND, path, "home", "forever")
        go([process])
        assert process.stdout is not None
        for _ in range(enough):
            process.stdout.readline()

        process.send_signal(signal.SIGKILL)
        printed = [int(line) for line in process.stdout.read().splitlines() if line]

        head = log.head()
        assert head is not None
        assert head.id >= max(printed, default=0)
        assert proof.verify(database).rows == head.id
        assert len(log.open_runs()) <= (1 if enough == 3 else 2)


RECORD = """
    import asyncio, sys
    from pathlib import Path
    from scheduler.audit.database import open_database
    from scheduler.audit.intent import Ended, Intent
    from scheduler.audit.recorder import Recorder
    from scheduler.audit.writer import Writer
    from scheduler.words import Outcome, Wake
    writer = Writer(open_database(Path(sys.argv[1])))
    async def runs(site):
        recorder = Recorder(writer, site)
        intent = Intent(kind="switch", name="charge", wake=Wake.PULSE, gateway="local")
        while True:
            run = await recorder.begin(intent)
            print(run.number, flush=True)
            await run.end(Ended(outcome=Outcome.UNCHANGED))
    async def main():
        await asyncio.gather(*(runs(f"site {number}") for number in range(20)))
    print("ready", flush=True)
    sys.stdin.readline()
    asyncio.run(main())
"""


def test_a_process_killed_while_it_writes_for_many_sites_loses_no_intent(
    database: Database, path: Path, spawn: Spawn
) -> None:
    """Each number is printed after its intent was promised to be on disk."""
    process = spawn(RECORD, path)
    go([process])
    assert process.stdout is not None
    first = [process.stdout.readline() for _ in range(50)]

    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().splitlines()[:-1]

    promised = {int(line) for line in (*first, *rest) if line.strip()}
    kept = {run.run for run in review.runs(database)}
    assert promised <= kept
    assert proof.verify(database).complaints == ()
