"""The page as a browser shows it, for the handbook: `python -m tools.screenshots` writes
build/shots/*.png. A rehearsed week with faults, then a service at work on the simulated gateway.

Without Chromium it says so and makes none; the handbook is whole without them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from scheduler import clock

ROOT: Final = Path(__file__).parents[1]
SHOTS: Final = ROOT / "build" / "shots"
TOU: Final = (sys.executable, "-m", "scheduler")
WIDE, PHONE = "1100,1000", "500,900"
_BROWSER: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--force-device-scale-factor=1"),
)
_START_SECONDS: Final = 60.0


def make() -> None:
    """Write the pictures, or say what is missing."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("chromium is missing: the handbook is made without screenshots.\n")
        return
    SHOTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, _page(Path(folder)) as address:
        yesterday = f"{clock.now() - timedelta(days=1):%Y-%m-%d}"
        _shoot(chromium, f"{address}/", "now", PHONE)
        for name, where in {"day": f"day/{yesterday}", "year": "year", "audit": "audit"}.items():
            _shoot(chromium, f"{address}/{where}", name, WIDE)


@contextmanager
def _page(folder: Path) -> Iterator[str]:
    """A page over a week and a service; its address."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TOU_")}
    schedule = ROOT / "schedules" / "examples" / "octopus-go.yaml"
    environment = {**kept, "TOU_SCHEDULE": str(schedule), "TOU_DATABASE": str(folder / "tou.db")}
    begin = f"{clock.now() - timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}"
    week = ("--from", begin, "--days", "7", "--random-faults", "3")
    subprocess.run(
        [*TOU, "simulate", str(schedule), *week, "--audit", str(folder / "tou.db")],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    service = _start(folder, environment, "run")
    page = _start(folder, environment, "web", "--listen", "127.0.0.1:0")
    try:
        _wait(folder, environment)
        assert page.stdout is not None
        yield page.stdout.readline().split()[-1].rstrip("/")
    finally:
        for each in (page, service):
            each.terminate()
            each.communicate(timeout=30)


def _start(folder: Path, environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*TOU, *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _wait(folder: Path, environment: dict[str, str]) -> None:
    until = time.monotonic() + _START_SECONDS
    while not _well(folder, environment):
        if time.monotonic() > until:
            raise RuntimeError("The service is not well within a minute: no screenshots are made.")
        time.sleep(0.5)


def _well(folder: Path, environment: dict[str, str]) -> bool:
    status = [*TOU, "status"]
    told = subprocess.run(status, cwd=folder, env=environment, capture_output=True, check=False)
    return told.returncode == 0


def _shoot(chromium: str, address: str, name: str, size: str) -> None:
    file = SHOTS / f"{name}.png"
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                chromium,
                *_BROWSER,
                f"--user-data-dir={profile}",
                f"--window-size={size}",
                f"--screenshot={file}",
                address,
            ],
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=120,
        )


if __name__ == "__main__":
    make()
