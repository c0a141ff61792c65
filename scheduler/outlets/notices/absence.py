"""Whether the service is there at all, and what is told when it is not. Pure but for what it
remembers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from scheduler import clock
from scheduler.outlets.notices.notice import OVER, Notice, span, title, when

PULSES: Final = 3
MORE: Final = timedelta(minutes=5)
"""A restart, an update of the program or a reboot takes no longer."""
GONE: Final = "gone "


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of the service at one look."""

    running: bool
    answers: bool
    seen: datetime | None
    """Its last sign of life."""


class Absence:
    """Remembers since when nothing is heard."""

    def __init__(self, *, pulse: timedelta, begun: datetime) -> None:
        self._patience = PULSES * pulse + MORE
        self._well = begun

    def notices(
        self, heard: Heard, told: str | None, now: datetime, *, site: str, zone: ZoneInfo
    ) -> tuple[Notice, ...]:
        """That the service is gone, or is back; `told` is the key under which it was told gone,
        None where that is over or never was."""
        if heard.running and heard.answers:
            self._well = now
            return (_back(told, site, zone, now),) if told else ()
        since = min(self._well, heard.seen) if heard.seen else self._well
        if told:
            since = datetime.fromisoformat(told.removeprefix(GONE))
        elif now - self._well < self._patience:
            return ()  # after a boot both have just begun, and the last sign of life is old
        return (_gone(heard, since, site, zone),)


def _gone(heard: Heard, since: datetime, site: str, zone: ZoneInfo) -> Notice:
    what = "The service runs, but does not answer." if heard.running else "No service runs."
    body = (
        f"{what} Last sign of life: {when(since, zone)}. The battery stays at the setting it has; "
        "nothing is switched until the service is back.\n"
        "systemctl status tou-scheduler; journalctl -u tou-scheduler -n 50"
    )
    return Notice(GONE + clock.iso(since), "failure", title(site, what), body, urgent=True)


def _back(told: str, site: str, zone: ZoneInfo, now: datetime) -> Notice:
    since = datetime.fromisoformat(told.removeprefix(GONE))
    what = f"The service is back after {span(now - since)}."
    body = f"{what} Nobody watched from {when(since, zone)} to {when(now, zone)}."
    return Notice(told + OVER, "recovery", title(site, what), body, urgent=True)
