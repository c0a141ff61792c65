"""The way from the controller to the audit: one worker thread, entries in their order.

The loop never waits for a disk but where the promise asks for it: an intent is on disk before the
first request, every step before the next request that changes something, the outcome at the end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from scheduler import clock
from scheduler.audit.log import Log
from scheduler.audit.words import EntryKind, Outcome, Wake
from scheduler.gateway.base import Step

log = logging.getLogger(__name__)

T = TypeVar("T")


class Recorder:
    """Appends to the audit from a coroutine. Lives as long as the process."""

    def __init__(self, log: Log, *, now: Callable[[], datetime] = clock.now) -> None:
        self.log = log
        self._now = now
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

    async def begin(self, *, kind: str, name: str, wake: Wake, detail: Mapping[str, Any]) -> Run:
        """Write the intent and return its run. Raises AuditUnwritableError: then do not act."""
        at = self._now()
        number = await self.ask(
            lambda: self.log.append(
                at=at, entry=EntryKind.INTENT, kind=kind, name=name, wake=wake, detail=detail
            )
        )
        return Run(self, number, kind=kind, name=name, wake=wake)

    async def decided(
        self, outcome: Outcome, *, kind: str, name: str, wake: Wake, detail: Mapping[str, Any]
    ) -> int:
        """Record a decision that needs no request: deferred, missed, superseded."""
        at = self._now()
        return await self.ask(
            lambda: self.log.append(
                at=at,
                entry=EntryKind.OUTCOME,
                kind=kind,
                name=name,
                wake=wake,
                outcome=outcome,
                detail=detail,
            )
        )

    async def event(
        self, kind: str, name: str, detail: Mapping[str, Any] | None = None, **more: Any
    ) -> int:
        """Record something that is no run: start, stop, reload, trust, clock."""
        at = self._now()
        return await self.ask(
            lambda: self.log.append(
                at=at, entry=EntryKind.EVENT, kind=kind, name=name, detail=detail or {}, **more
            )
        )

    def close(self) -> None:
        """Finish what was handed in."""
        self._thread.shutdown(wait=True)


class Run:
    """One attempt being recorded; what a gateway tells its steps to."""

    def __init__(
        self, recorder: Recorder, number: int, *, kind: str, name: str, wake: Wake
    ) -> None:
        self.number = number
        self._recorder = recorder
        self._columns = {"kind": kind, "name": name, "wake": wake}
        self._pending: list[asyncio.Future[int]] = []

    async def ended(self, step: Step) -> None:
        """Hand a step to the audit's thread; `settled` says whether it arrived."""
        self._recorder.turned()
        took = f"{step.status or step.error}, {step.duration_ms:.0f} ms"
        log.info("  %-9s %s %s -> %s", step.step, step.method, step.path, took)
        detail = {
            "step": step.step,
            "method": step.method,
            "path": step.path,
            "status": step.status,
            "duration_ms": round(step.duration_ms, 3),
            "error": step.error,
        }
        self._pending.append(
            self._recorder.later(
                lambda: self._recorder.log.append(
                    at=step.at,
                    entry=EntryKind.STEP,
                    run=self.number,
                    detail=detail,
                    **self._columns,  # type: ignore[arg-type]
                )
            )
        )

    async def settled(self) -> None:
        """All steps so far are on disk. Raises AuditUnwritableError."""
        pending, self._pending = self._pending, []
        for future in pending:
            await future

    async def end(self, outcome: Outcome, detail: Mapping[str, Any]) -> Outcome:
        """Write the outcome, after the steps. Raises AuditUnwritableError."""
        await self.settled()
        at = self._recorder._now()
        await self._recorder.ask(
            lambda: self._recorder.log.append(
                at=at,
                entry=EntryKind.OUTCOME,
                run=self.number,
                outcome=outcome,
                detail=detail,
                **self._columns,  # type: ignore[arg-type]
            )
        )
        self._recorder.turned()
        return outcome


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
