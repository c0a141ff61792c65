"""The audit's table as SQLAlchemy sees it; `migrations/` is what makes it."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, Table, Text

audit = Table(
    "audit",
    MetaData(),
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
