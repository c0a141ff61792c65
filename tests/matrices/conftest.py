"""A matrix is played in a process of its own, where it may kill, fill and wait."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[str, str], dict[str, Any]]:
    """Plays one part of a matrix; what it found."""

    def played(matrix: str, part: str) -> dict[str, Any]:
        if part.endswith("v1r"):
            pytest.importorskip("aiopowerwall", reason="the extra tedapi is not installed")
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", f"tests.matrices.{matrix}", str(tmp_path), part],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return played
