"""Killed before and after every request, commit and file of an act, or with the power cut in the
middle of a commit: after the next start the battery runs, the right setting is confirmed, no run is
open, the chain verifies and no entry that was promised is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .kinds import CRASHES


@pytest.mark.timeout(600)
@pytest.mark.parametrize("act", CRASHES)
def test_a_crash_at_any_point_is_made_good_at_the_next_start(
    play: Callable[[str, str], dict[str, Any]], act: str
) -> None:
    found = play("crash", act)

    assert found["problems"] == []
    assert found["survived"] == found["tried"] >= CRASHES[act]
