"""Instants, durations, and the one reader of the clock.

Knows nothing of tariffs. Every instant is an aware `datetime` in UTC; `now()` is called once per
decision and handed on as an argument.
"""

from __future__ import annotations

import ctypes
import re
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

_DURATION = re.compile(r"(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)  # noqa: TID251


def monotonic() -> float:
    """Seconds that only ever grow; for back-off and for noticing steps of the wall clock."""
    return time.monotonic()


def localise(instant: datetime, zone: ZoneInfo) -> datetime:
    """The wall-clock reading of an instant in a zone, with its fold.

    `zone.fromutc` and not `astimezone`: under freezegun 1.5.5 the latter loses the fold, so the
    repeated autumn hour is read an hour early (spulec/freezegun #422).
    """
    return zone.fromutc(instant.replace(tzinfo=zone))


def midnight(on: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local date begins."""
    return datetime.combine(on, time_of_day(0), zone).astimezone(UTC)


def to_micros(instant: datetime) -> int:
    """Integer microseconds since 1970-01-01 UTC."""
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The instant of `to_micros`."""
    return _EPOCH + timedelta(microseconds=micros)


def iso(instant: datetime) -> str:
    """ISO 8601 UTC with a Z; fractions only where there are some."""
    text = instant.replace(tzinfo=None).isoformat(timespec="auto")
    return text + "Z"


def from_iso(text: object) -> datetime:
    """The instant of `iso`; one without a zone is UTC. Raises ValueError."""
    instant = datetime.fromisoformat(str(text))
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def parse_duration(text: str) -> timedelta:
    """`90s`, `5m`, `2h`, `1h30m`, `0` or `0s`. Raises ValueError with the way out."""
    match = _DURATION.fullmatch(text.strip())
    if text.strip() == "0":
        return timedelta(0)
    if not text.strip() or match is None:
        shown = text if len(text) <= 40 and text.isprintable() else f"{ascii(text)[1:38]}..."
        raise ValueError(f'"{shown}" is not a duration. Write 90s, 5m, 2h or 1h30m.')
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads back; whole seconds."""
    seconds = int(duration.total_seconds())
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


_TIMESYNCD = Path("/run/systemd/timesync")
_CHRONY = Path("/run/chrony")
_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)


def synchronised() -> bool | None:
    """Whether a time service says that the clock is right; None where none can be asked.

    systemd-timesyncd touches a file at each success; for chrony the kernel is asked. A kernel
    that nobody disciplines always says "not synchronised" (measured in a container), so its no
    counts only beside a time service.
    """
    if (_TIMESYNCD / "synchronized").exists():
        return True
    kernel = _kernel_synchronised()
    if kernel:
        return True
    if _TIMESYNCD.is_dir() or (_CHRONY.is_dir() and kernel is False):
        return False
    return None


def _kernel_synchronised() -> bool | None:
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else bool(state < _UNSYNCHRONISED)
