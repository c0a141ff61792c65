"""How often a wrong password may be tried. Knows no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

WINDOW: Final = 900.0
"""Seconds for which a failure counts."""
FROM_ONE: Final = 5
"""Failures that one address may have in the window; a person who mistypes needs fewer."""
FROM_ALL: Final = 30
"""Failures of all addresses together: guessing from many is no faster."""


class Attempts:
    """Counts failures. An attempt counts as one from its beginning until it is known to be none, so
    that many at once are no way around."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failed: deque[tuple[float, str]] = deque()

    def wait(self, address: str) -> float:
        """Seconds until this address may try again; 0 now."""
        now = self._monotonic()
        while self._failed and now - self._failed[0][0] > WINDOW:
            self._failed.popleft()
        ours = [at for at, other in self._failed if other == address]
        waits = [0.0]
        if len(ours) >= FROM_ONE:
            waits.append(ours[-FROM_ONE] + WINDOW - now)
        if len(self._failed) >= FROM_ALL:
            waits.append(self._failed[-FROM_ALL][0] + WINDOW - now)
        return max(waits)

    def begin(self, address: str) -> None:
        """An attempt, taken for a failure."""
        self._failed.append((self._monotonic(), address))

    def succeeded(self, address: str) -> None:
        """It was none, and neither were those before it: a person remembered."""
        self._failed = deque(each for each in self._failed if each[1] != address)
