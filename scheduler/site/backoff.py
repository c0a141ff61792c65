"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from dataclasses import dataclass

# A refusal needs a person, so looking again soon is of no use; never looking again would miss
# that they mended it on the gateway's side (facts of 2023-2025: passwords come back after a
# reset, rate limits clear after 10 to 30 minutes).
REFUSED_WAIT = 30 * 60.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling from `first` to `most` seconds, with a quarter of jitter either way."""

    first: float
    most: float

    def delay(self, attempt: int) -> float:
        """Seconds to wait after the attempt of this number, counted from 1."""
        plain = min(self.first * 2.0 ** min(attempt - 1, 30), self.most)
        return plain * random.uniform(0.75, 1.25)  # noqa: S311 -- spreads load, guards nothing
