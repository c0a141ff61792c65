"""After a setting was confirmed: whether the meters show it, and how far the ladder is climbed
where they do not. A gateway that accepts and does not act is found here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scheduler import clock
from scheduler.audit.answers import Told, Unjudged
from scheduler.audit.questions import EFFECT
from scheduler.audit.recorder import Recorder, Run
from scheduler.gateway.base import Gateway
from scheduler.setting import Setting
from scheduler.site.effect import Effect, Metered, Verdict, judge
from scheduler.site.known import Known

log = logging.getLogger(__name__)

# So often not seen, and a person should know.
TIMES: Final = 3
TIMES_KEY: Final = "not_seen_in_a_row"
BETWEEN: Final = 12
"""Writes in vain from one soft restart to the next."""
# For so long after its time the meters are waited for.
LATE: Final = timedelta(minutes=5)


class Rung(StrEnum):
    """How a setting that did not take is tried again."""

    REPEAT = "repeat"
    """The same write once more: a commit may be lost, or apply the write before."""
    SOFT_RESTART = "soft_restart"
    """The device's own process is stopped and run around the write."""


def rung(in_vain: int, *, restarts: bool) -> Rung | None:
    """After so many writes in vain; None for the first. A restart stops the battery for seconds,
    so it is no answer to each failure."""
    if in_vain == 0:
        return None
    return Rung.SOFT_RESTART if restarts and in_vain % BETWEEN == 2 else Rung.REPEAT


@dataclass(slots=True)
class _Watched:
    """A confirmed setting whose effect is not known yet."""

    run: Run
    setting: Setting
    since: datetime
    due: float
    """Monotonic seconds from which the meters should show it."""
    first: Metered | None = None


class Witness:
    """Watches one gateway's meters after each write."""

    def __init__(
        self, gateway: Gateway, recorder: Recorder, known: Known, monotonic: Callable[[], float]
    ) -> None:
        self.last: Verdict | None = None
        self.not_seen = 0
        """How often in a row the present setting was not seen to have effect."""
        self.since: datetime | None = None
        self.doubts = False
        """The setting is to be written again, though it is read back equal."""
        self.in_the_way: Callable[[], str | None] = lambda: None
        """What keeps a setting from having effect, in words."""
        self._gateway, self._recorder = gateway, recorder
        self._known, self._monotonic = known, monotonic
        self._watched: _Watched | None = None
        self._setting: Setting | None = None
        self._found: Unjudged | None = None

    def watch(self, run: Run, setting: Setting) -> None:
        """A write was confirmed: its effect is looked at when its time has come."""
        if setting != self._setting:
            self.not_seen, self.since, self._setting = 0, None, setting
        self.doubts, self._found = False, None
        due = self._monotonic() + self._within.total_seconds()
        self._watched = _Watched(run, setting, self._recorder.now(), due)

    async def recall(self) -> None:
        """At a start, before the first intent: what the process before saw of the setting that
        stands, and its watch, where that did not come to its end."""
        name, questions = self._gateway.name, self._recorder.questions
        if told := await self._recorder.ask(lambda: questions.last_effect(name)):
            self._remember(told)
        oldest = self._recorder.now() - self._within - LATE
        self._found = await self._recorder.ask(lambda: questions.unjudged(name, oldest))

    def _remember(self, told: Told) -> None:
        """Count on where the process before stopped: a restart is no recovery."""
        effect = told.effect
        if effect["effect"] != Effect.NOT_SEEN or TIMES_KEY not in effect:
            return
        self._setting, self.not_seen = told.setting, int(effect[TIMES_KEY])
        self.since = clock.from_iso(effect["since"])
        self.last = Verdict(Effect.NOT_SEEN, str(effect["why"]))
        self.doubts = told.of_the_newest and self.not_seen < TIMES

    def go_on(self, setting: Setting) -> None:
        """A setting is found in force: its watch is taken up, if it is the one recalled."""
        found, self._found = self._found, None
        if found is None or found.setting != setting or self._watched is not None:
            return
        left = self._within - (self._recorder.now() - found.at)
        due = self._monotonic() + left.total_seconds()
        self._setting = setting
        self._watched = _Watched(self._recorder.take_up(found), setting, found.at, due)

    @property
    def _within(self) -> timedelta:
        return timedelta(seconds=self._gateway.limits.effect_within)

    def forget(self) -> None:
        """Something else is wanted, or in force."""
        self._watched, self.doubts = None, False

    def wants_meters(self) -> bool:
        """Whether the next look should read the meters."""
        watched = self._watched
        return watched is not None and (watched.first is None or self._monotonic() >= watched.due)

    async def look(self) -> None:
        """Judge, where it is time and the meters were read; the verdict goes to the run."""
        watched, seen = self._watched, self._known.metered
        if watched is None:
            return
        if self._known.proven is None:
            self.forget()
            return
        if seen is not None and watched.first is None and seen.at >= watched.since:
            watched.first = seen
        late = self._monotonic() - watched.due
        if late < 0:
            return
        fresh = seen if seen and self._recorder.now() - seen.at <= LATE else None
        if fresh is None and self._gateway.limits.free_reads and late < LATE.total_seconds():
            return
        if fresh is watched.first:
            watched.first = None
        verdict = judge(watched.setting, watched.first, fresh)
        if reason := self.in_the_way():
            verdict = replace(verdict, effect=Effect.CANNOT_TELL, why=reason)
        await self._tell(watched, verdict)

    async def _tell(self, watched: _Watched, verdict: Verdict) -> None:
        self._watched, self.last = None, verdict
        now = self._recorder.now()
        if verdict.effect is Effect.SEEN:
            self.not_seen, self.since = 0, None
        if verdict.effect is Effect.NOT_SEEN:
            self.not_seen += 1
            self.since = self.since or now
            self.doubts = self.not_seen < TIMES
            log.warning("%s has no effect: %s", watched.setting.words(), verdict.why)
        after = round((now - watched.since).total_seconds())
        told = {**verdict.to_json(), "after_seconds": after}
        if self.since is not None:
            told |= {TIMES_KEY: self.not_seen, "since": clock.iso(self.since)}
        await watched.run.evidence(EFFECT, told)
