"""The audit's statements in PostgreSQL's words, parsed by a server with the same tables.

SQLite is what it runs on; this keeps what is written in core's words free of SQLite's own.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import ClauseElement, event
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.schema import CreateTable

from scheduler.audit import keeping, proof, readings, review, table, tally
from scheduler.audit.database import Database
from scheduler.audit.direct import Direct
from scheduler.audit.questions import Questions
from scheduler.words import Outcome

from .conftest import AT

LATER = AT + timedelta(days=1)
# For its numbered places, which PREPARE takes; the driver is not needed.
DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


def binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def unprivileged(folder: Path) -> list[str]:
    """The server does not run as root; the folder becomes its own."""
    if os.geteuid() != 0:
        return []
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("there is no user for PostgreSQL")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


@pytest.fixture(scope="module")
def psql() -> Iterator[Callable[[str], str]]:
    """Runs SQL in a server of its own; what it complains of."""
    bin_ = binaries()
    if bin_ is None or shutil.which("psql") is None:
        pytest.skip("PostgreSQL is not on this machine")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    drop = unprivileged(folder)

    def do(*words: str | Path, input: str | None = None, quiet: bool = True) -> str:
        done = subprocess.run(
            [*drop, *words],
            cwd=folder,
            input=input,
            text=True,
            timeout=60,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if quiet else subprocess.DEVNULL,
        )
        return done.stderr or ""

    do(bin_ / "initdb", "-D", "data", "-A", "trust", "-N")
    options = f"-F -c listen_addresses='' -c unix_socket_directories={folder}"
    # A server that stays would keep a pipe open.
    do(bin_ / "pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start", quiet=False)
    yield lambda sql: do("psql", "-qXh", str(folder), "-d", "postgres", "-f", "-", input=sql)
    do(bin_ / "pg_ctl", "-D", "data", "-m", "immediate", "stop")
    shutil.rmtree(folder)


def statements(database: Database) -> Iterator[ClauseElement]:
    """All that the audit says, by its own account and by being asked everything."""
    for each in vars(keeping).values():
        if isinstance(each, Direct):
            yield each._statement
    heard: list[ClauseElement] = []
    for engine in (database._reader, database._writer):
        event.listen(engine, "before_execute", lambda _, said, *__: heard.append(said))
    ask_everything(database)
    yield from (each for each in heard if isinstance(each, ClauseElement))


def in_its_words(statement: ClauseElement) -> str:
    """A list of values is written out with as many places."""
    words = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    return str(words)


def ask_everything(database: Database) -> None:
    ask = Questions(database, "home")
    for question in (ask.head, ask.last_at, ask.open_runs, ask.last_reading, ask.firmware):
        question()
    ask.last_confirmed("local")
    ask.write_in_doubt("local")
    ask.schedule_texts("none")
    ask.events("service", AT, LATER)
    ask.readings(AT, LATER)
    ask.proven_before(LATER, AT)
    for outcome in (None, Outcome.CONFIRMED):
        review.runs(database, site="home", since=AT, until=LATER, outcome=outcome, limit=3)
    review.runs(database, job="charge", after=2, before=9)
    review.entries(database, limit=5)
    review.events(database)
    review.ends(database, "home", AT, LATER)
    review.last_run(database, "home")
    review.run_of(database, 2)
    ask.unjudged("local", AT)
    ask.open_incidents()
    review.last_entry(database)
    proof.verify(database)
    tally.Tally("home").count(database)
    found = readings.KeptReading(at=AT, source="local", charge=50.0)
    with database.writing() as connection:
        readings.keep(connection, "home", [found])


def test_every_statement_is_one_of_postgresql_too(
    database: Database, fill: Callable[[Database], None], psql: Callable[[str], str]
) -> None:
    fill(database)
    made = [str(CreateTable(each).compile(dialect=DIALECT)) for each in table._META.tables.values()]
    said = {in_its_words(each) for each in statements(database)}

    prepared = [f"PREPARE s{number} AS {text}" for number, text in enumerate(sorted(said))]

    assert len(said) > 25
    assert psql(";\n".join([*made, *prepared]) + ";\n") == ""
