"""A run under way: its record, what it is about, and that it comes to its end."""

from __future__ import annotations

from datetime import datetime

from scheduler.audit.answers import OpenRun
from scheduler.audit.intent import Ended, Intent
from scheduler.audit.recorder import Recorder, Run
from scheduler.errors import AuditError
from scheduler.site.known import Known


class Act:
    """One run of a site. An end that could not be written is written later."""

    def __init__(self, run: Run, intent: Intent, started: datetime, known: Known) -> None:
        self.run, self.intent, self.started = run, intent, started
        self._known = known

    async def end(self, ended: Ended) -> None:
        """Record the outcome. Raises AuditUnwritableError; `settle` then tries again."""
        self._known.ended(self.intent, ended, run=self.run.number, started=self.started)
        try:
            await self.run.end(ended)
        except AuditError:
            self._known.unwritten.append((self.run, ended))
            raise


async def settle(known: Known) -> None:
    """Record the outcomes that could not be written before. Raises AuditUnwritableError."""
    while known.unwritten:
        run, ended = known.unwritten[0]
        await run.end(ended)
        known.unwritten.pop(0)


async def begin(recorder: Recorder, known: Known, intent: Intent) -> Act:
    """Write the intent. Raises AuditUnwritableError: then do not act."""
    started = recorder.now()
    return Act(await recorder.begin(intent), intent, started, known)


def take_up(recorder: Recorder, known: Known, found: OpenRun, intent: Intent) -> Act:
    """Go on with a run that an earlier process left open."""
    return Act(recorder.take_up(found), intent, found.started_at, known)
