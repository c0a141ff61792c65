"""One turn of `tou notify`: what is heard of the service and read of the audit, made into notices
and pings."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from scheduler import asking, clock
from scheduler.audit import review
from scheduler.audit.database import open_to_look
from scheduler.cli.audit_question import display_zone
from scheduler.errors import AccessError, AuditError, SchedulerError, ServiceSilentError
from scheduler.host import instance
from scheduler.outlets.notices import targets
from scheduler.outlets.notices.absence import GONE, Absence, Heard
from scheduler.outlets.notices.notice import (
    EARLY,
    OVER,
    Notice,
    early_over,
    of_stories,
    of_unwritten,
    stories,
)
from scheduler.outlets.notices.settings import NotifySettings
from scheduler.outlets.notices.targets import Addressee, Send
from scheduler.outlets.notices.teller import Teller
from scheduler.outlets.notices.told_book import ToldBook
from scheduler.outlets.pings import Pinger, ping, turned
from scheduler.settings import Settings
from scheduler.site.untaken import NONE, REASON

LOOKED_BACK: Final = timedelta(days=40)
"""An incident that has been open for longer was told long ago."""

log = logging.getLogger(__name__)


class Turns:
    """What one sender remembers from turn to turn."""

    def __init__(
        self,
        chosen: Settings,
        table: NotifySettings,
        found: tuple[Addressee, ...],
        book: ToldBook,
        *,
        send: Send = targets.send,
    ) -> None:
        self._settings, self._table, self._book = chosen, table, book
        self._teller = Teller(book, found, send, table.notify_quiet)
        self._addresses = tuple(each.address for each in found)
        self._absence = Absence(pulse=chosen.pulse, begun=clock.now())
        url = table.ping_url
        self._pinger = None if url is None else Pinger(url.get_secret_value())
        self._fault = ""

    def turn(self, now: datetime) -> str:
        """Look once, and do what it gives cause for; one line on how it went."""
        heard, state = hear(self._settings)
        zone = display_zone(self._settings)
        if self._pinger is not None:
            self._pinger.look(turned(state) if state else None, now)
        told = self._teller.tell(self._notices(heard, state, now, zone), now, zone)
        told += self._tell_digest(now, zone)
        if state is not None:
            self._own_up(state)
        if told:
            return f"told {told} at {clock.iso(now)}"
        return self._fault or "nothing to tell"

    def _own_up(self, state: Mapping[str, Any]) -> None:
        """Have the service show that nobody takes a notice, or that this is over."""
        untaken = self._book.untaken(self._addresses)
        shown = any(each["id"] == REASON for each in state["health"]["details"])
        if untaken is None and not shown:
            return
        try:
            tell_service(self._settings, untaken.to_json() if untaken else NONE)
        except (ServiceSilentError, AccessError) as error:
            log.debug("the service is not told: %s", error)

    def _notices(
        self, heard: Heard, state: Mapping[str, Any] | None, now: datetime, zone: ZoneInfo
    ) -> Iterator[Notice]:
        site, gone = self._settings.site, self._book.open_key(GONE)
        yield from self._absence.notices(heard, gone, now, site=site, zone=zone)
        unwritten = of_unwritten(state["incidents"] if state else (), site=site, zone=zone)
        told = {each.key: each for each in unwritten}
        yield from told.values()
        try:
            kept = of_incidents(self._settings, self._book, now, zone)
            yield from kept
            self._fault = ""
            known = {*told, *(each.key.removesuffix(OVER) for each in kept)}
            key = self._book.open_key(EARLY)
            if state is not None and key is not None and key not in known:
                yield early_over(key, site, zone, now)
        except AccessError:
            raise
        except SchedulerError as error:
            if self._fault != str(error):
                log.warning("the audit cannot be read: %s", error)
            self._fault = str(error)

    def _tell_digest(self, now: datetime, zone: ZoneInfo) -> int:
        """The digest of the week before, once its hour has come."""
        from scheduler.cli.notify_digest import key_of, of_monday

        weekly = self._table.notify_digest
        if weekly is None:
            return 0
        monday = weekly.week(now, zone)
        bare = Notice(key_of(monday), "digest", "", "")
        # The week in which the first of all senders began is the first that is told.
        if not self._began_before(monday, zone) or not self._teller.wanted(bare, now, zone):
            return 0
        try:
            told = of_monday(self._settings, monday, zone, now=now)
        except AuditError as error:
            log.warning("the digest cannot be made: %s", error)
            return 0
        taken = self._teller.tell((told,), now, zone)
        if taken and (url := self._table.ping_digest_url) is not None:
            ping(url.get_secret_value(), told.title)
        return taken

    def _began_before(self, monday: datetime, zone: ZoneInfo) -> bool:
        begun = clock.localise(self._book.begun, zone).replace(tzinfo=None, fold=0)
        return begun < monday + timedelta(days=7)


def of_incidents(
    chosen: Settings, book: ToldBook, now: datetime, zone: ZoneInfo
) -> tuple[Notice, ...]:
    """The notices that the audit's incidents ask for. Raises AuditError where it cannot be read."""
    database = open_to_look(chosen.database_path)
    if database is None:
        return ()
    with closing(database):
        entries = review.events(
            database, site=chosen.site, kind="incident", since=now - LOOKED_BACK
        )
    told = stories(entries)
    return tuple(of_stories(told, site=chosen.site, zone=zone, since=book.begun, heard=book.heard))


def tell_service(chosen: Settings, body: Mapping[str, Any]) -> None:
    """Tell the service how notices are taken. Raises ServiceSilentError, AccessError."""
    control = instance.inspect(instance.lock_path(chosen.database_path)).control
    if control is not None:
        for answer in asking.act(control, f"/notices?site={quote(chosen.site)}", body):
            if "error" in answer:
                log.warning("the service does not take it: %s", answer["error"])


def hear(chosen: Settings) -> tuple[Heard, Mapping[str, Any] | None]:
    """What is heard of the service, and its state where it answers. Raises AccessError."""
    running = instance.inspect(instance.lock_path(chosen.database_path))
    state = None
    if running.running and running.control is not None:
        try:
            state = asking.ask(running.control, "/status")
        except ServiceSilentError as error:
            log.debug("not heard: %s", error)
    return Heard(running.running, state is not None, running.seen), state
