"""Whether the clock can be believed at start.

A Raspberry Pi without a clock chip starts at the last saved time after a power cut, and would
apply the wrong period with full conviction. A power cut is also when the internet may be gone for
hours, and then holding for ever would be as wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from scheduler import clock
from scheduler.audit.intent import Ended, Intent
from scheduler.audit.recorder import Recorder
from scheduler.gateway.base import Gateway
from scheduler.words import Outcome, Wake

log = logging.getLogger(__name__)

# NTP slews by fractions of a second; a step back of this size is no wrong clock.
TOLERANCE = timedelta(seconds=2)
# Power is back, the internet is not: after this long act on a clock that is at least not earlier
# than what was already recorded.
PATIENCE = timedelta(minutes=10)


def doubt(
    now: datetime,
    *,
    last_entry: datetime | None,
    synchronised: bool | None,
    waited: timedelta,
) -> str | None:
    """Why the clock is not to be trusted yet, in words; None when it is.

    `synchronised` is True or False where a time service says so, None where none can be asked.
    `waited` is how long we have been holding, by the monotonic clock.
    """
    if last_entry is not None and now < last_entry - TOLERANCE and synchronised is not True:
        return (
            f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, which is earlier than the last entry of "
            f"the audit, {last_entry:%Y-%m-%d %H:%M:%S} UTC; set the clock"
        )
    if synchronised is False and waited < PATIENCE:
        return (
            "the clock is not synchronised yet; waiting for the time service, ten minutes at most"
        )
    return None


class Trust:
    """Asks about the clock until it is trusted; each change is recorded once.

    A clock that was trusted stays so: one that is stepped back while we run was set by somebody
    who knows better, and what it says now is what must be true now.
    """

    def __init__(
        self,
        recorder: Recorder,
        gateway: Gateway,
        synchronised: Callable[[], bool | None],
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self.held: str | None = None
        """Why nothing is done at present."""
        # A simulation has nothing at stake, and a person is watching it.
        self.given_once = gateway.simulated
        self._simulated = gateway.simulated
        self._gateway = gateway.name
        self._recorder = recorder
        self._synchronised = synchronised
        self._monotonic, self._began = monotonic, monotonic()
        self.held_since: datetime | None = None

    def waited(self) -> float:
        """Seconds since the start, by a clock that nobody sets."""
        return self._monotonic() - self._began

    async def given(self, now: datetime, wake: Wake, *, rule: str) -> bool:
        """Whether to act by this clock. `rule` is what waits for it."""
        if self._simulated or self.given_once:
            return True
        last_entry = await self._recorder.ask(self._recorder.questions.last_at)
        waited = timedelta(seconds=self.waited())
        reason = doubt(now, last_entry=last_entry, synchronised=self._synchronised(), waited=waited)
        await self._tell(reason, wake, rule=rule, waited=waited)
        self.held, self.given_once = reason, reason is None
        self.held_since = None if reason is None else self.held_since or now
        return reason is None

    async def _tell(self, reason: str | None, wake: Wake, *, rule: str, waited: timedelta) -> None:
        if reason is None and self.held is not None:
            seconds = round(waited.total_seconds())
            await self._recorder.event("clock", "trusted", {"waited_seconds": seconds})
        if reason is None or self.held is not None:
            return
        log.warning("holding: %s", reason)
        await self._recorder.decided(
            Ended(outcome=Outcome.DEFERRED, error=f"Nothing is done while {reason}."),
            Intent(kind="switch", name=rule, wake=wake, gateway=self._gateway),
        )
