"""Tells notices: to each target that wants them, once, until it takes them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduler.outlets.notices.hours import Quiet
from scheduler.outlets.notices.notice import OVER, Notice
from scheduler.outlets.notices.targets import Addressee, Send
from scheduler.outlets.notices.told_book import ToldBook

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Teller:
    """Who is told, by what, and when not."""

    book: ToldBook
    targets: tuple[Addressee, ...]
    send: Send
    quiet: Quiet | None = None

    def tell(self, notices: Iterable[Notice], now: datetime, zone: ZoneInfo) -> int:
        """Tell what is due; how many targets took something. What is quiet waits until the quiet
        hours are over, and is then told as it stands."""
        hushed = self._hushed(now, zone)
        spoken = [each for each in notices if each.urgent or not hushed]
        for notice in spoken:
            self._close(notice, now)
        return sum(self._tell(notice, target, now) for notice in spoken for target in self.targets)

    def wanted(self, notice: Notice, now: datetime, zone: ZoneInfo) -> bool:
        """Whether some target may be told now and has yet to take it; its text need not be made
        before."""
        return not self._hushed(now, zone) and any(
            each.wants(notice.level) and self.book.due(notice, each.address, now)
            for each in self.targets
        )

    def _close(self, notice: Notice, now: datetime) -> None:
        """An end that no target wants to hear of is an end: what comes next is told anew."""
        if not notice.key.endswith(OVER) or any(each.wants(notice.level) for each in self.targets):
            return
        if self.targets and not self.book.heard(notice.key):
            why = f"no target wants a {notice.level}"
            self.book.note(notice, "nobody", "", now, taken=True, why=why)

    def _hushed(self, now: datetime, zone: ZoneInfo) -> bool:
        return self.quiet is not None and self.quiet.holds(now, zone)

    def _tell(self, notice: Notice, target: Addressee, now: datetime) -> bool:
        if not target.wants(notice.level) or not self.book.due(notice, target.address, now):
            return False
        answer = self.send(target, notice)
        self.book.note(notice, target.name, target.address, now, taken=answer.taken, why=answer.why)
        if answer.taken:
            log.info("told %s: %s", target.name, notice.title)
        else:
            log.warning("%s did not take it: %s (%s)", target.name, answer.why, notice.title)
        return answer.taken
