"""What a wheel brings: schedules, tariffs and migrations are found without a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, unpacked where no checkout is near."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def tou(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TOU_")}
    # -P: the checkout under test must not be found by way of the working folder.
    return subprocess.run(
        [sys.executable, "-P", "-c", "from scheduler.cli import main; main()", *words],
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_shipped_example_is_found_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = tou(installed, tmp_path, "check")

    assert done.returncode == 0, done.stderr
    assert str(installed / "scheduler" / "schedules" / "sce-tou-d-4-9pm.yaml") in done.stdout


def test_the_tariff_library_is_found_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = tou(installed, tmp_path, "tariff", "list", "--format", "json")

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("sce-tou-d-4-9pm") >= 1


def test_the_migrations_run_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = tou(installed, tmp_path, "db", "upgrade")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tou.db").stat().st_size > 0


def test_the_wheel_holds_the_package_and_nothing_else_at_its_top(installed: Path) -> None:
    names = {path.name for path in installed.iterdir()}

    assert {name for name in names if not name.endswith(".dist-info")} == {"scheduler"}
    assert (installed / "scheduler" / "py.typed").is_file()
