"""What an answer tells of the clock of whoever answered."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_LONGEST: Final = 64


def ahead_of(now: datetime, date: str | None) -> float | None:
    """Seconds by which a Date header is ahead of an instant, to within the second that it is cut
    off at; None where it is none."""
    if not date or len(date) > _LONGEST:
        return None
    try:
        found = parsedate_to_datetime(date)
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        ahead = (aware - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return ahead + 0.5
