"""The audit's tables as SQLAlchemy sees them; `migrations/` is what makes them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Float, Integer, MetaData, Table, Text

_META: Final = MetaData()

audit: Final = Table(
    "audit",
    _META,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Integer),
    Column("site", Text),
    Column("entry", Text),
    Column("kind", Text),
    Column("run", Integer),
    Column("name", Text),
    Column("wake", Text),
    Column("outcome", Text),
    Column("detail", Text),
    Column("prev", Text),
    Column("hash", Text),
)

anchor: Final = Table("anchor", _META, Column("id", Integer), Column("hash", Text))
"""Where the chain that all sites shared in schema 0001 ended, and each site's own begins."""

open_runs: Final = Table(
    "open_runs",
    _META,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("site", Text),
    Column("gateway", Text),
    Column("confirm_until", Integer),
)
"""The runs with an intent and no outcome; follows from the log."""

standing: Final = Table(
    "standing",
    _META,
    Column("site", Text, primary_key=True),
    Column("gateway", Text, primary_key=True),
    Column("confirmed", Integer),
    Column("written", Integer),
    Column("seen", Integer),
)
"""The newest runs that tell of a gateway's setting; follows from the log."""

readings: Final = Table(
    "readings",
    _META,
    Column("site", Text, primary_key=True),
    Column("at", Integer, primary_key=True),
    Column("charge", Float),
    Column("battery_w", Float),
    Column("grid_w", Float),
    Column("solar_w", Float),
    Column("load_w", Float),
    Column("grid_imported_wh", Float),
    Column("grid_exported_wh", Float),
    Column("battery_charged_wh", Float),
    Column("battery_discharged_wh", Float),
    Column("solar_wh", Float),
    Column("load_wh", Float),
    Column("mode", Text),
    Column("reserve", Float),
    Column("source", Text),
)
