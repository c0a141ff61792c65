"""Every change of the wanted setting in a stretch of time, and how long each took to be proven.
Pure: from the schedules of then and the proofs of the audit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scheduler import plan
from scheduler.outlets.hindsight import Then
from scheduler.plan import Lease

ALLOWED: Final = timedelta(minutes=1)
"""What a switch may take before its time counts as spent in a wrong setting."""

Proof = tuple[datetime, datetime]
"""A switch that ended well: when it began, and when it was proven."""


@dataclass(frozen=True, slots=True)
class Switched:
    """One change of the wanted setting, and how long it took to be proven."""

    at: datetime
    until: datetime
    """When the next one was due."""
    late: timedelta | None
    """None: not proven before that."""

    @property
    def wrong(self) -> timedelta:
        """Time in another setting than the one wanted, as far as the audit knows."""
        taken = self.until - self.at if self.late is None else self.late
        return taken if taken > ALLOWED else timedelta(0)


def between(
    thens: Sequence[Then],
    leases: Sequence[Lease],
    proofs: Sequence[Proof],
    start: datetime,
    end: datetime,
) -> tuple[Switched, ...]:
    """Every change that was due, without those in a pause, which were not meant to be made."""
    due, proofs = sorted(set(_due(thens, leases, start, end))), sorted(proofs)
    found = []
    for at, until in zip(due, [*due[1:], end], strict=False):
        if plan.pause_at(leases, at) is None:
            found.append(Switched(at, until, _late(proofs, at, until)))
    return tuple(found)


def _due(
    thens: Sequence[Then], leases: Sequence[Lease], start: datetime, end: datetime
) -> Iterator[datetime]:
    for number, then in enumerate(thens):
        after = thens[number + 1].since if number + 1 < len(thens) else None
        first, last = max(start, then.since or start), min(end, after or end)
        if then.schedule is not None and first < last:
            for each in plan.boundaries(then.schedule, first, last, leases):
                if start <= each.at < end:
                    yield each.at


def _late(proofs: Sequence[Proof], at: datetime, until: datetime) -> timedelta | None:
    """From the change to the first proof of a run that began after it."""
    ended: list[datetime] = []
    for started, finished in proofs[bisect_left(proofs, (at, at)) :]:
        if started > until:
            break
        ended.append(finished)
    first = min((each for each in ended if each <= until), default=None)
    return None if first is None else first - at
