"""Ten minutes of rehearsed days with random faults and leases: `make soak`. Memory, handles and
threads must be flat, nothing may warn, and no fault may be an unexpected one.

Not in CI: it takes its time, and two cores.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psutil

from scheduler.rehearsal import drawn, rehearse
from scheduler.rehearsal.strike_file import names
from scheduler.schedule.load import load_schedule

MINUTES: Final = 10.0
DAYS: Final = 1
FAULTS_A_DAY: Final = 6.0
MOST_TOLD: Final = 20
WARM_UP: Final = 5
"""Days after which caches are full."""
GROWTH: Final = 8 * 2**20
"""Bytes that a process may grow by after that; the allocator keeps some."""
_SCHEDULE: Final = Path("schedules", "sce-tou-d-4-9pm.yaml")


class Complaints(logging.Handler):
    """What a rehearsal does not expect to be logged: traces, and tasks that nobody waits for."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first of them."""
        if (record.exc_info or record.name == "asyncio") and len(self.found) < MOST_TOLD:
            self.found.append(f"{record.name}: {record.getMessage()} {record.exc_info or ''}")

    def unraisable(self, told: object) -> None:
        """A warning where no exception can be raised, such as of a handle that was left open."""
        if len(self.found) < MOST_TOLD:
            self.found.append(f"unraisable: {getattr(told, 'exc_value', told)!r}")


def main(minutes: float = MINUTES) -> int:
    """Rehearse days until the time is over; 1 where something grew or went wrong."""
    warnings.simplefilter("error")
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    sys.unraisablehook = complaints.unraisable
    loaded, began = load_schedule(_SCHEDULE), time.monotonic()
    start, day, before = datetime(2026, 1, 1, 8, tzinfo=UTC), 0, (0, 0, 0)
    wrong: list[str] = []
    while time.monotonic() - began < minutes * 60 or day <= WARM_UP:
        first = start + timedelta(days=day * DAYS)
        strikes = drawn(day, first, DAYS, a_day=FAULTS_A_DAY, names=names(loaded.schedule))
        report = rehearse(loaded, first, first + timedelta(days=DAYS), strikes=strikes)
        day += 1
        if not report.well:
            wrong.append(f"day {day}: {report.unexplained} {report.false_confirmations}")
        if day == WARM_UP:
            before = measured()
    after = measured()
    wrong += [*complaints.found, *grown(before, after)]
    print("\n".join([_told(day, before, after), *wrong]))  # noqa: T201 -- a tool tells
    return 1 if wrong else 0


def measured() -> tuple[int, int, int]:
    """Bytes resident, handles open, threads."""
    gc.collect()
    process = psutil.Process()
    return process.memory_info().rss, process.num_fds(), threading.active_count()


def grown(before: tuple[int, int, int], after: tuple[int, int, int]) -> list[str]:
    """What is more than it was, in words."""
    found = []
    if after[0] - before[0] > GROWTH:
        found.append(f"memory grew by {(after[0] - before[0]) // 1024} KiB")
    if after[1] > before[1]:
        found.append(f"{after[1] - before[1]} handles more are open")
    if after[2] > before[2]:
        found.append(f"{after[2] - before[2]} threads more are alive")
    return found


def _told(days: int, before: tuple[int, int, int], after: tuple[int, int, int]) -> str:
    growth = (after[0] - before[0]) // 1024
    return (
        f"{days} days with {FAULTS_A_DAY:g} faults each: {growth:+} KiB resident since day "
        f"{WARM_UP}, {after[1]} handles, {after[2]} threads."
    )


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES))
