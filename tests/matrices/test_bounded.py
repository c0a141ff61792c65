"""An answer that is huge, endless, deep or packed, or that drips, costs a few megabytes and the
seconds of its bound, on every transport; the next good one is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .kinds import FAULTS

MOST_KIB = 16 * 1024
MOST_SECONDS = 20.0
"""The bound is two; the rest is for a machine that is busy."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", FAULTS)
def test_no_answer_fills_the_memory_or_takes_for_ever(
    play: Callable[[str, str], dict[str, Any]], name: str
) -> None:
    found = play("bounded", name)

    assert found.pop("afterwards")["answer"] == "read"
    assert [fault for fault, each in found.items() if each["answer"] == "read"] == []
    assert {fault: each["kib"] for fault, each in found.items() if each["kib"] > MOST_KIB} == {}
    assert all(each["seconds"] < MOST_SECONDS for each in found.values()), found
