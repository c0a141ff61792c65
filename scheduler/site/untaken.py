"""That notices are taken by nobody: what `tou notify` tells the service, and the reason it shows.

A number and an instant, and no words: whoever speaks to the internet writes nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scheduler import clock
from scheduler.site.state import Reason

REASON: Final = "notices"
BELIEVED: Final = timedelta(minutes=10)
"""It is told at every pulse; after this silence it is believed no longer."""
_SHAPE: Final = 'Send {"count": 2, "since": "2026-11-25T18:00:00Z"}, or {"count": 0}.'
_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Untaken:
    """How many notices wait for anybody to take them, and since when."""

    count: int
    since: datetime

    def to_json(self) -> dict[str, object]:
        """As it goes over the control socket."""
        return {"count": self.count, "since": clock.iso(self.since)}

    def reason(self) -> Reason:
        """In every view of the state."""
        what = "a notice was" if self.count == 1 else f"{self.count} notices were"
        text = f"{what} taken by no target; `tou notify test` shows what each answers"
        return Reason(REASON, text, self.since, "attention")


NONE: Final[dict[str, object]] = {"count": 0}


def untaken_from_json(data: object) -> Untaken | None:
    """None where nothing waits. Raises ValueError with the way out."""
    if not isinstance(data, Mapping) or set(data) - {"count", "since"}:
        raise ValueError(f"This is not what is told of notices. {_SHAPE}")
    count, since = data.get("count"), data.get("since")
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= _MOST:
        raise ValueError(f"The count of notices is no number from 0 on. {_SHAPE}")
    if count == 0:
        return None
    try:
        at = clock.from_iso(since)
    except (ValueError, TypeError, OverflowError, AttributeError):
        raise ValueError(f"It is not told since when. {_SHAPE}") from None
    return Untaken(count, at)
