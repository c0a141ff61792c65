"""`tou status` where nothing runs; what a running service answers is tested with the service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Tou

BROKEN = """\
schedule: x
timezone: Etc/UTCX
rules:
  - {name: a, mode: backupp, reserve: 100%}
"""


def test_each_problem_of_a_broken_schedule_is_a_reason_of_its_own(
    tou: Tou, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "bad.yaml").write_text(BROKEN)
    monkeypatch.setenv("TOU_SCHEDULE", "bad.yaml")

    told = tou("status")
    assert told.code == 3
    assert "\\n" not in told.out
    assert "- bad.yaml:2:11: timezone" in told.out
    assert "- bad.yaml:4:21: rules[0].mode" in told.out

    reasons = json.loads(tou("status", "--format", "json").out)["health"]["details"]
    assert [each["id"] for each in reasons] == ["not_running", "file_broken", "file_broken"]
