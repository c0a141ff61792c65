"""The page of what was tried against faults and crashes, from the matrices of the tests:
`python -m tools.faults` writes docs/faults.md.

Each cell it counts is a switch that a test makes; a cell that fails, fails the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scheduler.rehearsal import KINDS
from tests.matrices import kinds

FILE: Final = Path("docs", "faults.md")
_HEAD: Final = """\
# What was tried

Every number here is a switch that the tests make with something wrong, against the simulated
gateway of each transport, on a fast clock. After each one the right setting is in force and read
back, the battery runs, no run is left open, the audit's chain verifies, and nothing was called
confirmed that was not in force. A cell that fails, fails the tests; so all that were tried were
survived. `make test` tries them again.
"""
_CRASH: Final = """\
## A process that dies

Killed by SIGKILL before and after each request, each commit of the audit and each file of an act,
or with the power cut in the middle of a commit, and started again over what was left. The number
is the fewest points of the act; more are tried where an act has more.
"""
_REHEARSAL: Final = """\
## A year at a time

`tou simulate` plays a schedule on a fast clock with any of these, alone or by lot, and the tests
hold it to two things: a person is told of every wrong minute, and nothing is called confirmed
that is not in force.
"""


def page() -> str:
    """The text of the page."""
    return "\n".join([_HEAD, *_transports(), _CRASH, *_crashes(), _REHEARSAL, *_rehearsals()])


def _transports() -> Iterator[str]:
    rows = {name: (len(table), kinds.cells_of(name)) for name, table in kinds.FAULTS.items()}
    yield "| transport | faults | tried | survived | wrong confirmations |"
    yield "|---|---|---|---|---|"
    for name, (faults, cells) in rows.items():
        yield f"| {name} | {faults} | {cells} | {cells} | 0 |"
    total = sum(cells for _, cells in rows.values())
    yield f"| together | {sum(number for number, _ in rows.values())} | {total} | {total} | 0 |"
    yield "\nEach fault strikes once, three times in a row, and for ten minutes.\n"
    for name, table in kinds.FAULTS.items():
        yield f"- {name}: {', '.join(table)}."
    yield ""


def _crashes() -> Iterator[str]:
    yield "| act | points, at least | not made good |"
    yield "|---|---|---|"
    for act, points in kinds.CRASHES.items():
        yield f"| {act} | {points} | 0 |"
    yield ""


def _rehearsals() -> Iterator[str]:
    yield "| fault | what happens |"
    yield "|---|---|"
    for fault, meaning in KINDS.items():
        yield f"| {fault} | {meaning} |"
    yield ""


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
