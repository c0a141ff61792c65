"""The meters' memory, beside the log."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scheduler.audit import proof
from scheduler.audit.database import Database
from scheduler.audit.readings import KeptReading
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def reading(minute: int, **more: float | str) -> KeptReading:
    return KeptReading(at=AT + timedelta(minutes=minute), source="local", **more)  # type: ignore[arg-type]


async def test_readings_come_back_in_their_order_and_of_their_site_only(
    database: Database,
) -> None:
    writer = Writer(database)
    home, cabin = Recorder(writer, "home"), Recorder(writer, "cabin")
    first = reading(0, charge=55, battery_w=-3300.0, grid_imported_wh=12_345_678.0, mode="backup")
    for each in (reading(1, charge=56.5), first, reading(0, charge=1.0), reading(2)):
        await home.reading(each)
    await cabin.reading(reading(5))
    writer.close()

    assert home.questions.readings(AT, AT + timedelta(minutes=2)) == [
        first,
        reading(1, charge=56.5),
    ]
    assert home.questions.last_reading() == reading(2)
    assert proof.verify(database).rows == 0


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE readings SET charge = 0",
        "DELETE FROM readings",
        "INSERT OR REPLACE INTO readings (site, at, source) SELECT site, at, 'x' FROM readings",
    ],
)
async def test_readings_are_append_only(database: Database, path: Path, attack: str) -> None:
    writer = Writer(database)
    await Recorder(writer, "home").reading(reading(0))
    writer.close()

    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(attack)
