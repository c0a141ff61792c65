"""The command line called as `tou` calls it, in a folder and an environment of its own."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler import cli
from scheduler.audit.database import open_database
from scheduler.audit.log import Log
from scheduler.simulated.fleet import SimulatedFleet
from scheduler.words import EntryKind, Outcome, Wake

START = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
"""08:00 in Los Angeles."""


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str


class _Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


Tou = Callable[..., Answer]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which every command runs, with no setting but the database."""
    for name in list(os.environ):
        if name.startswith("TOU_"):
            monkeypatch.delenv(name)
    for name in ("STATE_DIRECTORY", "CREDENTIALS_DIRECTORY", "FORCE_COLOR", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOU_DATABASE", str(tmp_path / "tou.db"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tou(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tou:
    """Run `tou WORDS` with bytes on stdin, or with a person at a terminal who types them."""

    def run(*words: str, stdin: bytes = b"", typed: bytes | None = None) -> Answer:
        source = io.BytesIO(stdin) if typed is None else _Terminal(typed)
        monkeypatch.setattr(sys, "argv", ["tou", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(source, encoding="utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Answer(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def log(home: Path) -> Iterator[Log]:
    """The audit at work beside the commands, as the service has it open."""
    with closing(open_database(home / "tou.db", create=True)) as database:
        yield Log(database, "home")


class Runs:
    """Writes runs as the controller does, a minute apart."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.at = START

    def switch(self, outcome: Outcome | None, **more: Any) -> int:
        """A switch to Backup-only, 100 %, two seconds long and 12 ms late."""
        wanted: dict[str, Any] = {"mode": "backup", "reserve_percent": 100.0}
        planned = (self.at - timedelta(milliseconds=12)).isoformat()
        detail: dict[str, Any] = {
            "gateway": "local https://powerwall",
            "planned_at": planned,
            "attempt": 1,
            "wanted": wanted,
            **more.pop("intent", {}),
        }
        columns = {"kind": "switch", "name": "charge overnight", "wake": Wake.BOUNDARY, **more}
        end = columns.pop("end", {"observed": wanted, "error": None})
        run = self.log.append(at=self.at, entry=EntryKind.INTENT, detail=detail, **columns)
        step: dict[str, Any] = {
            "step": "write",
            "method": "POST",
            "path": "/api/operation",
            "status": 200,
            "duration_ms": 3.5,
            "error": None,
        }
        self.log.append(
            at=self.at + timedelta(seconds=1),
            entry=EntryKind.STEP,
            run=run,
            detail=step,
            **columns,
        )
        if outcome is not None:
            self.log.append(
                at=self.at + timedelta(seconds=2),
                entry=EntryKind.OUTCOME,
                run=run,
                outcome=outcome,
                detail=end,
                **columns,
            )
        self.at += timedelta(minutes=1)
        return run


@pytest.fixture
def runs(log: Log) -> Runs:
    """A pen for runs."""
    return Runs(log)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedFleet]:
    """A simulated cloud at work in a thread, which the settings name."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = SimulatedFleet()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    monkeypatch.setenv("TOU_GATEWAY", "fleet")
    monkeypatch.setenv("TOU_FLEET_PROVIDER", "teslemetry")
    monkeypatch.setenv("TOU_FLEET_API_URL", server.url)
    monkeypatch.setenv("TOU_FLEET_TOKEN", str(server.tokens()["access_token"]))
    yield server
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
