"""Every fault before every request of a switch, once, three times and for ten minutes, on every
transport with a simulated server: nothing is called confirmed that is not in force, and the right
setting is in force soon after the fault is over. The local gateway's cells are in
tests/integration/site."""

from __future__ import annotations

from pathlib import Path

import pytest

from .kinds import FAULTS, STEPS, times_of
from .struck import struck

CELLS = [(name, fault) for name, table in FAULTS.items() for fault in table]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "fault"), CELLS, ids=[" ".join(each) for each in CELLS])
async def test_a_fault_is_overcome_and_never_called_confirmed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, fault: str
) -> None:
    if name == "v1r":
        pytest.importorskip("aiopowerwall", reason="the extra v1r is not installed")
    async with struck(name, tmp_path) as home:
        for times in times_of(fault):
            for at in range(STEPS[name]):
                await home.switch(FAULTS[name][fault], at=at, times=times)

        assert home.false == []
        assert home.late == []
        assert home.open_runs() == []
        assert home.verifies()
        assert home.secrets_kept() == []
    assert home.stand.secret not in caplog.text
    assert home.cells == STEPS[name] * len(times_of(fault))
