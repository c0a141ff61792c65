"""The way from the site to the audit: one worker thread, entries in their order.

An intent is on disk before the first request, the outcome when a run is over. Steps follow within a
twentieth of a second, several in one transaction: a commit of its own for each costs more than the
request it records (0.7 ms against 2 ms, on loopback).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from scheduler import clock
from scheduler.audit.chain import Json
from scheduler.audit.intent import Ended, Intent
from scheduler.audit.log import Entry, Log, OpenRun
from scheduler.gateway.base import Step
from scheduler.words import EntryKind, Outcome, Wake

log = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds that a step may wait for its neighbours.
TOGETHER = 0.05


class Recorder:
    """Appends to the audit from a coroutine. Lives as long as the process."""

    def __init__(self, log: Log, *, now: Callable[[], datetime] = clock.now) -> None:
        self.log, self.site = log, log.site
        self.now = now
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")
        self.last_turn = clock.monotonic()
        """When a run, a step or a look last ended; what the watchdog goes by."""

    async def ask(self, question: Callable[[], T]) -> T:
        """Run a read or an append in the audit's thread, after all that was handed in before."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, question)

    def later(self, question: Callable[[], T]) -> asyncio.Future[T]:
        """Like `ask`, without waiting for it."""
        return asyncio.get_running_loop().run_in_executor(self._thread, question)

    def turned(self) -> None:
        """Note that the controller is alive."""
        self.last_turn = clock.monotonic()

    async def begin(self, intent: Intent) -> Run:
        """Write the intent and return its run. Raises AuditUnwritableError: then do not act."""
        number = await self._append(EntryKind.INTENT, intent, intent.detail())
        return Run(self, number, kind=intent.kind, name=intent.name, wake=intent.wake)

    def resume(self, found: OpenRun) -> Run:
        """The run that an earlier process left open, to be gone on with."""
        return Run(self, found.run, kind=found.kind, name=found.name, wake=found.wake)

    async def decided(self, ended: Ended, intent: Intent) -> int:
        """Record a decision that needs no request: deferred, missed, superseded."""
        detail = {**intent.detail(), **ended.detail()}
        return await self._append(EntryKind.OUTCOME, intent, detail, ended.outcome)

    async def event(self, kind: str, name: str, detail: Mapping[str, Any] | None = None) -> int:
        """Record something that is no run: start, stop, reload, trust, clock."""
        at = self.now()
        return await self.ask(
            lambda: self.log.append(
                at=at, entry=EntryKind.EVENT, kind=kind, name=name, detail=detail or {}
            )
        )

    def close(self) -> None:
        """Finish what was handed in."""
        self._thread.shutdown(wait=True)

    async def _append(
        self,
        entry: EntryKind,
        intent: Intent,
        detail: Mapping[str, Json],
        outcome: Outcome | None = None,
    ) -> int:
        at = self.now()
        return await self.ask(
            lambda: self.log.append(
                at=at,
                entry=entry,
                kind=intent.kind,
                name=intent.name,
                wake=intent.wake,
                outcome=outcome,
                detail=detail,
            )
        )


class Run:
    """One attempt being recorded; what a gateway tells its steps to."""

    def __init__(
        self, recorder: Recorder, number: int, *, kind: str, name: str | None, wake: Wake | None
    ) -> None:
        self.number = number
        self._recorder = recorder
        self._kind, self._name, self._wake = kind, name, wake
        self._entries: list[Entry] = []
        self._writing: list[asyncio.Future[tuple[int, ...]]] = []
        self._timer: asyncio.TimerHandle | None = None

    async def ended(self, step: Step) -> None:
        """Take a step; it is on disk a moment later, together with its neighbours."""
        self._recorder.turned()
        took = f"{step.status or step.error}, {step.duration_ms:.0f} ms"
        log.info("  %-9s %s %s -> %s", step.step, step.method, step.path, took)
        self._entries.append(self._entry(EntryKind.STEP, step.at, _step_detail(step)))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TOGETHER, self._write)

    async def settled(self) -> None:
        """Raises AuditUnwritableError where a step could not be written: then nothing more is
        changed on the gateway."""
        for done in [each for each in self._writing if each.done()]:
            self._writing.remove(done)
            done.result()

    async def accepted(self, until: datetime, detail: Mapping[str, Json]) -> None:
        """Keep that the setting was sent and waits to be confirmed; the run stays open."""
        await self.evidence("accepted", {**detail, "until": clock.iso(until)})

    async def evidence(self, name: str, detail: Mapping[str, Json]) -> None:
        """Keep something seen of this run, also after its outcome."""
        at = self._recorder.now()
        entry = Entry(
            at=at, entry=EntryKind.EVENT, kind=self._kind, run=self.number, name=name, detail=detail
        )
        self._entries.append(entry)
        await self._written()

    async def end(self, ended: Ended) -> None:
        """Write the steps that are left and the outcome. Raises AuditUnwritableError."""
        at = self._recorder.now()
        outcome = self._entry(EntryKind.OUTCOME, at, ended.detail(), ended.outcome)
        self._entries.append(outcome)
        await self._written()

    def leave(self) -> None:
        """Hand over what is left; the run stays open."""
        self._write()

    async def _written(self) -> None:
        self._write()
        for each in self._writing:
            await each
        self._writing.clear()
        self._recorder.turned()

    def _write(self) -> None:
        """Hand the collected entries to the audit's thread, in one transaction."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        entries, self._entries = self._entries, []
        if entries:
            self._writing.append(self._recorder.later(lambda: self._keep(entries)))

    def _keep(self, entries: list[Entry]) -> tuple[int, ...]:
        return self._recorder.log.append_many(entries)

    def _entry(
        self,
        entry: EntryKind,
        at: datetime,
        detail: Mapping[str, Json],
        outcome: Outcome | None = None,
    ) -> Entry:
        return Entry(
            at=at,
            entry=entry,
            kind=self._kind,
            run=self.number,
            name=self._name,
            wake=self._wake,
            outcome=outcome,
            detail=detail,
        )


def _step_detail(step: Step) -> dict[str, Json]:
    return {
        "step": step.step,
        "method": step.method,
        "path": step.path,
        "status": step.status,
        "duration_ms": round(step.duration_ms, 3),
        "error": step.error,
    }


class Unrecorded:
    """Steps of a look that changes nothing and found nothing: they are not kept.

    A pulse looks every thirty seconds; a million rows a year would hide the ones that matter. What
    a look finds wrong starts a run, which looks again on the record.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def ended(self, step: Step) -> None:
        """Count as life only."""
        del step
        self._recorder.turned()

    async def settled(self) -> None:
        """Nothing is pending."""
