"""The pages over the audit of a house, told as its service would have kept it, and a fixed now."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from scheduler import clock, plan
from scheduler.audit import readings
from scheduler.audit.database import open_database
from scheduler.audit.log import Log
from scheduler.audit.readings import KeptReading
from scheduler.cli.web import own_settings, source
from scheduler.outlets.web.app import make
from scheduler.schedule import library
from scheduler.schedule.load import Loaded, parse_schedule
from scheduler.words import EntryKind, Outcome, Wake

NOW = datetime(2026, 11, 25, 22, 20, tzinfo=UTC)
"""14:20 in Los Angeles, a Wednesday."""
GATEWAY = "local https://powerwall"
FOLDER = library.shipped()
FIRST = (FOLDER / "sce-tou-d-4-9pm.yaml").read_text()
EDITED = FIRST.replace("reserve: 20%", "reserve: 15%")


class House:
    """Writes what a service keeps, day by day."""

    def __init__(self, path: Path) -> None:
        self.database = open_database(path, create=True)
        self.log = Log(self.database, "home")
        self.loaded: Loaded | None = None

    def event(self, at: datetime, kind: str, name: str, **detail: Any) -> None:
        """Something that is no run."""
        self.log.append(at=at, entry=EntryKind.EVENT, kind=kind, name=name, detail=detail)

    def schedule(self, at: datetime, text: str) -> None:
        """Another schedule comes into force."""
        old, self.loaded = self.loaded, parse_schedule(text, "home.yaml", folder=FOLDER)
        digest = self.loaded.schedule.digest
        self.event(at, "schedule", digest, **self.loaded.texts)
        if old:
            was = old.schedule.digest[:16]
            self.event(at, "reload", "completed", **{"from": was, "to": digest[:16]})

    def start(self, at: datetime, **more: Any) -> None:
        """The service begins."""
        assert self.loaded is not None
        digest = self.loaded.schedule.digest[:16]
        self.event(at, "service", "start", digest=digest, gateway=GATEWAY, **more)

    def switch(
        self,
        at: datetime,
        outcome: Outcome | None,
        wanted: Mapping[str, Any],
        name: str,
        error: str | None = None,
        **more: Any,
    ) -> int:
        """A run that took three seconds."""
        assert self.loaded is not None
        columns: dict[str, Any] = {"kind": "switch", "name": name, "wake": Wake.BOUNDARY}
        detail = {
            "gateway": GATEWAY,
            "wanted": dict(wanted),
            "attempt": 1,
            "planned_at": clock.iso(at),
            "schedule": self.loaded.schedule.digest[:16],
            **more,
        }
        run = self.log.append(at=at, entry=EntryKind.INTENT, detail=detail, **columns)
        for number, step in enumerate(("login", "observe", "write", "commit", "look")):
            said = {"step": step, "method": "POST", "path": f"/api/{step}", "status": 200}
            told: dict[str, Any] = {**said, "duration_ms": 41.5, "error": None}
            if error:
                told |= {"status": None, "error": error}
            when = at + timedelta(milliseconds=400 * (number + 1))
            columns_ = {**columns, "run": run}
            self.log.append(at=when, entry=EntryKind.STEP, detail=told, **columns_)
            if error:
                break
        if outcome is not None:
            ended = {"observed": None if error else dict(wanted), "error": error}
            after = at + timedelta(seconds=3)
            columns_ = {**columns, "run": run, "outcome": outcome}
            self.log.append(at=after, entry=EntryKind.OUTCOME, detail=ended, **columns_)
        return run

    def days(self, start: datetime, end: datetime, *, fails: frozenset[int] = frozenset()) -> None:
        """Every switch between two instants; those of the numbered days only an hour late."""
        assert self.loaded is not None
        for each in plan.boundaries(self.loaded.schedule, start, end):
            assert each.setting is not None
            wanted, at = each.setting.to_json(), each.at
            if (at - start).days in fails:
                for minute in (0, 5, 20, 45):
                    late = at + timedelta(minutes=minute)
                    text = "Nothing answers at https://powerwall (timed out after 10 s)."
                    self.switch(late, Outcome.UNREACHABLE, wanted, each.name, text)
                at += timedelta(hours=1)
            self.switch(at, Outcome.CONFIRMED, wanted, each.name)

    def meters(self, start: datetime, end: datetime) -> None:
        """A reading each five minutes of a house in the sun."""
        found, at = [], start
        while at < end:
            local = clock.localise(at, clock_zone())
            hour = local.hour + local.minute / 60
            sun = max(0.0, 4800 * (1 - ((hour - 12.5) / 5) ** 2))
            load = 650 + (1900 if 17 <= hour < 22 else 0) + 220 * ((local.minute // 5) % 3)
            full = min(100.0, 22 + max(0.0, hour - 8) * 14) if hour < 16 else 100 - (hour - 16) * 9
            battery = -3300.0 if 8 <= hour < 13.5 else (load - sun if 16 <= hour < 23 else 0.0)
            found.append(
                KeptReading(
                    at=at,
                    source=GATEWAY,
                    charge=round(max(15.0, full), 1),
                    battery_w=battery,
                    solar_w=sun,
                    load_w=load,
                    grid_w=load - sun - battery,
                )
            )
            at += timedelta(minutes=5)
        with self.database.writing() as connection:
            readings.keep(connection, "home", found)


def clock_zone() -> Any:
    """Of the house."""
    from scheduler.schedule import zones

    return zones.zone("America/Los_Angeles")


def tell(path: Path, weeks: int = 3) -> None:
    """A house of some weeks: an hour too late on one day, an edit, a night with nobody there, a
    pause, and a run that was refused."""
    house = House(path)
    with closing(house.database):
        begun = NOW - timedelta(weeks=weeks)
        house.schedule(begun, FIRST)
        house.start(begun, first=True)
        edit, died = NOW - timedelta(days=6), NOW - timedelta(days=2, hours=9)
        house.days(begun, edit, fails=frozenset({4}))
        house.schedule(edit, EDITED)
        house.days(edit, died)
        back = died + timedelta(hours=11)
        house.start(back, seen=clock.iso(died))
        house.days(back, NOW)
        assert house.loaded is not None
        wanted = {"mode": "self_consumption", "reserve_percent": 15.0}
        refused = "The gateway refuses the login: the password or the role is wrong."
        house.switch(back, Outcome.REFUSED, wanted, "run the house", refused)
        house.switch(back + timedelta(minutes=9), Outcome.CONFIRMED, wanted, "run the house")
        house.meters(NOW - timedelta(days=3), NOW)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit, told once."""
    path = tmp_path_factory.mktemp("house") / "tou.db"
    tell(path)
    return path


@pytest.fixture(autouse=True)
def settings(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting but the database and the schedule."""
    for name in list(os.environ):
        if name.startswith("TOU_") or name in {"STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("TOU_DATABASE", str(told))


@pytest.fixture
def page(settings: None) -> Iterator[TestClient]:
    """A browser without script."""
    told = replace(source(own_settings()), now=lambda: NOW)
    with TestClient(make(told), base_url="http://127.0.0.1:8765") as client:
        yield client
