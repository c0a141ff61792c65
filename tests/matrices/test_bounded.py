"""An answer that is huge, endless, deep or packed, or that drips, costs a few megabytes and the
seconds of its bound, on every transport; the next good one is read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .kinds import FAULTS

ROOT = Path(__file__).parents[2]
MOST_KIB = 16 * 1024
MOST_SECONDS = 20.0
"""The bound is two; the rest is for a machine that is busy."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FAULTS)
def test_no_answer_fills_the_memory_or_takes_for_ever(tmp_path: Path, name: str) -> None:
    if name == "v1r":
        pytest.importorskip("aiopowerwall", reason="the extra tedapi is not installed")

    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.matrices.bounded", str(tmp_path), name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found.pop("afterwards")["answer"] == "read"
    assert [fault for fault, each in found.items() if each["answer"] == "read"] == []
    assert {fault: each["kib"] for fault, each in found.items() if each["kib"] > MOST_KIB} == {}
    assert all(each["seconds"] < MOST_SECONDS for each in found.values()), found
