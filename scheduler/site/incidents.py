"""Incidents: what a person should know, opened once and closed once, in the audit.

A reason of the state comes and goes with every look; an incident is the one that stayed. It is kept
over restarts, so that nobody is told twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from scheduler import clock
from scheduler.audit.chain import Json
from scheduler.audit.recorder import Recorder
from scheduler.errors import AuditError
from scheduler.site.known import Known
from scheduler.site.state import Reason

log = logging.getLogger(__name__)

_AT_ONCE: Final = timedelta(0)
_MINUTE: Final = timedelta(minutes=1)
# How long a reason must have stayed. One that is not named here opens none unless it is failing.
AFTER: Final[Mapping[str, timedelta]] = {
    "audit": _AT_ONCE,
    "refused": _AT_ONCE,
    "defect": _AT_ONCE,
    "no_effect": _AT_ONCE,
    "drift_regular": _AT_ONCE,
    "drift": _AT_ONCE,
    "certificate": _MINUTE,
    "not_running": _MINUTE,
    "unsafe": _MINUTE,
    "file_broken": _MINUTE,
    "two_databases": _MINUTE,
    "gateway_lost": 5 * _MINUTE,
    "unread": 5 * _MINUTE,
    "budget": 5 * _MINUTE,
    "clock": 10 * _MINUTE,
    "unverified": 10 * _MINUTE,
}
FAILING_AFTER: Final = 5 * _MINUTE
# A reason that is away for less than this has not gone; after a start it may take some looks to
# find it again.
GONE_AFTER: Final = _MINUTE
GONE_AFTER_START: Final = 10 * _MINUTE


@dataclass(slots=True)
class Incident:
    """One that is open."""

    reason: Reason
    since: datetime
    """When its reason began."""
    number: int | None
    """The audit's entry that opened it; None while that cannot be written."""
    runs: int
    """Of the site when it opened."""
    gone: datetime | None = None
    """Since when its reason is away."""
    recalled: bool = False
    """An earlier process opened it."""

    def to_json(self) -> dict[str, Any]:
        """As the state has it."""
        return {
            "id": self.number,
            "reason": self.reason.id,
            "text": self.reason.text,
            "word": self.reason.word,
            "since": clock.iso(self.since),
        }


class Incidents:
    """The open incidents of one site."""

    def __init__(self, recorder: Recorder, known: Known) -> None:
        self._recorder, self._known = recorder, known
        self._open: dict[str, Incident] = {}
        self._first: dict[str, datetime] = {}

    @property
    def open(self) -> tuple[Incident, ...]:
        """Those that are open now, the oldest first."""
        return tuple(sorted(self._open.values(), key=lambda each: each.since))

    @property
    def unwritten(self) -> bool:
        """Whether the audit could not take one of them yet."""
        return any(each.number is None for each in self._open.values())

    async def recall(self) -> None:
        """Those that an earlier process left open."""
        for each in await self._recorder.ask(self._recorder.questions.open_incidents):
            reason = Reason(each.reason, each.text, each.since, "attention")
            found = Incident(reason, each.since, each.id, self._known.runs, recalled=True)
            self._open[each.reason] = found

    async def note(self, reasons: Iterable[Reason], now: datetime) -> None:
        """Open what has stayed, close what has gone. What cannot be written is written later."""
        present = {each.id: each for each in reasons}
        self._first = {
            name: min(self._first.get(name, now), each.since or now, now)
            for name, each in present.items()
        }
        try:
            for name, reason in present.items():
                if name in self._open or self._stayed(reason, now):
                    await self._keep_open(reason)
            for name in [name for name in self._open if name not in present]:
                await self._gone(name, now)
        except AuditError as error:
            log.debug("an incident is not recorded yet: %s", error)

    def _stayed(self, reason: Reason, now: datetime) -> bool:
        if reason.id == "overdue" and self._open:
            return False  # what keeps it from being in force is told already
        after = AFTER.get(reason.id)
        if after is None and reason.word == "failing":
            after = FAILING_AFTER
        serious = reason.word in {"attention", "failing"}
        return serious and after is not None and now - self._first[reason.id] >= after

    async def _keep_open(self, reason: Reason) -> None:
        found = self._open.get(reason.id)
        if found is None:
            since = self._first[reason.id]
            found = Incident(reason, since, None, self._known.runs)
            self._open[reason.id] = found
            log.warning("incident: %s", reason.text)
        found.reason, found.gone, found.recalled = reason, None, False
        if found.number is None:
            found.number = await self._recorder.event("incident", "opened", _opened(found))

    async def _gone(self, name: str, now: datetime) -> None:
        found = self._open[name]
        found.gone = min(found.gone or now, now)
        if now - found.gone < (GONE_AFTER_START if found.recalled else GONE_AFTER):
            return
        if found.number is None:
            found.number = await self._recorder.event("incident", "opened", _opened(found))
        detail: dict[str, Json] = {
            "incident": found.number,
            "reason": name,
            "since": clock.iso(found.since),
            "until": clock.iso(found.gone),
            "seconds": round((found.gone - found.since).total_seconds()),
            "runs": self._known.runs - found.runs,
        }
        await self._recorder.event("incident", "closed", detail)
        log.info("incident %s is over: %s", found.number, found.reason.text)
        del self._open[name]


def _opened(found: Incident) -> dict[str, Json]:
    reason = found.reason
    return {
        "reason": reason.id,
        "text": reason.text,
        "word": reason.word,
        "since": clock.iso(found.since),
    }
