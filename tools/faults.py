"""The page of what was tried against faults and crashes, from the matrices of the tests:
`python -m tools.faults` writes docs/faults.md.

Each cell it counts is a switch that a test makes; a cell that fails, fails the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scheduler.rehearsal import KINDS, LEASES
from tests.matrices import kinds

FILE: Final = Path("docs", "faults.md")
_HEAD: Final = """\
# What was tried

Every number here is a switch that the tests make with something wrong, against the simulated
gateway of each transport, on a fast clock. After each one the right setting is in force and read
back, the battery runs, no run is left open, the audit's chain verifies, and nothing was called
confirmed that was not in force. A cell that fails, fails the tests; so all that were tried were
survived. `make test` tries them again.

All of this page but the soak takes less than four minutes of one core, shared by two. The longest,
in seconds of one core: the crashes of `second crash` 13, `renewal of fleet` 12, `login` 9 and
`switch` 8; of the faults, on the local gateway, `huge` 6, `commit lost`, `mode dropped` and
`reads forbidden` 5 each.
"""
_CRASH: Final = """\
## A process that dies

Killed by SIGKILL before and after each request, each commit of the audit and each file of an act,
or with the power cut in the middle of a commit, and started again over what was left. The number
is the fewest points of the act; more are tried where an act has more.
"""
_BOUNDED: Final = """\
## Answers that are too much

A read whose answer is 3 MB long, never ends, is 100,000 lists in one another, unpacks to 50 MB, or
comes a byte in a second, by every transport in a process of its own: nothing of it is believed, it
ends in the seconds of its bound, less than 16 MiB of memory are added, and the next good answer is
read.
"""
_REHEARSAL: Final = """\
## A year at a time

`tou simulate` plays a schedule on a fast clock with any of these, alone or by lot, and the tests
hold it to three things: without any of them no minute is wrong; with them a person is told of every
wrong minute, by an incident, a lease, a guard or what else the state says; and nothing is called
confirmed that is not in force. The times are the true ones, whatever this machine's clock says.

    - {at: 2026-07-03T16:00, fault: unreachable, for: 5h}
    - {at: 2026-07-04T15:50, fault: clock_behind, by: 2h, for: 90m}
    - {at: 2026-07-05T12:00, lease: override, mode: backup, reserve: 100%, for: 2h}
    - {at: 2026-07-06T06:00, lease: skip, name: run the house}
"""
_SOAK: Final = """\
## For ten minutes

`make soak` plays days with six faults and leases each, one after the other in one process, and is
not part of `make test`. It fails where memory, open files or threads grow after the fifth day,
where anything warns or leaves a trace, or where a wrong minute was told to nobody.

On 25 November 2026, in ten minutes of a busy machine with two cores: 156 days, all of them well;
3.3 MiB more resident than after the fifth day, as many open files (6) and threads (1) as then, no
warning, no trace. The same day, when that machine was quiet: 871 days, 2.7 MiB more.
"""


def page() -> str:
    """The text of the page."""
    parts = [_HEAD, *_transports(), _CRASH, *_crashes(), _BOUNDED, _REHEARSAL, *_rehearsals()]
    return "\n".join([*parts, _SOAK])


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
    for head, table in {"fault": KINDS, "lease": LEASES}.items():
        yield f"| {head} | what happens |"
        yield "|---|---|"
        for name, meaning in table.items():
            yield f"| {name} | {meaning} |"
        yield ""


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
