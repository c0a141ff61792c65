"""The gateway's own firmware updating, from the check to the version that comes back.

The resting bodies are captured; the states on the way have only been seen in the portal's code,
so their timing and which keys they carry are synthetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from scheduler.simulated.timepiece import Instant

Found = Literal["none", "error", "ignoring", "staged", "download", "stalled"]
FOUND: Final[tuple[Found, ...]] = ("none", "error", "ignoring", "staged", "download", "stalled")
"""What a check can find: nothing, no connection, no wish to look, a package that is there
already, one that must be downloaded, one whose download does not go on."""

CHECKING: Final = "/clear_update_status"
DOWNLOADING: Final = "/download"
DOWNLOADED: Final = "/update_downloaded"
STAGED: Final = "/update_staged"
SUCCEEDED: Final = "/update_succeeded"
FAILED: Final = "/update_failed"
_EXPECTED_BYTES: Final = 104_857_600
_STALLED_BYTES: Final = _EXPECTED_BYTES // 5
_FOR_EVER: Final = float("inf")


@dataclass(slots=True)
class Updates:
    """Where an update stands; `check_seconds` and `download_seconds` are machine time."""

    state: str
    status: str | None
    last_news: datetime
    """When the gateway last had news of updates."""
    check_seconds: float = 2.0
    download_seconds: float = 4.0
    _plan: list[tuple[float, str, str | None]] = field(default_factory=list)
    _download_began: Instant | None = None
    _stalled: bool = False

    def check(self, found: Found, moment: Instant) -> None:
        self._enter(CHECKING, None, moment)
        done = moment.elapsed + self.check_seconds
        self._stalled = found == "stalled"
        self._plan = list(self._course(found, done))

    def advance(self, moment: Instant) -> None:
        """Take the steps that are due."""
        while self._plan and self._plan[0][0] <= moment.elapsed:
            due, state, status = self._plan.pop(0)
            late = timedelta(seconds=moment.elapsed - due)
            self._enter(state, status, Instant(moment.instant - late, due))

    def ignore(self, moment: Instant) -> None:
        self._plan.clear()
        self._enter(FAILED, "ignoring", moment)

    def installed(self, moment: Instant) -> None:
        self._plan.clear()
        self._enter(SUCCEEDED, "nonactionable", moment)

    def info(self, moment: Instant) -> dict[str, object]:
        """The `info` object of the status."""
        status = None if self.status is None else [self.status]
        if self.state != DOWNLOADING:
            return {"status": status}
        return {
            "status": status,
            "expected_bytes": [str(_EXPECTED_BYTES)],
            "got_bytes": [str(self._got(moment))],
            "offset_bytes": ["0"],
        }

    def rate(self) -> int | None:
        """Bytes in a second while it downloads."""
        if self.state != DOWNLOADING:
            return None
        return 0 if self._stalled else round(_EXPECTED_BYTES / max(self.download_seconds, 0.001))

    def download_times(self, moment: Instant) -> tuple[datetime, datetime] | None:
        """When the download began and when it last moved."""
        if self.state != DOWNLOADING or self._download_began is None:
            return None
        begun = self._download_began.instant
        return begun, begun + timedelta(seconds=1) if self._stalled else moment.instant

    def _course(self, found: Found, done: float) -> Sequence[tuple[float, str, str | None]]:
        if found == "staged":
            return [(done, STAGED, None)]
        if found in ("download", "stalled"):
            fetched = done + (_FOR_EVER if found == "stalled" else self.download_seconds)
            staged = fetched + self.check_seconds / 2
            return [(done, DOWNLOADING, None), (fetched, DOWNLOADED, None), (staged, STAGED, None)]
        return [(done, FAILED, "nonactionable" if found == "none" else found)]

    def _enter(self, state: str, status: str | None, moment: Instant) -> None:
        self.state, self.status, self.last_news = state, status, moment.instant
        if state == DOWNLOADING:
            self._download_began = moment

    def _got(self, moment: Instant) -> int:
        if self._stalled or self._download_began is None:
            return _STALLED_BYTES
        part = (moment.elapsed - self._download_began.elapsed) / max(self.download_seconds, 0.001)
        return int(_EXPECTED_BYTES * min(1.0, part))
