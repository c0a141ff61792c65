"""The append-only audit, and the views that a person browses."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

TABLE = """
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,     -- microseconds since 1970-01-01 UTC
  site TEXT NOT NULL,
  entry TEXT NOT NULL,     -- intent, step, outcome, event
  kind TEXT NOT NULL,      -- switch, firmware_check, commit, sitemaster_run; service, reload, ...
  run INTEGER,             -- the id of the run's first entry
  name TEXT,               -- the rule or the job
  wake TEXT,               -- why the controller looked
  outcome TEXT,
  detail TEXT NOT NULL,    -- JSON of the rest
  prev TEXT NOT NULL,      -- the hash of the entry before; empty for the first
  hash TEXT NOT NULL,      -- SHA-256 of [prev, id, at, site, ... detail] as JSON, hex
  CHECK (json_valid(detail)),
  CHECK ((entry = 'outcome') = (outcome IS NOT NULL)),
  CHECK (entry <> 'intent' OR run = id),
  CHECK (entry NOT IN ('step', 'outcome') OR run IS NOT NULL),
  CHECK (entry IN ('intent', 'outcome') OR run IS NULL OR run < id)
) STRICT
"""

# The condition's own column stands in each partial index too: without it SQLite 3.40 reads the
# table for what the index already says.
INDEXES = (
    "CREATE INDEX audit_at ON audit (at)",
    "CREATE INDEX audit_run ON audit (run, entry) WHERE run IS NOT NULL",
    "CREATE INDEX audit_started ON audit (at, run) WHERE run = id",
    "CREATE INDEX audit_kind ON audit (kind, name, run) WHERE run = id",
    "CREATE INDEX audit_name ON audit (name, run) WHERE run = id",
    "CREATE INDEX audit_intent ON audit (run, entry) WHERE entry = 'intent'",
    "CREATE INDEX audit_gateway ON audit (json_extract(detail, '$.gateway'), run)"
    " WHERE entry = 'intent'",
    # Unique: a run ends once.
    "CREATE UNIQUE INDEX audit_end ON audit (run, entry) WHERE entry = 'outcome'",
    "CREATE INDEX audit_outcome ON audit (outcome, run, entry) WHERE entry = 'outcome'",
    "CREATE INDEX audit_event ON audit (entry, kind) WHERE entry = 'event'",
)

TRIGGERS = (
    """
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only: no update'); END
""",
    """
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only: no delete'); END
""",
    # INSERT OR REPLACE walks around the delete trigger (SQLite 3.40.1); the next id only, and it
    # cannot.
    """
CREATE TRIGGER audit_next_only BEFORE INSERT ON audit
WHEN new.id <> (SELECT coalesce(max(id), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit is append-only: the next id only'); END
""",
    """
CREATE TRIGGER audit_chained BEFORE INSERT ON audit
WHEN new.prev <> coalesce((SELECT hash FROM audit ORDER BY id DESC LIMIT 1), '')
BEGIN SELECT RAISE(ABORT, 'the audit is chained: not the hash of the entry before'); END
""",
    """
CREATE TRIGGER audit_known_run BEFORE INSERT ON audit
WHEN new.run <> new.id AND NOT EXISTS (SELECT 1 FROM audit WHERE id = new.run AND run = new.run)
BEGIN SELECT RAISE(ABORT, 'the audit has no such run'); END
""",
)


def _iso(column: str) -> str:
    """SQL for microseconds as ISO 8601 UTC text."""
    seconds = f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000000, 'unixepoch')"
    return f"{seconds} || printf('.%06dZ', {column} % 1000000)"


def _either(key: str) -> str:
    """SQL for a key of the outcome's detail, or else of the first entry's."""
    return f"coalesce(json_extract(o.detail, '$.{key}'), json_extract(f.detail, '$.{key}'))"


RUNS = f"""
CREATE VIEW runs AS
SELECT f.run, f.site, f.kind, f.name, f.wake,
  {_either("planned_at")} AS planned_at,
  {_iso("f.at")} AS started_at,
  {_iso("o.at")} AS finished_at,
  o.outcome,
  {_either("wanted")} AS wanted,
  json_extract(o.detail, '$.observed') AS observed,
  {_either("attempt")} AS attempt,
  json_extract(o.detail, '$.error') AS error,
  json_extract(o.detail, '$.note') AS note,
  {_either("gateway")} AS gateway
FROM audit AS f LEFT JOIN audit AS o ON o.run = f.run AND o.entry = 'outcome'
WHERE f.run = f.id
"""  # noqa: S608 - put together from this file's own words

STEPS = f"""
CREATE VIEW steps AS
SELECT run, id, {_iso("at")} AS at,
  json_extract(detail, '$.step') AS step,
  json_extract(detail, '$.method') AS method,
  json_extract(detail, '$.path') AS path,
  json_extract(detail, '$.status') AS status,
  json_extract(detail, '$.duration_ms') AS duration_ms,
  json_extract(detail, '$.error') AS error
FROM audit WHERE entry = 'step'
"""  # noqa: S608 - put together from this file's own words


def upgrade() -> None:
    """Creates the table, its guards and its views."""
    for statement in (TABLE, *INDEXES, *TRIGGERS, RUNS, STEPS):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise NotImplementedError("An audit is never taken back; restore a backup.")
