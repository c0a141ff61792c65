"""Where the pages have their facts from: the service's answer and the audit, both handed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from scheduler.audit.database import Database, open_to_look
from scheduler.audit.views import RunView
from scheduler.errors import SchedulerError
from scheduler.outlets.hindsight import Hindsight, Life, Outline, Then, hindsight, outline

State = Mapping[str, Any]

_UNHEARD: Final = frozenset({"not_running", "silent"})


@dataclass(frozen=True, slots=True)
class Source:
    """All that the pages may ask."""

    site: str
    database: Path
    file: Path
    """Of the schedule, as the settings name it."""
    zone: ZoneInfo
    now: Callable[[], datetime]
    state: Callable[[datetime], State]
    """The site's state in JSON, of the service or, without one, of the audit."""
    life: Callable[[], Life]
    sheet: Callable[[Sequence[RunView]], str]
    """Runs as CSV."""
    others: Callable[[], Sequence[State]] = tuple
    """The states of further sites that the service runs."""
    doctor: Callable[[], Mapping[str, Any]] = dict
    """What `tou doctor` finds in what the running service knows; empty without one."""
    patience: timedelta = timedelta(minutes=10)
    """How long the controller may be without a turn before it counts as hanging."""
    hidden: Callable[[], Collection[str]] = tuple
    """Values that are never to leave the house, known only to be struck out."""
    days: dict[object, Any] = field(default_factory=dict, compare=False)
    """What was last counted of many days, under what it follows from."""
    closed: deque[Database] = field(default_factory=lambda: deque(maxlen=1), compare=False)
    """The audit as the last answer left it, for one answer at a time."""

    @contextmanager
    def audit(self) -> Iterator[Database]:
        """The audit as it stands, for as long as one answer takes: a file that was restored or
        upgraded meanwhile is seen with the next. Raises SchedulerError where there is none."""
        last = None
        with suppress(IndexError):
            last = self.closed.pop()
        database = open_to_look(self.database, again=last)
        if database is None:
            raise SchedulerError(f"No audit yet at {self.database}. `tou run` begins one.")
        with closing(database):
            yield database
        self.closed.append(database)

    def hindsight(self, start: datetime, end: datetime, now: datetime) -> Hindsight:
        """What the audit knows of a stretch of time."""
        with self.audit() as database:
            return hindsight(database, self.site, start, end, now=now, life=self.life())

    def outline(self, start: datetime, end: datetime, now: datetime) -> Outline:
        """What the audit knows of a long time."""
        with self.audit() as database:
            return outline(database, self.site, start, end, now=now, life=self.life())

    def in_force(self, now: datetime) -> Then:
        """The schedule in force, as the audit has it."""
        return self.outline(now, now, now).thens[-1]


def turning(state: State) -> bool:
    """Whether the running service itself gave this state."""
    ids = {reason["id"] for reason in state["health"]["details"]}
    return bool(state["service"]["running"]) and not ids & _UNHEARD


def as_wanted(state: State) -> bool:
    """Whether all that is wanted was read back equal. A reserve that a hold has yet to resolve is
    the one of the proof."""
    wanted, confirmed = state.get("wanted"), state.get("confirmed")
    if not wanted or not confirmed:
        return False
    keys = [key for key in ("mode", "reserve_percent", "grid_charging", "export") if key in wanted]
    open_to = [key for key in keys if wanted[key] == "hold"]
    return all(wanted[key] == confirmed.get(key) for key in keys if key not in open_to)
