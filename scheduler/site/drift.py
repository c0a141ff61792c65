"""Drift: another setting is shown than the one we confirmed, and we did not write it.

Says what was there before, what the schedule wants done about it, and whether it comes at the same
time of day again and again: that is another controller, and no hand.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scheduler import clock
from scheduler.audit.answers import Event
from scheduler.audit.chain import Json
from scheduler.audit.recorder import Recorder
from scheduler.schedule.values import Drift as Policy
from scheduler.schedule.values import Schedule
from scheduler.setting import SettingRead, setting_from_json, setting_read_from_json
from scheduler.site.apply import Attempt
from scheduler.site.state import Proven, Reason

log = logging.getLogger(__name__)

# A hand that tries something out in the app is not fought at once.
GRACE: Final = timedelta(minutes=10)
# The same time of day on so many days, this near to one another, within so long.
TIMES: Final = 3
NEAR: Final = timedelta(minutes=10)
BACK: Final = timedelta(days=14)
# For how long one that is over is told.
TOLD_FOR: Final = timedelta(hours=24)
# Without another one for so long, whoever did it has stopped.
QUIET: Final = timedelta(days=3)
_DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class DriftFound:
    """One drift, from when it was seen until it is over."""

    at: datetime
    shown: SettingRead
    before: Proven
    over: bool = False


class DriftWatch:
    """The drift of one site."""

    def __init__(self, recorder: Recorder, schedule: Callable[[], Schedule]) -> None:
        self.found: DriftFound | None = None
        self.regular: tuple[str, ...] = ()
        """The times of day at which it comes again and again."""
        self._recorder, self._schedule = recorder, schedule
        self._newest: datetime | None = None

    @property
    def policy(self) -> Policy:
        """What the schedule wants done."""
        return self._schedule().drift

    @property
    def open(self) -> bool:
        """Whether another setting is in force now, as far as is known."""
        return self.found is not None and not self.found.over

    def reasserts(self, now: datetime) -> bool:
        """Whether it is time to put our own setting back."""
        if self.found is None or self.found.over or self.policy is not Policy.REASSERT:
            return False
        # A clock that was set back does not make the grace longer.
        return not timedelta(0) <= now - self.found.at < GRACE

    async def saw(self, shown: SettingRead, before: Proven, *, at: datetime) -> None:
        """Take that another setting is shown; the same one is told once."""
        old = self.found
        if old is not None and not old.over and old.shown == shown:
            return
        self.found = DriftFound(at, shown, before)
        told = "the gateway shows %s, which nobody here wrote; %s was confirmed before"
        log.warning(told, shown.words(), before.setting.words())
        detail: dict[str, Json] = {
            "shown": shown.to_json(),
            "before": before.setting.to_json(),
            "rule": before.rule,
            "confirmed_at": clock.iso(before.at),
            "confirmed_run": before.run,
            "policy": self.policy.value,
        }
        await self._recorder.event("drift", "seen", detail)
        known = self.regular
        await self.remember(at)
        if self.regular and self.regular != known:
            log.warning("drift comes every day at about %s", " and ".join(self.regular))
            times: list[Json] = list(self.regular)
            await self._recorder.event("drift", "regular", {"times": times})

    async def ended(self, how: str, *, at: datetime) -> None:
        """Our setting is in force again, or another is wanted."""
        if self.found is None or self.found.over:
            return
        self.found.over = True
        seconds = round((at - self.found.at).total_seconds())
        log.info("drift is over after %s s: %s", seconds, how)
        await self._recorder.event("drift", "over", {"how": how, "seconds": seconds})

    async def met(self, result: Attempt, before: Proven | None, tolerance: float) -> None:
        """Take what an attempt read before its write, where no look had shown it."""
        now, shown = self._recorder.now(), result.left or result.observed
        if shown and before and shown.differing(before.setting, tolerance):
            await self.saw(shown, before, at=now)
        if result.wrote:
            await self.ended("it was written over", at=now)

    async def recall(self, now: datetime) -> None:
        """After a start: one that was not over is not another one now."""
        newest = await self.remember(now)
        if newest is not None and newest.name == "seen":
            self.found = _found_in(newest)

    async def remember(self, now: datetime) -> Event | None:
        """Find in the audit whether it comes at the same time of day again and again; returns the
        newest event of them."""
        questions, zone = self._recorder.questions, self._schedule().calendar.display_zone
        told = await self._recorder.ask(lambda: questions.events("drift", now - BACK))
        seen = [clock.localise(each.at, zone) for each in told if each.name == "seen"]
        self.regular = times_of_day(seen)
        self._newest = max(seen, default=None)
        ends = [each for each in told if each.name in {"seen", "over"}]
        return ends[-1] if ends else None

    def reasons(self, now: datetime) -> Iterable[Reason]:
        """What a person should know of it."""
        if self.regular and self._newest is not None and now - self._newest < QUIET:
            often = " and ".join(self.regular)
            text = (
                f"The setting is changed from outside every day at about {often}. Another "
                "scheduler, an automation or the app's own schedule does it: turn one of them off."
            )
            yield Reason("drift_regular", text, self._newest)
        if self.found is None or (self.found.over and not now - self.found.at < TOLD_FOR):
            return
        yield self._reason(self.found)

    def _reason(self, found: DriftFound) -> Reason:
        said = f"The gateway showed {found.shown.words()}, which nobody here wrote"
        if found.over:
            text = f"{said}. Another scheduler or the app changes it too."
            return Reason("other_writer", text, found.at)
        said = f"{said}; before it was {found.before.setting.words()}"
        if self.policy is Policy.RESPECT:
            text = f"{said}. It is left so until the next boundary."
            return Reason("drift", text, found.at, "waiting")
        if self.policy is Policy.NOTIFY:
            return Reason("drift", f"{said}. It is left so; `tou apply` puts it back.", found.at)
        text = f"{said}. It is put back ten minutes after it was seen."
        return Reason("other_writer", text, found.at)


def _found_in(event: Event) -> DriftFound | None:
    """What the event of a drift tells of it; None where it is not to be understood."""
    shown, before = event.detail.get("shown"), event.detail.get("before")
    if not isinstance(shown, Mapping) or not isinstance(before, Mapping):
        return None
    setting, at = setting_from_json(before), event.detail.get("confirmed_at")
    if setting is None or not isinstance(at, str):
        return None
    rule, run = event.detail.get("rule"), event.detail.get("confirmed_run")
    proven = Proven(rule, setting, datetime.fromisoformat(at), run)
    return DriftFound(event.at, setting_read_from_json(shown), proven)


def times_of_day(seen: Iterable[datetime]) -> tuple[str, ...]:
    """The local times of day, as 22:05, near which something was seen on `TIMES` days or more."""
    moments = sorted(seen, key=_since_midnight)
    found: list[datetime] = []
    for moment in moments:
        near = [other for other in moments if _apart(moment, other) <= NEAR]
        new = all(_apart(moment, known) > 2 * NEAR for known in found)
        if new and len({other.date() for other in near}) >= TIMES:
            found.append(near[len(near) // 2])
    return tuple(f"{moment:%H:%M}" for moment in found)


def _since_midnight(moment: datetime) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)


def _apart(one: datetime, other: datetime) -> timedelta:
    apart = abs(_since_midnight(one) - _since_midnight(other))
    return min(apart, _DAY - apart)
