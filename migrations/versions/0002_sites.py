"""A chain for each site, what stands at present beside the log, and the readings.

`open_runs` and `standing` follow from the log: the writer keeps them in the transaction of each
entry, so that no question has to walk back over years of failed runs. `tou audit verify` compares.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

# Every row up to the anchor is one chain of all sites together, as schema 0001 wrote it; each
# site's own chain begins at its hash.
ANCHOR = (
    """
CREATE TABLE anchor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id INTEGER NOT NULL,     -- the last entry of the chain that all sites shared; 0 for none
  hash TEXT NOT NULL       -- its hash, which is where each site's own chain begins
) STRICT
""",
    """
INSERT INTO anchor SELECT 1, coalesce(max(id), 0),
  coalesce((SELECT hash FROM audit ORDER BY id DESC LIMIT 1), '') FROM audit
""",
    """
CREATE TRIGGER anchor_no_insert BEFORE INSERT ON anchor
BEGIN SELECT RAISE(ABORT, 'the anchor of the chains stays'); END
""",
    """
CREATE TRIGGER anchor_no_update BEFORE UPDATE ON anchor
BEGIN SELECT RAISE(ABORT, 'the anchor of the chains stays'); END
""",
    """
CREATE TRIGGER anchor_no_delete BEFORE DELETE ON anchor
BEGIN SELECT RAISE(ABORT, 'the anchor of the chains stays'); END
""",
)

PRESENT = (
    """
CREATE TABLE open_runs (
  run INTEGER PRIMARY KEY,
  site TEXT NOT NULL,
  gateway TEXT NOT NULL,   -- empty where the intent names none
  confirm_until INTEGER    -- sent, and waiting to be confirmed until then; microseconds UTC
) STRICT
""",
    "CREATE INDEX open_runs_site ON open_runs (site, run)",
    """
INSERT INTO open_runs
SELECT i.run, i.site, coalesce(json_extract(i.detail, '$.gateway'), ''), NULL FROM audit AS i
WHERE i.entry = 'intent'
  AND NOT EXISTS (SELECT 1 FROM audit AS o WHERE o.run = i.run AND o.entry = 'outcome')
""",
    """
CREATE TABLE standing (
  site TEXT NOT NULL,
  gateway TEXT NOT NULL,
  confirmed INTEGER NOT NULL, -- the newest switch that ended confirmed or unchanged; 0 for none
  written INTEGER NOT NULL,   -- the newest run that may have changed the setting
  seen INTEGER NOT NULL,      -- the newest switch that ended otherwise and saw a setting
  PRIMARY KEY (site, gateway)
) STRICT, WITHOUT ROWID
""",
    """
INSERT INTO standing SELECT i.site, coalesce(json_extract(i.detail, '$.gateway'), ''),
  max(CASE WHEN i.kind = 'switch' AND o.outcome IN ('confirmed', 'unchanged')
    THEN i.run ELSE 0 END),
  max(CASE WHEN o.outcome IN ('unconfirmed', 'interrupted') OR EXISTS (
    SELECT 1 FROM audit AS s WHERE s.run = i.run AND s.entry = 'step'
      AND json_extract(s.detail, '$.step') IN ('write', 'commit', 'install'))
    THEN i.run ELSE 0 END),
  max(CASE WHEN i.kind = 'switch'
    AND o.outcome NOT IN ('confirmed', 'unchanged', 'unconfirmed', 'interrupted')
    AND json_type(o.detail, '$.observed') <> 'null' THEN i.run ELSE 0 END)
FROM audit AS i LEFT JOIN audit AS o ON o.run = i.run AND o.entry = 'outcome'
WHERE i.entry = 'intent'
GROUP BY 1, 2
""",
)

# A REPLACE would walk around the delete trigger; the insert trigger is before it.
READINGS = (
    """
CREATE TABLE readings (
  site TEXT NOT NULL,
  at INTEGER NOT NULL,     -- microseconds since 1970-01-01 UTC
  charge REAL,             -- app percent
  battery_w REAL,          -- what the battery gives; negative while it charges
  grid_w REAL,             -- what is taken from the grid; negative while it is sold
  solar_w REAL,
  load_w REAL,
  grid_imported_wh REAL,   -- counters of the gateway, which only grow
  grid_exported_wh REAL,
  battery_charged_wh REAL,
  battery_discharged_wh REAL,
  solar_wh REAL,
  load_wh REAL,
  mode TEXT,
  reserve REAL,            -- app percent
  source TEXT NOT NULL,    -- the gateway that was read
  PRIMARY KEY (site, at)
) STRICT, WITHOUT ROWID
""",
    """
CREATE TRIGGER readings_no_update BEFORE UPDATE ON readings
BEGIN SELECT RAISE(ABORT, 'the readings are append-only: no update'); END
""",
    """
CREATE TRIGGER readings_no_delete BEFORE DELETE ON readings
BEGIN SELECT RAISE(ABORT, 'the readings are append-only: no delete'); END
""",
    """
CREATE TRIGGER readings_once BEFORE INSERT ON readings
WHEN EXISTS (SELECT 1 FROM readings WHERE site = new.site AND at = new.at)
BEGIN SELECT RAISE(ABORT, 'the readings are append-only: one for each instant'); END
""",
)

# Without SQLite's own functions in the questions, and each with its site.
INDEXES = (
    "DROP INDEX audit_gateway",
    "DROP INDEX audit_intent",
    "DROP INDEX audit_event",
    "CREATE INDEX audit_site ON audit (site, id)",
    "CREATE INDEX audit_site_at ON audit (site, at)",
    "CREATE INDEX audit_site_run ON audit (site, run) WHERE run = id",
    "CREATE INDEX audit_event ON audit (entry, kind, name, site) WHERE entry = 'event'",
)

TRIGGERS = (
    "DROP TRIGGER audit_chained",
    """
CREATE TRIGGER audit_chained BEFORE INSERT ON audit
WHEN new.prev <> coalesce(
  (SELECT hash FROM audit WHERE site = new.site AND id > (SELECT id FROM anchor)
    ORDER BY id DESC LIMIT 1),
  (SELECT hash FROM anchor))
BEGIN SELECT RAISE(ABORT, 'the audit is chained: not the hash of the site''s entry before'); END
""",
    "DROP TRIGGER audit_known_run",
    """
CREATE TRIGGER audit_known_run BEFORE INSERT ON audit
WHEN new.run <> new.id AND NOT EXISTS (
  SELECT 1 FROM audit WHERE id = new.run AND run = new.run AND site = new.site)
BEGIN SELECT RAISE(ABORT, 'the audit has no such run of this site'); END
""",
    """
CREATE TRIGGER audit_known_entry BEFORE INSERT ON audit
WHEN new.entry NOT IN ('intent', 'step', 'outcome', 'event', 'evidence')
  OR (new.entry = 'evidence' AND new.run IS NULL)
BEGIN SELECT RAISE(ABORT, 'the audit has no such entry'); END
""",
)

WAITING = """
CASE WHEN EXISTS (SELECT 1 FROM open_runs WHERE open_runs.run = f.run
  AND open_runs.confirm_until IS NOT NULL) THEN 'accepted' END"""


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
  coalesce(o.outcome, {WAITING}) AS outcome,
  {_either("wanted")} AS wanted,
  json_extract(o.detail, '$.observed') AS observed,
  {_either("attempt")} AS attempt,
  json_extract(o.detail, '$.error') AS error,
  json_extract(o.detail, '$.note') AS note,
  {_either("gateway")} AS gateway
FROM audit AS f LEFT JOIN audit AS o ON o.run = f.run AND o.entry = 'outcome'
WHERE f.run = f.id
"""  # noqa: S608 - put together from this file's own words

EVIDENCE = f"""
CREATE VIEW evidence AS
SELECT run, id, {_iso("at")} AS at, json_extract(detail, '$.evidence') AS evidence, detail
FROM audit WHERE entry = 'evidence'
"""  # noqa: S608 - put together from this file's own words


def upgrade() -> None:
    """Adds the tables, fills them from the log, and puts the guards in their place."""
    views = ("DROP VIEW runs", RUNS, EVIDENCE)
    for statement in (*ANCHOR, *PRESENT, *READINGS, *INDEXES, *TRIGGERS, *views):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """There is no way back: restore a backup."""
    raise NotImplementedError("An audit is never taken back; restore a backup.")
