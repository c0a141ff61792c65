"""What the audit knows around an instant, put together for `explain` and for pictures of a day.

Reads the audit and nothing else, but for the text of the schedule of then, which it has too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Final

from scheduler.audit import review
from scheduler.audit.answers import Event
from scheduler.audit.database import Database
from scheduler.audit.questions import Questions
from scheduler.audit.readings import KeptReading
from scheduler.audit.views import RunView
from scheduler.errors import Problem, ScheduleError
from scheduler.outlets.watched import Gap, gaps
from scheduler.plan import Lease
from scheduler.schedule.load import Loaded, parse_schedule
from scheduler.schedule.values import Schedule
from scheduler.site.asked import LONGEST
from scheduler.site.leases import KIND, REMEMBERED, Kept, kept

LOOKED_BACK: Final = timedelta(days=40)
"""So far back the starts and stops are read: a start tells of the gap before it."""
MOST_RUNS: Final = 500


@dataclass(frozen=True, slots=True)
class Then:
    """A schedule as it was in force."""

    digest: str | None = None
    """The beginning of it; None where nothing tells."""
    since: datetime | None = None
    schedule: Schedule | None = None
    text: str | None = None
    problem: str | None = None
    """Why it cannot be read any more."""
    doubts: tuple[Problem, ...] = ()
    """What was doubtful about it when it was read."""


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What is known of a site between two instants."""

    site: str
    start: datetime
    end: datetime
    now: datetime
    thens: tuple[Then, ...]
    """The schedules in force between them, in their order; never none."""
    leases: tuple[Lease, ...]
    kept: tuple[Kept, ...]
    runs: tuple[RunView, ...]
    """Those that began between them, and before them the last that was proven."""
    gaps: tuple[Gap, ...]
    readings: tuple[KeptReading, ...]
    guards: tuple[Event, ...]
    """As they came into force and went out of it, with their `state`: on or off."""
    starts: tuple[datetime, ...]
    """Of the service."""
    firmware: str | None
    gateway: str | None

    def then(self, at: datetime) -> Then:
        """The schedule in force at an instant."""
        begun = [each for each in self.thens if each.since is None or each.since <= at]
        return begun[-1] if begun else self.thens[0]


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a long time, without its runs."""

    start: datetime
    end: datetime
    """Not after now."""
    thens: tuple[Then, ...]
    leases: tuple[Lease, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """Whether the service runs now, and its last sign of life."""

    running: bool
    seen: datetime | None


def hindsight(
    database: Database,
    site: str,
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    life: Life,
) -> Hindsight:
    """What the audit knows between two instants. Raises AuditUnwritableError."""
    questions = Questions(database, site)
    service = questions.events("service", start - LOOKED_BACK)
    found = kept(questions.events(KIND, start - LONGEST - REMEMBERED, end))
    proven = _proven(database, questions, start)
    during = review.runs(database, site=site, since=start, until=end, limit=MOST_RUNS)
    runs = (*([proven] if proven else []), *during)
    return Hindsight(
        site=site,
        start=start,
        end=end,
        now=now,
        thens=_thens(questions, service, runs, start, end),
        leases=tuple(each.lease for each in found),
        kept=found,
        runs=runs,
        gaps=_gaps(questions, service, start, life),
        readings=tuple(questions.readings(start, end)),
        guards=tuple(questions.events("guard", start - LOOKED_BACK, end)),
        starts=tuple(each.at for each in service if each.name == "start"),
        firmware=questions.firmware(end),
        gateway=next((run.gateway for run in reversed(runs) if run.gateway), None),
    )


def outline(
    database: Database, site: str, start: datetime, end: datetime, *, now: datetime, life: Life
) -> Outline:
    """What the audit knows of a long time. Raises AuditUnwritableError."""
    questions, end = Questions(database, site), min(end, now)
    service = questions.events("service", start - LOOKED_BACK)
    leases = kept(questions.events(KIND, start - LONGEST - REMEMBERED, end))
    return Outline(
        start=start,
        end=end,
        thens=_thens(questions, service, (), start, end),
        leases=tuple(each.lease for each in leases),
        gaps=_gaps(questions, service, start, life),
    )


def unwatched(database: Database, site: str, since: datetime, life: Life) -> tuple[Gap, ...]:
    """When nobody watched, from an instant on. Raises AuditUnwritableError."""
    questions = Questions(database, site)
    service = questions.events("service", since - LOOKED_BACK)
    return _gaps(questions, service, since, life)


def _gaps(
    questions: Questions, service: Sequence[Event], start: datetime, life: Life
) -> tuple[Gap, ...]:
    read = questions.last_reading()
    signs = (life.seen, questions.last_at(), read.at if read else None)
    return gaps(
        service,
        questions.events("clock", start - timedelta(days=1)),
        running=life.running,
        seen=max((each for each in signs if each), default=None),
    )


def _proven(database: Database, questions: Questions, before: datetime) -> RunView | None:
    """The last proof before the stretch; one that is older than it is looked back tells nothing."""
    number = questions.proven_before(before, before - LOOKED_BACK)
    return None if number is None else review.run(database, number)


def _thens(
    questions: Questions,
    service: Sequence[Event],
    runs: Sequence[RunView],
    start: datetime,
    end: datetime,
) -> tuple[Then, ...]:
    """The schedules in force: by the starts and reloads, and by what runs say."""
    told = [
        (each.at, each.detail.get("digest") or each.detail.get("to"))
        for each in (*service, *questions.events("reload", start - LOOKED_BACK, end))
        if each.at <= end and each.name in {"start", "completed"}
    ]
    told += [(run.started_at, run.detail.get("schedule")) for run in runs]
    known = sorted((at, digest) for at, digest in told if isinstance(digest, str))
    if not known:
        return (Then(problem="The audit does not tell which schedule was in force."),)
    firsts = [known[0], *(new for old, new in pairwise(known) if old[1] != new[1])]
    before = [each for each in firsts if each[0] <= start][-1:]
    shown = [*before, *(each for each in firsts if each[0] > start)]
    return tuple(_then(questions, digest, since) for since, digest in shown)


def _then(questions: Questions, digest: str, since: datetime) -> Then:
    texts = questions.schedule_texts(digest)
    if texts is None:
        return Then(digest, since, problem="Its text is not in the audit.")
    text = texts.get("text", "")
    try:
        found = read_text(text, texts.get("tariff", ""), texts.get("tariff_text"))
    except ScheduleError as error:
        first = str(error).splitlines()[0]
        return Then(digest, since, None, text, f"It cannot be read any more: {first}")
    return Then(digest, since, found.schedule, text, doubts=found.warnings)


@lru_cache(maxsize=8)
def read_text(text: str, tariff: str, tariff_text: str | None) -> Loaded:
    """A schedule of its texts; one that was read is not read again. The reader looks for a tariff
    beside the schedule, so the two are put into a folder that is gone afterwards. Raises
    ScheduleError."""
    with tempfile.TemporaryDirectory(prefix="tou-") as folder:
        name = PurePosixPath(tariff)
        if tariff_text is not None and not name.is_absolute() and ".." not in name.parts:
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(tariff_text)
        return parse_schedule(text, "the schedule of then", folder=Path(folder))
