"""Old audits open in new versions; a migration that fails leaves what was there; all of it from a
checkout and from an installed wheel alike."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import scheduler
from scheduler.audit import proof, review
from scheduler.audit.database import Database, open_database
from scheduler.audit.log import Log
from scheduler.audit.schema import BETWEEN, NEWEST, SCHEMA, migrations_folder
from scheduler.clock import from_micros
from scheduler.errors import ConfigurationError
from scheduler.words import EntryKind
from tools.newest_schema import text

Opened = Callable[..., Database]
Spawn = Callable[..., subprocess.Popen[str]]

DATABASES = Path(__file__).parents[2] / "data" / "databases"
OLD = sorted(DATABASES.glob("*.sqlite"))


def revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("path_separator", "os")
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def test_the_program_knows_the_newest_revision() -> None:
    """Newer than ours is told from older by the order of these numbers."""
    assert revisions()[0] == SCHEMA
    assert revisions() == sorted(revisions(), reverse=True)
    assert all(re.fullmatch(r"\d{4}", revision) for revision in revisions())


def test_every_schema_has_its_old_audit_among_the_tests() -> None:
    assert [file.stem for file in OLD] == sorted(revisions())


@pytest.mark.parametrize("old", OLD, ids=lambda file: file.stem)
def test_an_old_audit_opens_without_loss(old: Path, path: Path, opened: Opened) -> None:
    shutil.copy(old, path)
    told = json.loads(old.with_suffix(".json").read_text())

    database = opened(path, create=True)

    proven = proof.verify(database)
    assert proven.head is not None
    assert (proven.rows, proven.head.hash, proven.complaints) == (told["rows"], told["head"], ())
    shown = [run.to_json() for run in review.runs(database)]
    assert [
        {key: run[key] for key in before} for run, before in zip(shown, told["runs"], strict=True)
    ] == told["runs"]
    events = [event.to_json() for event in review.events(database)]
    assert [
        {key: event[key] for key in before}
        for event, before in zip(events, told["events"], strict=True)
    ] == told["events"]


@pytest.mark.parametrize("old", OLD, ids=lambda file: file.stem)
def test_an_old_audit_is_written_on(old: Path, path: Path, opened: Opened) -> None:
    shutil.copy(old, path)
    database = opened(path, create=True)
    rows = proof.verify(database).rows

    Log(database, "home").append(at=from_micros(0), entry=EntryKind.EVENT, kind="service")

    assert proof.verify(database).rows == rows + 1


def test_a_new_audit_is_the_one_that_all_revisions_make() -> None:
    """Statement by statement, but for Alembic's own table, which its versions write each in their
    way."""
    written = (migrations_folder() / NEWEST).read_text(encoding="utf-8").split(BETWEEN)

    assert written[1:] == text().split(BETWEEN)[1:], "run python -m tools.newest_schema"
    assert written[0].startswith("CREATE TABLE alembic_version")


def test_a_new_audit_is_made_without_alembic(path: Path, spawn: Spawn) -> None:
    """15 MB that a service would hold until its next start."""
    made = spawn(
        """
        import sys
        from pathlib import Path
        from scheduler.audit.database import open_database
        open_database(Path(sys.argv[1]), create=True).close()
        print(sorted({name.partition(".")[0] for name in sys.modules} & {"alembic", "mako"}))
        """,
        path,
    )

    assert made.communicate(timeout=60) == ("[]\n", "")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The files of a wheel as pip puts them: migrations inside the package, none beside it."""
    site = tmp_path / "site-packages"
    package = Path(scheduler.__file__).parent
    ignore = shutil.ignore_patterns("__pycache__", "migrations")
    shutil.copytree(package, site / "scheduler", ignore=ignore)
    shutil.copytree(migrations_folder(), site / "scheduler" / "migrations", ignore=ignore)
    return site


OPEN = """
    import sys
    from pathlib import Path
    from scheduler.audit.database import open_database
    from scheduler.audit.schema import migrations_folder
    open_database(Path(sys.argv[1]), create=True).close()
    print(migrations_folder())
"""


def run_installed(spawn: Spawn, site: Path, path: Path) -> tuple[str, str]:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    return spawn(OPEN, path, env=environment, cwd=site).communicate(timeout=60)


def add_revision(site: Path, body: str) -> None:
    """A next version of the program, with one more revision."""
    schema = site / "scheduler" / "audit" / "schema.py"
    schema.write_text(schema.read_text().replace(f'"{SCHEMA}"', '"0990"'))
    (site / "scheduler" / "migrations" / "versions" / "0990_next.py").write_text(
        f"from alembic import op\nrevision = '0990'\ndown_revision = '{SCHEMA}'\n"
        f"def upgrade():\n    op.execute('CREATE TABLE next (id INTEGER)')\n    {body}\n"
    )


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def test_an_installed_program_finds_its_migrations(
    installed: Path, path: Path, spawn: Spawn
) -> None:
    folder, errors = run_installed(spawn, installed, path)

    assert errors == ""
    assert folder.strip() == str(installed / "scheduler" / "migrations")
    assert {"audit", "runs", "steps"} <= tables(path)


def test_a_failing_migration_of_a_new_audit_leaves_nothing(
    installed: Path, path: Path, spawn: Spawn
) -> None:
    add_revision(installed, "raise RuntimeError('half way')")

    _, errors = run_installed(spawn, installed, path)

    assert "half way" in errors
    assert tables(path) == set()


def test_a_failing_migration_of_an_old_audit_leaves_it_as_it_was(
    installed: Path, path: Path, spawn: Spawn, database: Database, fill: Callable[[Database], None]
) -> None:
    fill(database)
    before, schema = proof.verify(database), tables(path)
    add_revision(installed, "raise RuntimeError('half way')")

    _, errors = run_installed(spawn, installed, path)

    assert "half way" in errors
    assert tables(path) == schema
    assert proof.verify(database) == before


def test_a_newer_program_upgrades_and_the_older_one_then_keeps_away(
    installed: Path, path: Path, spawn: Spawn, database: Database, fill: Callable[[Database], None]
) -> None:
    fill(database)
    before = proof.verify(database)
    database.close()
    add_revision(installed, "pass")

    _, errors = run_installed(spawn, installed, path)

    assert errors == ""
    assert "next" in tables(path)
    assert proof.verify(database) == before
    with pytest.raises(ConfigurationError, match="its schema is 0990"):
        open_database(path)


def test_migrations_are_no_package() -> None:
    """An `__init__.py` there would be importable as `scheduler.migrations` where it is stale."""
    assert list(migrations_folder().rglob("__init__.py")) == []
