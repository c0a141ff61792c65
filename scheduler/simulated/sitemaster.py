"""The process that runs the battery: up, down, and the seconds in between."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class SimulatedSitemaster:
    """Up at first. All times are elapsed seconds of the device."""

    up_since: float = 0.0
    _up: bool = True
    _fails_at: float | None = None
    _plan: list[tuple[float, bool]] = field(default_factory=list)
    _history: list[tuple[float, bool]] = field(default_factory=lambda: [(0.0, True)])

    def running(self, elapsed: float) -> bool:
        """Whether it is up; planned changes that are due take place."""
        fails_at = self._fails_at
        if fails_at is not None and fails_at <= elapsed:
            self._fails_at = None
            self.halt(fails_at)
        while self._plan and self._plan[0][0] <= elapsed:
            self._become(*self._plan.pop(0))
        return self._up

    @property
    def wanted(self) -> bool:
        """Whether it is up or will be; the gateway's run flag."""
        return self._plan[-1][1] if self._plan else self._up

    def run(self, elapsed: float, *, seconds: float) -> None:
        """Start it, after a stop that is under way; it is up `seconds` later."""
        self._change(elapsed, seconds, up=True)

    def stop(self, elapsed: float, *, seconds: float) -> None:
        self._change(elapsed, seconds, up=False)

    def fail(self, at: float) -> None:
        """It will go down by itself: nobody asked, so a run that is sent before does not help."""
        self._fails_at = at

    def halt(self, elapsed: float) -> None:
        """Take it down now, and forget a start that is under way."""
        self.running(elapsed)
        self._plan.clear()
        if self._up:
            self._become(elapsed, False)

    def share_up(self, since: float, until: float) -> float:
        """Which part of the stretch it was up, 0 to 1; older history is dropped."""
        self.running(until)
        if until <= since:
            return float(self._up)
        total = 0.0
        ends = [at for at, _ in self._history[1:]] + [until]
        for (begin, up), end in zip(self._history, ends, strict=True):
            total += max(0.0, min(end, until) - max(begin, since)) * up
        self._history = [self._history[-1]]
        return total / (until - since)

    def _change(self, elapsed: float, seconds: float, *, up: bool) -> None:
        self.running(elapsed)
        if self.wanted == up:
            return
        begin = self._plan[-1][0] if self._plan else elapsed
        self._plan.append((begin + seconds, up))

    def _become(self, at: float, up: bool) -> None:
        self._up = up
        self._history.append((at, up))
        if up:
            self.up_since = at
