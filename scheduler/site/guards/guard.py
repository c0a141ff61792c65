"""What a guard is: a condition seen in a reading, under which acting waits, or which keeps a
setting from having effect. Guards decide nothing; who is heeded is said by the schedule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from scheduler.gateway.base import Reading


@dataclass(frozen=True, slots=True)
class Sight:
    """What a guard may look at."""

    reading: Reading | None
    """The newest that tells of the device's health."""
    clock: str | None
    """Why the clock is not believed."""


@dataclass(frozen=True, slots=True)
class Guard:
    """One condition. `sees` answers in words that go on from "Nothing is done while ..."."""

    name: str
    sees: Callable[[Sight], str | None]
    defers: bool
    """Whether acting waits for it where the schedule does not say."""
    at_most: timedelta | None = None
    """How long acting waits for it: some conditions are told by a device long after they ended."""


def says(word: str, text: str) -> Callable[[Sight], str | None]:
    """A condition that the device itself tells by a word of its `in_the_way`."""

    def sees(sight: Sight) -> str | None:
        told = sight.reading is not None and word in sight.reading.in_the_way
        return text if told else None

    return sees
