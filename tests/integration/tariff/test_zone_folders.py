"""Which zone files are read, with folders laid out as systems lay them out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SHOW = (
    "from scheduler.schedule import zones; from datetime import datetime, UTC;"
    "data = zones.zone_data(); z = zones.zone('Europe/London');"
    "print(data.source, data.version, datetime(2026, 7, 1, tzinfo=UTC).astimezone(z).hour)"
)


def shown(folder: Path) -> str:
    """What a fresh interpreter says whose system zone database is in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        env={"PYTHONTZPATH": str(folder), "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A zone folder in which London lies an hour east of where it is, summer and winter."""
    import tzdata

    fixed = Path(tzdata.__file__).parent / "zoneinfo" / "Etc" / "GMT-3"
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "London").write_bytes(fixed.read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    ("file", "line"), [("tzdata.zi", "# version 2099a"), ("+VERSION", "2099a")]
)
def test_a_newer_system_database_is_read(system: Path, file: str, line: str) -> None:
    (system / file).write_text(f"{line}\nsomething else\n")

    assert shown(system) == "system 2099a 3"


@pytest.mark.parametrize("line", ["# version 2001a", "no version at all"])
def test_an_older_or_nameless_system_database_is_passed_over(system: Path, line: str) -> None:
    (system / "tzdata.zi").write_text(line + "\n")

    source, version, hour = shown(system).split()
    assert (source, hour) == ("package", "1")
    assert version >= "2026a"


def test_without_a_system_database_the_package_is_read(tmp_path: Path) -> None:
    assert shown(tmp_path / "nowhere").startswith("package 20")
