"""The audit's tables as SQLAlchemy sees them; `migrations/` is what makes them."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Float, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

_META: Final = MetaData()


def _of(kind: type[TypeEngine[Any]], *names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names]


audit: Final = Table(
    "audit",
    _META,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger),
    *_of(Text, "site", "entry", "kind"),
    Column("run", BigInteger),
    *_of(Text, "name", "wake", "outcome", "detail", "prev", "hash"),
)

anchor: Final = Table("anchor", _META, Column("id", BigInteger), Column("hash", Text))
"""Where the chain that all sites shared in schema 0001 ended, and each site's own begins."""

open_runs: Final = Table(
    "open_runs",
    _META,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    *_of(Text, "site", "gateway"),
    Column("confirm_until", BigInteger),
)
"""The runs with an intent and no outcome; follows from the log."""

standing: Final = Table(
    "standing",
    _META,
    Column("site", Text, primary_key=True),
    Column("gateway", Text, primary_key=True),
    *_of(BigInteger, "confirmed", "written", "seen"),
)
"""The newest runs that tell of a gateway's setting; follows from the log."""

readings: Final = Table(
    "readings",
    _META,
    Column("site", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    *_of(Float, "charge", "battery_w", "grid_w", "solar_w", "load_w"),
    *_of(Float, "grid_imported_wh", "grid_exported_wh", "battery_charged_wh"),
    *_of(Float, "battery_discharged_wh", "solar_wh", "load_wh"),
    Column("mode", Text),
    Column("reserve", Float),
    Column("source", Text),
)
