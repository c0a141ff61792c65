"""Every fault before the requests of a switch, once, three times and for ten minutes, on every
transport with a simulated server: nothing is called confirmed that is not in force, no login comes
in a loop, no secret is told, and the right setting is in force soon after the fault is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from .kinds import FAULTS, cells
from .struck import struck

TABLE = [(name, fault) for name, table in FAULTS.items() for fault in table]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "fault"), TABLE, ids=[" ".join(each) for each in TABLE])
async def test_a_fault_is_overcome_and_never_called_confirmed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, fault: str
) -> None:
    if name == "v1r":
        pytest.importorskip("aiopowerwall", reason="the extra tedapi is not installed")
    wanted = list(cells(name, fault))

    async with struck(name, tmp_path) as home:
        for cell in wanted:
            await home.switch(cell)

    assert home.problems == []
    assert home.cells == len(wanted)
    assert home.stand.secret not in caplog.text
