"""The gateway's ways of writing times and numbers; it is a Go program."""

from __future__ import annotations

from datetime import datetime
from typing import Final

NEVER: Final = "0001-01-01T00:00:00Z"


def go_duration(seconds: float) -> str:
    """Such as 223h5m51.577762169s, 4m0s, or 577.762ms below a second."""
    if seconds < 1:
        return f"{round(seconds * 1000, 3):g}ms" if seconds else "0s"
    whole, nanos = divmod(round(seconds * 1_000_000_000), 1_000_000_000)
    hours, minutes = whole // 3600, whole // 60 % 60
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    tail = f"{whole % 60}{fraction}s"
    if hours:
        return f"{hours}h{minutes}m{tail}"
    return f"{minutes}m{tail}" if minutes else tail


def nanosecond_stamp(local: datetime) -> str:
    """Such as 2024-11-28T08:03:49.069823953+01:00; the last three digits are made up."""
    offset = local.strftime("%z")
    zone = "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}"
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond:06d}953{zone}"


def start_stamp(local: datetime) -> str:
    """The site's wall clock under a false +0800, as every firmware writes it."""
    return f"{local:%Y-%m-%d %H:%M:%S} +0800"


def milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def number(value: float) -> float | int:
    """A number as Go writes it: no fraction where there is none."""
    return int(value) if value == int(value) else value
