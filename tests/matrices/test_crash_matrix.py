"""Killed before and after every request, commit and file of an act, or with the power cut in the
middle of a commit: after the next start the battery runs, the right setting is confirmed, no run is
open, the chain verifies and no entry that was promised is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .kinds import CRASHES

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("act", CRASHES)
def test_a_crash_at_any_point_is_made_good_at_the_next_start(tmp_path: Path, act: str) -> None:
    if act.endswith("v1r"):
        pytest.importorskip("aiopowerwall", reason="the extra tedapi is not installed")

    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.matrices.crash", str(tmp_path), act],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["problems"] == []
    assert found["survived"] == found["tried"] >= CRASHES[act]
