"""The leases of one site: on the record before they count, taken up again at a start, and ended by
themselves.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from scheduler.audit.answers import Event
from scheduler.audit.chain import Json
from scheduler.audit.recorder import Recorder
from scheduler.plan import Lease, LeaseKind, lease_from_json
from scheduler.schedule.wording import shown
from scheduler.setting import setting_words
from scheduler.site.asked import LONGEST, LeaseEnding, until_words

log = logging.getLogger(__name__)

KIND: Final = "lease"
"""The audit's kind of these events; their names are `begun` and `ended`."""
REMEMBERED: Final = LONGEST
"""For so long an ended lease stays known: since when a setting is wanted, and with it a hold, must
not change because a lease is forgotten."""

How = Literal["lapsed", "cleared", "replaced"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A lease as the audit has it."""

    lease: Lease
    """`until` is when it really ended, where it was ended early."""
    ended: bool = False
    """Whether its end is on the record."""
    how: str | None = None
    by: str | None = None


def kept(events: Iterable[Event]) -> tuple[Kept, ...]:
    """The leases of the audit's events, in the order in which they began."""
    found: dict[str, Kept] = {}
    for event in events:
        lease = lease_from_json(event.detail)
        if lease is None:
            continue
        if event.name != "ended":
            found[lease.id] = Kept(lease)
        elif lease.id in found:
            begun, told = found[lease.id].lease, event.detail
            until = min(begun.until, event.at) if told.get("how") != "lapsed" else begun.until
            how, by = told.get("how"), told.get("by")
            found[lease.id] = Kept(
                replace(begun, until=until),
                ended=True,
                how=how if isinstance(how, str) else None,
                by=by if isinstance(by, str) else None,
            )
    return tuple(found.values())


def asked_since(now: datetime) -> datetime:
    """From when on events tell all leases that are still known."""
    return now - LONGEST - REMEMBERED


@dataclass(slots=True)
class Leases:
    """What was asked of a site, and is in force or still remembered."""

    recorder: Recorder
    zone: Callable[[], ZoneInfo | None] = lambda: None
    """On whose clock the journal tells them: that of the schedule in force."""
    known: tuple[Lease, ...] = ()
    _open: set[str] = field(default_factory=set)
    """The ids of those whose end is not on the record yet."""
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def load(self, now: datetime) -> None:
        """Take up what the audit knows. Raises AuditUnwritableError."""
        questions = self.recorder.questions
        events = await self.recorder.ask(lambda: questions.events(KIND, asked_since(now)))
        found = kept(events)
        self.known = tuple(each.lease for each in found)
        self._open = {each.lease.id for each in found if not each.ended}
        for lease in self.active(now):
            log.info("still in force: %s", self._told(lease))

    def active(self, now: datetime) -> tuple[Lease, ...]:
        """Those that hold now."""
        return tuple(each for each in self.known if each.active(now))

    def heed(self, now: datetime) -> None:
        """What was asked for by a clock that was ahead has begun all the same."""
        if any(each.begun > now for each in self.known):
            self.known = tuple(replace(each, begun=min(each.begun, now)) for each in self.known)

    async def grant(self, lease: Lease) -> None:
        """Put a lease in force, in the place of another of its kind; a skip only of one of the
        same name. On the record first. Raises AuditUnwritableError: then nothing has changed."""
        async with self._one:
            same = LeaseEnding(lease.kind, lease.name)
            for other in [each for each in self.active(lease.begun) if same.means(each)]:
                await self._end(other, lease.begun, "replaced", by=lease.who)
            await self.recorder.event(KIND, "begun", lease.to_json())
            self._open.add(lease.id)
            self.known = (*self.known, lease)
        log.info("%s", self._told(lease))

    async def end(self, ending: LeaseEnding, now: datetime) -> tuple[Lease, ...]:
        """End leases before their time; those that were in force. Raises AuditUnwritableError."""
        async with self._one:
            found = [each for each in self.active(now) if ending.means(each)]
            for lease in found:
                await self._end(lease, now, "cleared", by=ending.who)
                log.info("ended: %s", self._told(lease))
        return tuple(found)

    async def lapse(self, now: datetime) -> None:
        """Record those whose time is over, and forget the oldest."""
        async with self._one:
            for lease in [each for each in self.known if each.id in self._open]:
                if lease.until <= now:
                    await self._end(lease, lease.until, "lapsed")
                    log.info("lapsed: %s", self._told(lease))
            self.known = tuple(each for each in self.known if each.until > now - REMEMBERED)

    def _told(self, lease: Lease) -> str:
        return lease_words(lease.to_json(), self.zone())

    async def _end(self, lease: Lease, at: datetime, how: How, *, by: str = "") -> None:
        detail: dict[str, Json] = {**lease.to_json(), "how": how, **({"by": by} if by else {})}
        await self.recorder.event(KIND, "ended", detail)
        self._open.discard(lease.id)
        over = replace(lease, until=min(lease.until, at))
        self.known = tuple(over if each.id == lease.id else each for each in self.known)


def lease_words(lease: Mapping[str, Any], zone: ZoneInfo | None = None) -> str:
    """A lease, of its JSON, as a person reads it:
    `pause: nothing is done until Mon 2026-11-23 18:00 (anna)`."""
    until = datetime.fromisoformat(lease["until"])
    what = {
        LeaseKind.OVERRIDE: setting_words(lease.get("setting") or {}),
        LeaseKind.PAUSE: "nothing is done",
        LeaseKind.SKIP: f"{shown(lease.get('name'))} is left out",
    }[LeaseKind(lease["kind"])]
    told = ": ".join(each for each in (lease.get("who"), lease.get("reason")) if each)
    return f"{lease['kind']}: {what} until {until_words(until, zone)}" + (
        f" ({told})" if told else ""
    )


def pause_words(lease: Lease, zone: ZoneInfo | None = None) -> str:
    """Why nothing is done, and the way out."""
    told = ": ".join(each for each in (lease.who, lease.reason) if each)
    who = f" ({told})" if told else ""
    return f"paused until {until_words(lease.until, zone)}{who}; `tou resume` ends it"
