"""Nothing in this transport can part a house from the grid, or take another's key away."""

from pathlib import Path

import pytest

import scheduler.gateway.v1r as package

CALLS = (
    "set_island_mode",
    "go_off_grid",
    "reconnect_grid",
    "trigger_islanding",
    "remove_authorized_client",
    "curtail",
    "set_tou_mode",
    "schedule_max_backup",
)


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_could_is_nowhere_in_it(call: str) -> None:
    texts = [path.read_text() for path in Path(package.__file__).parent.glob("*.py")]

    assert texts
    assert not any(call in text for text in texts)
