"""`tou readings`: what the meters showed, as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler import clock
from scheduler.audit.database import Database, open_database
from scheduler.audit.questions import Questions
from scheduler.audit.readings import KeptReading, thin
from scheduler.audit.writer import Writer
from scheduler.errors import AuditUnwritableError

from .conftest import Tou


def kept(database: Database, *readings: KeptReading, site: str = "home") -> None:
    writer = Writer(database)
    writer.read(site, readings).result()
    writer.close()


def reading(hours_ago: float, **parts: Any) -> KeptReading:
    return KeptReading(at=clock.now() - timedelta(hours=hours_ago), source="memory", **parts)


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    opened = open_database(home / "tou.db", create=True)
    yield opened
    opened.close()


def test_readings_of_the_last_day_are_shown_with_their_units(tou: Tou, database: Database) -> None:
    kept(
        database,
        reading(30, charge=11.0),
        reading(1, charge=63.4, battery_w=-3300.0, load_w=412.0, mode="backup", reserve=100.0),
    )

    out = tou("readings").out

    assert "63 %" in out
    assert "-3300 W" in out
    assert "412 W" in out
    assert "Backup-only, 100 %" in out
    assert "11 %" not in out


def test_what_is_not_known_is_null_and_never_zero(tou: Tou, database: Database) -> None:
    kept(database, reading(1, charge=50.0, grid_imported_wh=12000.0))

    (shown,) = json.loads(tou("readings", "--since", "2h", "--format", "json").out)

    assert shown["battery_w"] is None
    assert shown["grid_imported_wh"] == 12000.0
    assert shown["at"].endswith("Z")


def test_a_table_has_all_columns_in_csv(tou: Tou, database: Database) -> None:
    kept(database, reading(1, charge=50.0), reading(2, charge=49.0))

    rows = list(csv.DictReader(io.StringIO(tou("readings", "--format", "csv").out)))

    assert [row["charge"] for row in rows] == ["49.0", "50.0"]
    assert rows[0]["solar_w"] == ""


def test_none_in_that_time_says_how_to_look_further_back(tou: Tou, database: Database) -> None:
    assert "--since 7d" in tou("readings").out


def test_old_readings_are_thinned_to_one_an_hour_and_young_ones_are_kept(
    database: Database,
) -> None:
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    old = [
        KeptReading(at=hour - timedelta(days=500, minutes=-5 * n), source="memory", charge=n)
        for n in range(24)
    ]
    young = [
        KeptReading(at=hour - timedelta(minutes=5 * n), source="memory", charge=n)
        for n in range(24)
    ]
    kept(database, *old, *young)
    kept(database, *old, site="other")

    gone = thin(database, "home", hour - timedelta(days=400))

    start = hour - timedelta(days=600)
    assert gone == 22
    assert thin(database, "home", hour - timedelta(days=400)) == 0
    with pytest.raises(AuditUnwritableError, match="no delete"), database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM readings")
    assert len(Questions(database, "home").readings(start, clock.now())) == 26
    assert len(Questions(database, "other").readings(start, clock.now())) == 24
