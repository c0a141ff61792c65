"""What came of a rehearsal: every stretch in a wrong setting, what was told of it, and the count of
writes, boundaries and incidents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from scheduler import clock
from scheduler.plain import plain
from scheduler.rehearsal.strikes import Strike

SWITCHING: Final = timedelta(minutes=1)
"""A stretch shorter than this is the switching itself, or the wait for a pulse."""


@dataclass(slots=True)
class RehearsedStretch:
    """A time in which another setting was in force than the one wanted."""

    began: datetime
    wanted: str
    shown: str
    at_boundary: bool
    """It began with a boundary, and so with a switch that was late."""
    ended: datetime | None = None
    untold: timedelta = timedelta()
    """How much of it nothing in the state spoke of."""
    told: frozenset[str] = frozenset()
    """The reasons that the state gave meanwhile."""

    @property
    def length(self) -> timedelta:
        """How long it lasted."""
        return (self.ended or self.began) - self.began

    @property
    def wrong(self) -> bool:
        """Whether it counts as wrong."""
        return self.length >= SWITCHING

    @property
    def explained(self) -> bool:
        """Whether the state spoke of it, but for the minute in which a gateway that cannot be read
        is not told of yet: two pulses."""
        return self.untold <= SWITCHING

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "began": clock.iso(self.began),
            "seconds": round(self.length.total_seconds(), 3),
            "wanted": self.wanted,
            "shown": self.shown,
            "at_boundary": self.at_boundary,
            "explained": self.explained,
            "told": sorted(self.told),
        }


@dataclass(slots=True)
class RehearsedIncident:
    """Something that a person would have been told, from when to when."""

    id: str
    text: str
    opened: datetime
    closed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The whole rehearsal."""

    schedule: str
    start: datetime
    end: datetime
    boundaries: int
    """Instants at which another setting is wanted than before."""
    writes: int
    looks: int
    stretches: tuple[RehearsedStretch, ...]
    incidents: tuple[RehearsedIncident, ...]
    strikes: tuple[Strike, ...]
    unplayed: int
    """How many strikes were asked for at other times."""
    outcomes: Mapping[str, int]
    """How the runs of the audit ended; `open` is under way."""
    entries: int
    """Entries of the audit, which was verified."""
    standing: timedelta
    """How long the battery stood still."""
    false_confirmations: tuple[datetime, ...] = ()
    """When the site called a setting confirmed that was not in force."""
    took: float = field(default=0.0, compare=False)
    """Real seconds."""

    @property
    def wrong(self) -> tuple[RehearsedStretch, ...]:
        """The stretches that count."""
        return tuple(each for each in self.stretches if each.wrong)

    @property
    def unexplained(self) -> tuple[RehearsedStretch, ...]:
        """Those of which the state did not speak."""
        return tuple(each for each in self.wrong if not each.explained)

    @property
    def wrong_minutes(self) -> float:
        """Minutes in a wrong setting."""
        return minutes(self.wrong)

    @property
    def worst_lateness(self) -> RehearsedStretch | None:
        """The switch that was in force latest after its boundary."""
        late = [each for each in self.stretches if each.at_boundary]
        return max(late, key=lambda each: each.length, default=None)

    @property
    def well(self) -> bool:
        """Whether nothing was wrong that nobody was told of, and nothing was called confirmed that
        was not."""
        return not self.unexplained and not self.false_confirmations

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        late = self.worst_lateness
        return {
            "schedule": self.schedule,
            "start": clock.iso(self.start),
            "end": clock.iso(self.end),
            "boundaries": self.boundaries,
            "writes": self.writes,
            "looks": self.looks,
            "wrong_minutes": self.wrong_minutes,
            "unexplained_minutes": minutes(self.unexplained),
            "false_confirmations": plain(self.false_confirmations),
            "worst_lateness_seconds": late.length.total_seconds() if late else 0.0,
            "worst_lateness_at": clock.iso(late.began) if late else None,
            "standing_minutes": round(self.standing.total_seconds() / 60, 2),
            "outcomes": dict(self.outcomes),
            "entries": self.entries,
            "strikes": [
                {"at": clock.iso(each.at), "fault": each.fault, "until": clock.iso(each.end)}
                for each in self.strikes
            ],
            "unplayed_strikes": self.unplayed,
            "wrong": plain(self.wrong),
            "incidents": plain(self.incidents),
            "took_seconds": round(self.took, 2),
        }


def minutes(stretches: tuple[RehearsedStretch, ...]) -> float:
    """Their length together."""
    return round(sum(each.length.total_seconds() for each in stretches) / 60, 2)
