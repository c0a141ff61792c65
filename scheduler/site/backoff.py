"""How long to wait before the next attempt. No wait is for ever: what is wrong may be mended."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from scheduler.errors import GatewayError, GatewayIdentityError
from scheduler.words import Outcome

MOST: Final = 15 * 60.0
"""The longest wait of all, whatever a gateway asks for: a Retry-After of years is a fault of its
own, and rate limits clear after 10 to 30 minutes."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling from `first` seconds, with a quarter of jitter either way and never past `most`."""

    first: float
    most: float

    def delay(self, attempt: int) -> float:
        """Seconds to wait after the attempt of this number, counted from 1."""
        plain = min(self.first * 2.0 ** min(attempt - 1, 30), self.most)
        jitter = random.uniform(0.75, 1.25)  # noqa: S311 -- spreads load, guards nothing
        return min(plain * jitter, self.most)


# A refusal needs a person; that they mended it is found within five minutes at first, and later
# seldom, since a burst of wrong passwords locks the right one out too.
REFUSED: Final = Backoff(225.0, MOST)
# A certificate is looked at without a login, so it costs nothing to look again soon.
IDENTITY: Final = Backoff(60.0, 60.0)
# A battery that stands still is not left to stand: nothing else may lengthen this.
DEBT: Final = Backoff(2.0, 30.0)
# But where the gateway refuses what would bring it back, each try is a login that stops it anew
# (sessions that die at once, reads that stay forbidden for hours): 49 in ten minutes.
DEBT_REFUSED: Final = Backoff(2.0, 240.0)
# Nor where the login of that try is not answered: it may have arrived and stopped the battery, and
# a burst of logins locks every one out for ten minutes, in which nothing can bring it back.
DEBT_UNANSWERED: Final = Backoff(2.0, 120.0)


def wait_after(
    outcome: Outcome, error: GatewayError | None, *, attempt: int, plain: Backoff
) -> float:
    """Seconds to wait after an attempt that did not succeed; `attempt` counts alike ones."""
    if isinstance(error, GatewayIdentityError):
        return IDENTITY.delay(1)
    backoff = REFUSED if outcome is Outcome.REFUSED else plain
    asked = (error.retry_after if error else None) or 0.0
    return min(max(backoff.delay(attempt), asked), MOST)
