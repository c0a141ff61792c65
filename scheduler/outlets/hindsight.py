"""What the audit knows around an instant, put together for `explain` and for pictures of a day.

Reads the audit and nothing else, but for the text of the schedule of then, which it has too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Final

from scheduler.audit import review
from scheduler.audit.database import Database
from scheduler.audit.questions import Event, Questions
from scheduler.audit.readings import KeptReading
from scheduler.audit.views import RunView
from scheduler.errors import ScheduleError
from scheduler.outlets.watched import Gap, gaps
from scheduler.plan import Lease
from scheduler.schedule.load import parse_schedule
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


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What is known of a site between two instants."""

    site: str
    start: datetime
    end: datetime
    now: datetime
    then: Then
    leases: tuple[Lease, ...]
    kept: tuple[Kept, ...]
    runs: tuple[RunView, ...]
    """Those that began between them, and before them the last that was proven."""
    gaps: tuple[Gap, ...]
    readings: tuple[KeptReading, ...]
    firmware: str | None
    gateway: str | None


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
    at: datetime | None = None,
) -> Hindsight:
    """What the audit knows between two instants, with the schedule as in force at `at`, or at the
    end. Raises AuditUnwritableError."""
    questions = Questions(database, site)
    service = questions.events("service", start - LOOKED_BACK)
    found = kept(questions.events(KIND, start - LONGEST - REMEMBERED, end))
    proven = _proven(database, site, start)
    during = review.runs(database, site=site, since=start, until=end, limit=MOST_RUNS)
    told = [each for each in questions.events("gateway", start - LOOKED_BACK, end)]
    firmware = [each.detail.get("firmware") for each in told if each.name == "firmware"]
    runs = (*([proven] if proven else []), *during)
    return Hindsight(
        site=site,
        start=start,
        end=end,
        now=now,
        then=_then(questions, service, during, at or end),
        leases=tuple(each.lease for each in found),
        kept=found,
        runs=runs,
        gaps=gaps(
            service,
            questions.events("clock", start - timedelta(days=1)),
            running=life.running,
            seen=life.seen,
        ),
        readings=tuple(questions.readings(start, end)),
        firmware=str(firmware[-1]) if firmware and firmware[-1] else None,
        gateway=next((run.gateway for run in reversed(runs) if run.gateway), None),
    )


def _proven(database: Database, site: str, before: datetime) -> RunView | None:
    found = [
        run
        for outcome in ("confirmed", "unchanged")
        for run in review.runs(database, site=site, until=before, outcome=outcome, limit=1)
    ]
    return max(found, key=lambda run: run.started_at, default=None)


def _then(
    questions: Questions, service: Sequence[Event], runs: Sequence[RunView], end: datetime
) -> Then:
    """The schedule in force at `end`: by the starts and reloads, else by what runs say."""
    told = [
        (each.at, each.detail.get("digest") or each.detail.get("to"))
        for each in (*service, *questions.events("reload", end - LOOKED_BACK))
        if each.at <= end and each.name in {"start", "completed"}
    ]
    told += [(run.started_at, run.detail.get("schedule")) for run in runs if run.started_at <= end]
    known = sorted((at, digest) for at, digest in told if isinstance(digest, str))
    if not known:
        return Then(problem="The audit does not tell which schedule was in force.")
    digest = known[-1][1]
    since = next((at for at, each in known if each == digest), None)
    texts = questions.schedule_texts(digest)
    if texts is None:
        return Then(digest, since, problem="Its text is not in the audit.")
    try:
        return Then(digest, since, _read(texts), texts.get("text"))
    except ScheduleError as error:
        first = str(error).splitlines()[0]
        return Then(digest, since, None, texts.get("text"), f"It cannot be read any more: {first}")


def _read(texts: Mapping[str, str]) -> Schedule:
    """The schedule of its texts. The reader looks for a tariff beside the schedule, so the two
    are put into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tou-") as folder:
        tariff = PurePosixPath(texts.get("tariff", ""))
        if "tariff_text" in texts and not tariff.is_absolute() and ".." not in tariff.parts:
            path = Path(folder) / tariff
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts["tariff_text"])
        return parse_schedule(texts["text"], "the schedule of then", folder=Path(folder)).schedule
