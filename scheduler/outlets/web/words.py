"""Instants, ages and settings in a page's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from scheduler import clock
from scheduler.outlets.picture.svg import KINDS
from scheduler.setting import setting_words

_STEPS: Final = ((86400, "d"), (3600, "h"), (60, "min"))


def local(at: str | datetime | None, zone: ZoneInfo) -> str:
    """`Wed 2026-11-25 17:05:00`."""
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{clock.localise(found, zone):%a %Y-%m-%d %H:%M:%S}" if found else ""


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """`17:05:00`, where the day stands above."""
    return f"{clock.localise(at, zone):%H:%M:%S}"


def coded(text: str) -> Markup:
    """A sentence whose commands stand in backquotes, as a terminal shows them."""
    parts = [escape(each) for each in text.split("`")]
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(each) if number % 2 else each
        for number, each in enumerate(parts)
    )


def near(at: str | datetime, now: str | datetime, zone: ZoneInfo) -> str:
    """As short as it is clear from here: `17:05` of today, `Thu 08:05` within six days, else
    `2026-12-25 08:05`."""
    found, here = (
        clock.localise(datetime.fromisoformat(each) if isinstance(each, str) else each, zone)
        for each in (at, now)
    )
    days = abs((found.date() - here.date()).days)
    day = "" if not days else f"{found:%a} " if days < 7 else f"{found:%Y-%m-%d} "
    return f"{day}{found:%H:%M}"


def day_of(at: str | datetime, zone: ZoneInfo) -> str:
    """The local day of an instant, as it stands in addresses."""
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{clock.localise(found, zone):%Y-%m-%d}"


def span(seconds: float) -> str:
    """`3 h`, rounded down; the sign is left to the sentence."""
    left = abs(seconds)
    return next(
        (f"{left // size:.0f} {unit}" for size, unit in _STEPS if left >= size), f"{left:.0f} s"
    )


def apart(at: str, now: str) -> str:
    """`3 h ago`, `in 5 min`; by the state's own clock."""
    seconds = (datetime.fromisoformat(now) - datetime.fromisoformat(at)).total_seconds()
    if abs(seconds) < 1:
        return "just now"
    return f"{span(seconds)} ago" if seconds > 0 else f"in {span(seconds)}"


def setting(told: Mapping[str, Any] | None) -> str:
    """A setting as people say it, with its percent on the same line."""
    return setting_words(told).replace(" %", "\u00a0%") if told else "not known"


def kind(outcome: str | None) -> str:
    """The class of an outcome: good, waiting, doubt, bad or quiet."""
    return KINDS.get(outcome or "at work", "quiet")
