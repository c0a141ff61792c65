"""The page that counts the cells is the one of these matrices."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_page_of_faults_counts_what_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from tools import faults

    told = (ROOT / faults.FILE).read_text(encoding="utf-8")

    assert told == faults.page(), "python -m tools.faults"
