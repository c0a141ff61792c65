"""What a check finds, before it has a place in a file."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.schedule.source import Loc


@dataclass(frozen=True, slots=True)
class Finding:
    """A message and the part that it is about; `at_key` where the key is at fault."""

    loc: Loc
    message: str
    at_key: bool = False
