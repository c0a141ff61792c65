"""The setting being made true, how far that has come, and how it is told in the journal."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from scheduler import clock
from scheduler.plan import Desired
from scheduler.setting import Setting
from scheduler.site import switch
from scheduler.site.backoff import Backoff
from scheduler.site.switch import Attempt, describe
from scheduler.words import Outcome

log = logging.getLogger(__name__)

DONE = frozenset({Outcome.CONFIRMED, Outcome.UNCHANGED, Outcome.DRY_RUN})


@dataclass(slots=True)
class Wish:
    """The setting being made true, and how far that has come."""

    desired: Desired
    began: datetime | None
    setting: Setting
    """As wanted; a hold is replaced by its percentage once that is known."""
    attempts: int = 0
    last: Attempt | None = None
    not_before: float = 0.0
    """Monotonic seconds before which no further attempt is made."""

    @property
    def done(self) -> bool:
        return self.last is not None and self.last.outcome in DONE

    @property
    def superseded(self) -> bool:
        return self.last is not None and self.last.outcome is Outcome.SUPERSEDED


@dataclass(frozen=True, slots=True)
class Conduct:
    """How the controller behaves; the settings' values in seconds."""

    backoff: Backoff
    dry_run: bool = False
    confirm_seconds: float = switch.CONFIRM_SECONDS


def began_text(began: datetime | None) -> str:
    return clock.iso(began) if began else "always"


def instant_text(instant: datetime | None) -> str | None:
    return clock.iso(instant) if instant else None


def tell(wish: Wish, result: Attempt) -> None:
    """One line in the journal per attempt, loud where a person must act."""
    wanted = describe(result.setting)
    reserve = wanted["reserve_percent"]
    what = f"{wish.desired.rule}: {wanted['mode']}, " + (
        "hold" if reserve is None else f"{reserve:g} %"
    )
    if result.outcome in DONE:
        log.info("%s -> %s", what, result.outcome.value)
    elif result.outcome is Outcome.REFUSED:
        log.error("%s -> refused: %s", what, result.error)
    else:
        log.warning("%s -> %s: %s", what, result.outcome.value, result.error or result.note or "")
