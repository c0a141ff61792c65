"""What happens in a rehearsal, when and for how long: faults, wrong clocks, and leases that
somebody asks for. A list that a person writes (see `strike_file`), or one drawn by lot.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scheduler.plan import LeaseKind
from scheduler.setting import Mode, Setting

KINDS: Final[Mapping[str, str]] = {
    "unreachable": "nothing answers",
    "busy": "every answer is 503, with a minute's Retry-After",
    "refused": "the password is refused",
    "stranger": "another certificate answers",
    "garbage": "no answer is understood",
    "slow": "every answer takes 20 seconds",
    "deaf": "writes are accepted and lost",
    "half": "writes are accepted, and the mode is dropped",
    "late": "a write is in force two minutes after it was accepted",
    "answer_lost": "a write is in force, and its answer is lost",
    "standing": "the battery stands still, and cannot be run",
    "stopped": "the battery is stopped, once, and can be run again",
    "app": "somebody changes the setting in the app, once",
    "grid_down": "the house is off the grid",
    "storm": "Storm Watch is on",
    "update": "firmware is put in: told for half of the time, then the gateway is away, and comes "
    "back with another version",
    "gateway_clock": "the gateway's clock is ahead, by 40 minutes or as `by` says",
    "clock_ahead": "this machine's clock is ahead, by 40 minutes or as `by` says, and then put "
    "right",
    "clock_behind": "the same, behind",
    "suspend": "this machine sleeps",
    "service_down": "this service is not running",
}
"""The faults of a rehearsal, and what each one is."""

LEASES: Final[Mapping[str, str]] = {
    LeaseKind.OVERRIDE.value: "a person asks for a mode and a reserve",
    LeaseKind.PAUSE.value: "a person asks that nothing be done",
    LeaseKind.SKIP.value: "a person asks to leave out the rule or job of a name, once",
}
"""What a person asks for meanwhile."""

ONCE: Final = frozenset({"stopped", "app", *LEASES})
"""What is over as soon as it was; a lease ends by itself."""
CLOCKS: Final = frozenset({"gateway_clock", "clock_ahead", "clock_behind"})
"""What takes a `by`."""
DEFAULT_LENGTH: Final = timedelta(minutes=10)
DEFAULT_BY: Final = timedelta(minutes=40)
_LENGTHS: Final = (20, 300, 3600, 14_400)


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault or lease from an instant on, for a time."""

    at: datetime
    fault: str
    """A name of `KINDS` or `LEASES`."""
    length: timedelta = DEFAULT_LENGTH
    by: timedelta = DEFAULT_BY
    """How wrong a clock is."""
    setting: Setting | None = None
    """What an override asks for."""
    name: str | None = None
    """What a skip leaves out."""

    @property
    def end(self) -> datetime:
        """When it is over; a lease of its own accord."""
        return self.at if self.fault in ONCE - {*LEASES} else self.at + self.length

    def edges(self) -> Iterator[Edge]:
        """What begins and ends with it."""
        yield Edge(self.at, 1, self.fault, self)
        if self.fault == "update":
            away = self.at + self.length / 2
            yield Edge(away, 1, "unreachable", self)
            yield Edge(self.end, -1, "unreachable", self)
        if self.fault not in ONCE:
            yield Edge(self.end, -1, self.fault, self)


@dataclass(frozen=True, slots=True)
class Edge:
    """A fault begins, or ends by -1."""

    at: datetime
    by: int
    fault: str
    strike: Strike


def drawn(
    seed: int, start: datetime, days: float, *, a_day: float = 1.0, names: Sequence[str] = ()
) -> tuple[Strike, ...]:
    """Strikes by lot, the same for the same seed: seconds to hours long, at any time of the day.
    `names` are those of rules and jobs, for skips."""
    lot = random.Random(seed)  # noqa: S311 -- a draw that can be repeated
    kinds = [*KINDS, *(each for each in LEASES if names or each != LeaseKind.SKIP)]
    found = [_drawn(lot, lot.choice(kinds), start, days, names) for _ in range(round(days * a_day))]
    return tuple(sorted(found, key=lambda each: each.at))


def _drawn(
    lot: random.Random, kind: str, start: datetime, days: float, names: Sequence[str]
) -> Strike:
    return Strike(
        at=start + timedelta(seconds=lot.uniform(0, days * 86_400)),
        fault=kind,
        length=timedelta(
            seconds=round(lot.choice((20, 300, 3600, 14_400)) * lot.uniform(0.5, 1.5))
        ),
        by=timedelta(minutes=lot.choice((10, 40, 180))),
        setting=lot.choice((Setting(Mode.BACKUP, 100), Setting(Mode.SELF_CONSUMPTION, 30))),
        name=lot.choice(names) if names else None,
    )
