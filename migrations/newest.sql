CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

INSERT INTO alembic_version VALUES ('0002');

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
;

CREATE INDEX audit_at ON audit (at);

CREATE INDEX audit_run ON audit (run, entry) WHERE run IS NOT NULL;

CREATE INDEX audit_started ON audit (at, run) WHERE run = id;

CREATE INDEX audit_kind ON audit (kind, name, run) WHERE run = id;

CREATE INDEX audit_name ON audit (name, run) WHERE run = id;

CREATE UNIQUE INDEX audit_end ON audit (run, entry) WHERE entry = 'outcome';

CREATE INDEX audit_outcome ON audit (outcome, run, entry) WHERE entry = 'outcome';

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only: no update'); END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only: no delete'); END;

CREATE TRIGGER audit_next_only BEFORE INSERT ON audit
WHEN new.id <> (SELECT coalesce(max(id), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit is append-only: the next id only'); END;

CREATE VIEW steps AS
SELECT run, id, strftime('%Y-%m-%dT%H:%M:%S', at / 1000000, 'unixepoch') || printf('.%06dZ', at % 1000000) AS at,
  json_extract(detail, '$.step') AS step,
  json_extract(detail, '$.method') AS method,
  json_extract(detail, '$.path') AS path,
  json_extract(detail, '$.status') AS status,
  json_extract(detail, '$.duration_ms') AS duration_ms,
  json_extract(detail, '$.error') AS error
FROM audit WHERE entry = 'step';

CREATE TABLE anchor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id INTEGER NOT NULL,     -- the last entry of the chain that all sites shared; 0 for none
  hash TEXT NOT NULL       -- its hash, which is where each site's own chain begins
) STRICT
;

INSERT INTO anchor VALUES (1, 0, '');

CREATE TRIGGER anchor_no_insert BEFORE INSERT ON anchor
BEGIN SELECT RAISE(ABORT, 'the anchor of the chains stays'); END;

CREATE TRIGGER anchor_no_update BEFORE UPDATE ON anchor
BEGIN SELECT RAISE(ABORT, 'the anchor of the chains stays'); END;

CREATE TRIGGER anchor_no_delete BEFORE DELETE ON anchor
BEGIN SELECT RAISE(ABORT, 'the anchor of the chains stays'); END;

CREATE TABLE open_runs (
  run INTEGER PRIMARY KEY,
  site TEXT NOT NULL,
  gateway TEXT NOT NULL,   -- empty where the intent names none
  confirm_until INTEGER    -- sent, and waiting to be confirmed until then; microseconds UTC
) STRICT
;

CREATE INDEX open_runs_site ON open_runs (site, run);

CREATE TABLE standing (
  site TEXT NOT NULL,
  gateway TEXT NOT NULL,
  confirmed INTEGER NOT NULL, -- the newest switch that ended confirmed or unchanged; 0 for none
  written INTEGER NOT NULL,   -- the newest run that may have changed the setting
  seen INTEGER NOT NULL,      -- the newest switch that ended otherwise and saw a setting
  PRIMARY KEY (site, gateway)
) STRICT, WITHOUT ROWID
;

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
;

CREATE TRIGGER readings_no_update BEFORE UPDATE ON readings
BEGIN SELECT RAISE(ABORT, 'the readings are append-only: no update'); END;

CREATE TRIGGER readings_no_delete BEFORE DELETE ON readings
BEGIN SELECT RAISE(ABORT, 'the readings are append-only: no delete'); END;

CREATE TRIGGER readings_once BEFORE INSERT ON readings
WHEN EXISTS (SELECT 1 FROM readings WHERE site = new.site AND at = new.at)
BEGIN SELECT RAISE(ABORT, 'the readings are append-only: one for each instant'); END;

CREATE INDEX audit_site ON audit (site, id);

CREATE INDEX audit_site_at ON audit (site, at);

CREATE INDEX audit_site_run ON audit (site, run) WHERE run = id;

CREATE INDEX audit_event ON audit (entry, kind, name, site) WHERE entry = 'event';

CREATE TRIGGER audit_chained BEFORE INSERT ON audit
WHEN new.prev <> coalesce(
  (SELECT hash FROM audit WHERE site = new.site AND id > (SELECT id FROM anchor)
    ORDER BY id DESC LIMIT 1),
  (SELECT hash FROM anchor))
BEGIN SELECT RAISE(ABORT, 'the audit is chained: not the hash of the site''s entry before'); END;

CREATE TRIGGER audit_known_run BEFORE INSERT ON audit
WHEN new.run <> new.id AND NOT EXISTS (
  SELECT 1 FROM audit WHERE id = new.run AND run = new.run AND site = new.site)
BEGIN SELECT RAISE(ABORT, 'the audit has no such run of this site'); END;

CREATE TRIGGER audit_known_entry BEFORE INSERT ON audit
WHEN new.entry NOT IN ('intent', 'step', 'outcome', 'event', 'evidence')
  OR (new.entry = 'evidence' AND new.run IS NULL)
BEGIN SELECT RAISE(ABORT, 'the audit has no such entry'); END;

CREATE VIEW runs AS
SELECT f.run, f.site, f.kind, f.name, f.wake,
  coalesce(json_extract(o.detail, '$.planned_at'), json_extract(f.detail, '$.planned_at')) AS planned_at,
  strftime('%Y-%m-%dT%H:%M:%S', f.at / 1000000, 'unixepoch') || printf('.%06dZ', f.at % 1000000) AS started_at,
  strftime('%Y-%m-%dT%H:%M:%S', o.at / 1000000, 'unixepoch') || printf('.%06dZ', o.at % 1000000) AS finished_at,
  coalesce(o.outcome, 
CASE WHEN EXISTS (SELECT 1 FROM open_runs WHERE open_runs.run = f.run
  AND open_runs.confirm_until IS NOT NULL) THEN 'accepted' END) AS outcome,
  coalesce(json_extract(o.detail, '$.wanted'), json_extract(f.detail, '$.wanted')) AS wanted,
  json_extract(o.detail, '$.observed') AS observed,
  coalesce(json_extract(o.detail, '$.attempt'), json_extract(f.detail, '$.attempt')) AS attempt,
  json_extract(o.detail, '$.error') AS error,
  json_extract(o.detail, '$.note') AS note,
  coalesce(json_extract(o.detail, '$.gateway'), json_extract(f.detail, '$.gateway')) AS gateway
FROM audit AS f LEFT JOIN audit AS o ON o.run = f.run AND o.entry = 'outcome'
WHERE f.run = f.id;

CREATE VIEW evidence AS
SELECT run, id, strftime('%Y-%m-%dT%H:%M:%S', at / 1000000, 'unixepoch') || printf('.%06dZ', at % 1000000) AS at, json_extract(detail, '$.evidence') AS evidence, detail
FROM audit WHERE entry = 'evidence';

