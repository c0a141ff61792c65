"""The setting being made true, how far that has come, and how it is told in the journal."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scheduler import clock
from scheduler.audit.intent import Intent
from scheduler.errors import NotConfirmedError
from scheduler.plan import Desired
from scheduler.setting import HOLD, Setting
from scheduler.site.apply import Attempt
from scheduler.site.backoff import Backoff
from scheduler.words import Outcome, Wake

log = logging.getLogger(__name__)

DONE: Final = frozenset({Outcome.CONFIRMED, Outcome.UNCHANGED, Outcome.DRY_RUN})


@dataclass(slots=True)
class Wish:
    """The setting being made true, and how far that has come."""

    desired: Desired
    began: datetime | None
    """Since when it is planned; None where for longer than anybody looks back."""
    setting: Setting
    """As wanted; a hold is replaced by its percentage once that is known."""
    lacking_since: datetime | None
    """Since when it is wanted and not in force, as far as is known; None while it is."""
    attempts: int = 0
    alike: int = 0
    """How many of the last attempts ended with the same outcome."""
    last: Attempt | None = None
    number: int | None = None
    """The run of the last attempt."""
    started_at: datetime | None = None
    not_before: float = 0.0
    """Monotonic seconds before which no further attempt is made."""
    _ended: Outcome | None = None
    """How the attempt before ended; `last` may meanwhile wait to be confirmed."""

    @property
    def done(self) -> bool:
        return self.last is not None and (self.last.outcome in DONE or self.last.left is not None)

    @property
    def deferred(self) -> bool:
        """Whether something that ends by itself holds it back; then it is woken when it ends."""
        return self.last is not None and self.last.outcome is Outcome.DEFERRED

    @property
    def over(self) -> bool:
        """Whether nothing of it is under way or owed."""
        return self.last is None or self.done or self.last.outcome is Outcome.SUPERSEDED

    @property
    def unverified(self) -> bool:
        """Whether all that could be read was equal, and a part of it cannot be read."""
        last = self.last
        return (
            last is not None
            and last.outcome is Outcome.UNCONFIRMED
            and last.error is None
            and last.note is not None
        )

    @property
    def in_vain(self) -> int:
        """How many writes in a row were accepted and did not take."""
        return self.alike if self.last and isinstance(self.last.error, NotConfirmedError) else 0

    @property
    def hold_from(self) -> str | None:
        """When the hold began, as the audit keeps it; None where it is no hold."""
        if self.desired.setting.reserve != HOLD:
            return None
        return clock.iso(self.began) if self.began else "always"

    @property
    def denies_for_hold(self) -> bool:
        """Whether grid charging is denied only to hold the charge."""
        return self.setting.grid_charging is not self.desired.setting.grid_charging is None

    def is_for(self, desired: Desired, began: datetime | None) -> bool:
        """Whether this is still what is wanted; a hold is another once another rule begins."""
        if self.desired.setting != desired.setting:
            return False
        same_rule = (self.began, self.desired.rule) == (began, desired.rule)
        return same_rule or desired.setting.reserve != HOLD

    def intent(self, wake: Wake, *, gateway: str, schedule: str, planned: bool) -> Intent:
        """What the audit keeps before the first request. `planned`: its boundary called for it."""
        desired = self.desired
        return Intent(
            kind="switch",
            name=desired.rule,
            wake=wake,
            gateway=gateway,
            planned_at=self.began if planned else None,
            attempt=self.attempts,
            wanted=self.setting,
            period=desired.period,
            season=desired.season,
            day_class=desired.day_class.value,
            schedule=schedule,
            more={"lease": desired.lease} if desired.lease else {},
        )

    def take(self, result: Attempt, now: datetime) -> None:
        """Keep how the newest attempt stands."""
        self.alike = self.alike + 1 if self._ended is result.outcome else 1
        self.last, self.setting, self._ended = result, result.setting, result.outcome
        if self.done:
            self.lacking_since, self.not_before = None, 0.0
        elif self.lacking_since is None:
            self.lacking_since = now


@dataclass(frozen=True, slots=True)
class Conduct:
    """How the controller behaves; the settings' values in seconds."""

    backoff: Backoff
    dry_run: bool = False
    readings_keep: int | None = None
    """After so many days one reading an hour is left."""
    soft_restart: bool = False
    """Whether the device's own process may be stopped and run for a setting that does not take."""
    pulse: float = 30.0


def tell(wish: Wish, result: Attempt) -> None:
    """One line in the journal per attempt, loud where a person must act, and then once."""
    what = f"{wish.desired.rule}: {result.setting.words()}"
    said = result.error or result.note or ""
    if result.outcome in DONE or result.outcome is Outcome.ACCEPTED:
        log.info("%s -> %s", what, result.outcome.value)
    elif result.outcome is Outcome.REFUSED:
        repeated = wish.last is not None and str(wish.last.error) == str(result.error)
        log.log(logging.INFO if repeated else logging.ERROR, "%s -> refused: %s", what, said)
    else:
        log.warning("%s -> %s: %s", what, result.outcome.value, said)
