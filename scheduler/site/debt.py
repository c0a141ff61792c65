"""A battery that stands still, perhaps because of us: it is seen running before anything else.

No refusal, back-off or budget holds this up; it has a short back-off of its own.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from scheduler.audit.intent import Ended, Intent
from scheduler.audit.recorder import Recorder
from scheduler.errors import GatewayError, GatewayRefusedError, GatewayUnreachableError
from scheduler.gateway.base import Gateway
from scheduler.site import act
from scheduler.site.apply import outcome_of
from scheduler.site.backoff import DEBT, DEBT_REFUSED, DEBT_UNANSWERED, Backoff
from scheduler.site.known import Known
from scheduler.words import Outcome, Wake

log = logging.getLogger(__name__)


class Debt:
    """What is owed to the battery, and the paying of it."""

    def __init__(
        self, gateway: Gateway, recorder: Recorder, known: Known, monotonic: Callable[[], float]
    ) -> None:
        self.not_before = 0.0
        """Monotonic seconds before which a pulse does not try again."""
        self.since: datetime | None = None
        self._gateway, self._recorder = gateway, recorder
        self._known, self._monotonic = known, monotonic
        self._found: str | None = None
        self._attempts = 0
        self._failed: Counter[Backoff] = Counter()
        """How often it failed, by what must follow."""

    @property
    def owed(self) -> str | None:
        """Why the battery may stand still; None where it is known to run."""
        return self._gateway.unsafe or self._found

    def find(self, reason: str) -> None:
        """Owe it for a reason that the gateway itself does not remember."""
        self._found = reason

    def due(self) -> bool:
        """Whether the back-off is over."""
        return self._monotonic() >= self.not_before

    async def paid(self, wake: Wake) -> bool:
        """Whether the battery is seen running; brings it back where it is not, on the record."""
        if not self.owed:
            return True
        if wake is Wake.PULSE and not self.due():
            return False
        self.since = self.since or self._recorder.now()
        self._attempts += 1
        error = await self._pay(wake)
        if error is not None or self._gateway.unsafe is not None:
            backoff = _after(error)
            self._failed[backoff] += 1
            self.not_before = self._monotonic() + backoff.delay(self._failed[backoff])
            return False
        self._found, self._attempts, self.since, self.not_before = None, 0, None, 0.0
        self._failed.clear()
        return True

    async def _pay(self, wake: Wake) -> GatewayError | None:
        intent = Intent(
            kind="sitemaster_run",
            name="recovery",
            wake=wake,
            gateway=self._gateway.name,
            attempt=self._attempts,
            more={"reason": self.owed},
        )
        paying = await act.begin(self._recorder, self._known, intent)
        error: GatewayError | None = None
        try:
            await self._gateway.make_safe(paying.run)
        except GatewayError as caught:
            log.error("the battery may be stopped: %s", caught)  # noqa: TRY400 -- no traceback
            error = caught
        await self._known.met(error)
        outcome = outcome_of(error) if error else Outcome.COMPLETED
        await paying.end(Ended(outcome=outcome, error=str(error) if error else None))
        return error


def _after(error: GatewayError | None) -> Backoff:
    """Each kind of failure has its own count, so that one kind does not make another hasty."""
    if isinstance(error, GatewayRefusedError):
        return DEBT_REFUSED
    unanswered = isinstance(error, GatewayUnreachableError) and error.delivered == "unknown"
    return DEBT_UNANSWERED if unanswered else DEBT
