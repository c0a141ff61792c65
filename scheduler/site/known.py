"""What a site knows of its gateway from every exchange with it: the newest reading, what was
proven, whether it answers, and who else writes. Decides nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from scheduler import clock
from scheduler.audit import review
from scheduler.audit.chain import Json
from scheduler.audit.intent import Ended, Intent
from scheduler.audit.recorder import Recorder, Run
from scheduler.errors import (
    BudgetSpentError,
    GatewayError,
    GatewayIdentityError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Gateway, Part, Reading, Spend, Steps
from scheduler.setting import Setting
from scheduler.site.effect import Metered, metered
from scheduler.site.meters import Meters
from scheduler.site.state import LastRead, Proven

log = logging.getLogger(__name__)


class Known:
    """The memory of one site; it begins empty at each start."""

    def __init__(self, gateway: Gateway, recorder: Recorder) -> None:
        self.read: LastRead | None = None
        self.proven: Proven | None = None
        self.reachable: bool | None = None
        self.since: datetime | None = None
        """Since when it answers, or does not."""
        self.error: GatewayError | None = None
        """Of the newest exchange."""
        self.unread_since: datetime | None = None
        """Since when every exchange ended in an error; None while they end well."""
        self.health: Reading | None = None
        """The newest that tells of grid, update and what is in the way."""
        self.metered: Metered | None = None
        """What the meters showed last."""
        self.meters = Meters(gateway.name, recorder)
        self.unwritten: list[tuple[Run, Ended]] = []
        """Runs that are over, whose outcome the audit could not take."""
        self.last_run: Mapping[str, Any] | None = None
        self.runs = 0
        """How many have ended since the start."""
        self.firmware: str | None = None
        self._gateway, self._recorder = gateway, recorder
        self._told_of_another = False
        """Whether it was told that another certificate answers, since it was lost."""

    async def remember(self) -> None:
        """Take the newest run and the firmware last met from the audit, at a start."""
        questions, site = self._recorder.questions, self._recorder.site
        self.last_run, self.firmware = await self._recorder.ask(
            lambda: (review.last_run(questions.database, site), questions.firmware())
        )

    async def reading(self, steps: Steps, *, spend: Spend, want: frozenset[Part]) -> Reading:
        """Read, and remember what was read. Raises GatewayError, which is remembered as well."""
        try:
            found = await self._gateway.read(steps, spend=spend, want=want)
        except GatewayError as error:
            await self.met(error)
            raise
        if Part.HEALTH in want:
            self.health = found
        self.metered = metered(found) or self.metered
        await self.meters.keep(found, anyway=spend is Spend.DUE)
        if (found.setting, found.charge, found.running) != (None, None, None):
            old = self.read or LastRead(found.at, None, None, None)
            self.read = LastRead(
                found.at,
                found.setting or old.setting,
                old.charge if found.charge is None else found.charge,
                old.running if found.running is None else found.running,
            )
            await self.met(None)
        if found.firmware is not None and found.firmware != self.firmware:
            before, self.firmware = self.firmware, found.firmware
            told: dict[str, Json] = {"firmware": found.firmware, "before": before}
            await self._recorder.event("gateway", "firmware", told)
        return found

    async def met(self, error: GatewayError | None) -> None:
        """Remember how an exchange ended; contact lost and regained is an event, once."""
        now, was = self._recorder.now(), self.reachable
        self.error = error
        # Not later than now: a clock that was set back must not keep this from being told.
        self.unread_since = None if error is None else min(self.unread_since or now, now)
        if isinstance(error, BudgetSpentError):
            return
        another = isinstance(error, GatewayIdentityError)
        gone = another or isinstance(error, GatewayUnreachableError)
        since, self.reachable = self.since, not gone
        if was is not self.reachable:
            self.since = now
        if gone and was is not False:
            what = "is not the paired one" if another else "does not answer"
            log.warning("the gateway %s: %s", what, error)
            detail = {"gateway": self._gateway.name, "error": str(error)}
            await self._recorder.event("gateway", "lost", detail)
        elif another and not self._told_of_another:
            log.warning("the gateway is not back: %s", error)
        self._told_of_another = gone and (another or self._told_of_another)
        if not gone and was is False and since is not None:
            seconds = round((now - since).total_seconds())
            log.info("the gateway answers again after %s s", seconds)
            back: dict[str, Json] = {"gateway": self._gateway.name, "seconds": seconds}
            await self._recorder.event("gateway", "back", back)

    def prove(self, rule: str, setting: Setting, at: datetime, run: int | None) -> None:
        """Keep that a setting was read back equal; since when it is so without a break."""
        if self.proven is not None and self.proven.setting == setting:
            self.proven = replace(self.proven, rule=rule)
            return
        self.proven = Proven(rule, setting, at, run)

    def doubt(self) -> None:
        """Something speaks against what was proven."""
        self.proven = None

    def ended(self, intent: Intent, ended: Ended, *, run: int, started: datetime) -> None:
        """Keep the newest run, as `audit --format json` has it without its steps."""
        self.runs += 1
        detail = {**intent.detail(), **ended.detail()}
        self.last_run = {
            "run": run,
            "site": self._recorder.site,
            "kind": intent.kind,
            "name": intent.name,
            "wake": intent.wake.value,
            "planned_at": detail["planned_at"],
            "started_at": clock.iso(started),
            "finished_at": clock.iso(self._recorder.now()),
            "outcome": ended.outcome.value,
            "wanted": detail["wanted"],
            "observed": detail["observed"],
            "attempt": intent.attempt,
            "error": ended.error,
        }
