"""One site's way to the audit, from a coroutine: its runs, decisions, events and readings.

Knows no thread of its own and holds no file: the process's one `Writer` has both.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import Final, Protocol, TypeVar

from scheduler import clock
from scheduler.audit.answers import OpenRun, Unjudged
from scheduler.audit.chain import Json
from scheduler.audit.entry import Entry
from scheduler.audit.intent import Ended, Intent
from scheduler.audit.keeping import ACCEPTED
from scheduler.audit.questions import Questions
from scheduler.audit.readings import KeptReading
from scheduler.audit.writer import Writer
from scheduler.setting import Setting
from scheduler.words import EntryKind, Outcome, Wake

log = logging.getLogger(__name__)

T = TypeVar("T")

SOON: Final = 0.05
"""Seconds that a step may wait for its neighbours."""


class StepTaken(Protocol):
    """One request as it ended; see `gateway.base.Step`."""

    @property
    def at(self) -> datetime: ...
    @property
    def step(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def status(self) -> int | None: ...
    @property
    def duration_ms(self) -> float: ...
    @property
    def error(self) -> str | None: ...


class Recorder:
    """Appends to the audit of one site. Every coroutine raises AuditUnwritableError."""

    def __init__(
        self, writer: Writer, site: str, *, now: Callable[[], datetime] = clock.now
    ) -> None:
        self.writer = writer
        self.site = site
        self.now = now
        self.questions = Questions(writer.database, site)
        self.last_turn = clock.monotonic()
        """When a run, a step or a look last ended; what the watchdog goes by."""
        self._runs: set[Run] = set()

    async def ask(self, question: Callable[[], T]) -> T:
        """Run a question in the audit's thread, after all that was handed in before."""
        return await self.later(question)

    def later(self, question: Callable[[], T]) -> asyncio.Future[T]:
        """Like `ask`, without waiting for it."""
        return asyncio.wrap_future(self.writer.ask(question))

    def turned(self) -> None:
        """Note that the controller is alive."""
        self.last_turn = clock.monotonic()

    async def begin(self, intent: Intent) -> Run:
        """Write the intent and return its run. Raises AuditUnwritableError: then do not act."""
        number = await self._append(
            Entry(
                at=self.now(),
                entry=EntryKind.INTENT,
                kind=intent.kind,
                name=intent.name,
                wake=intent.wake,
                detail=intent.detail(),
            )
        )
        return Run(self, number, kind=intent.kind, name=intent.name, wake=intent.wake)

    def take_up(self, found: OpenRun | Unjudged) -> Run:
        """The run of an earlier process: to go on with it, to end it, or to add evidence."""
        return Run(self, found.run, kind=found.kind, name=found.name, wake=found.wake)

    async def decided(self, ended: Ended, intent: Intent) -> int:
        """Record a decision that needs no request: deferred, missed, superseded."""
        return await self._append(
            Entry(
                at=self.now(),
                entry=EntryKind.OUTCOME,
                kind=intent.kind,
                name=intent.name,
                wake=intent.wake,
                outcome=ended.outcome,
                detail={**intent.detail(), **ended.detail()},
            )
        )

    async def event(self, kind: str, name: str, detail: Mapping[str, Json] | None = None) -> int:
        """Record something that is no run: start, stop, reload, trust, clock, lease, guard."""
        return await self._append(
            Entry(at=self.now(), entry=EntryKind.EVENT, kind=kind, name=name, detail=detail or {})
        )

    async def schedule(self, digest: str, texts: Mapping[str, str]) -> bool:
        """Keep what was read of the schedule in force, its `text` and its tariff's, once for each
        digest; whether it was new."""
        if await self.ask(lambda: self.questions.schedule_texts(digest)) is not None:
            return False
        await self.event("schedule", digest, dict(texts))
        return True

    async def reading(self, reading: KeptReading) -> None:
        """Keep what was read of the battery and the house."""
        await asyncio.wrap_future(self.writer.read(self.site, [reading]))

    async def head_line(self) -> str:
        """For the journal, once a day and at each stop: what `tou audit verify --head` takes."""
        head = await self.ask(self.questions.head)
        return f"audit head of {self.site}: {head or 'none yet'}"

    def close(self) -> None:
        """Hand in the steps that still wait for their neighbours; the writer finishes them."""
        for run in tuple(self._runs):
            run.hand_in()

    async def _append(self, entry: Entry) -> int:
        (number,) = await asyncio.wrap_future(self.writer.append(self.site, [entry]))
        return number


class Run:
    """One attempt being recorded; what a gateway tells its steps to."""

    def __init__(
        self, recorder: Recorder, number: int, *, kind: str, name: str | None, wake: Wake | None
    ) -> None:
        self.number = number
        self._recorder = recorder
        self._kind, self._name, self._wake = kind, name, wake
        self._entries: list[Entry] = []
        self._writing: list[Future[tuple[int, ...]]] = []
        self._timer: asyncio.TimerHandle | None = None

    async def ended(self, step: StepTaken) -> None:
        """Take a step; it is on disk a moment later, together with its neighbours."""
        self._recorder.turned()
        took = f"{step.status or step.error}, {step.duration_ms:.0f} ms"
        log.info("  %-9s %s %s -> %s", step.step, step.method, step.path, took)
        self._add(EntryKind.STEP, step.at, _step_detail(step))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SOON, self.hand_in)
            self._recorder._runs.add(self)

    async def settled(self) -> None:
        """Raises AuditUnwritableError where a step could not be written: then nothing more is
        changed on the gateway."""
        for done in [each for each in self._writing if each.done()]:
            self._writing.remove(done)
            done.result()

    async def accepted(
        self,
        *,
        until: datetime,
        wanted: Setting | None = None,
        more: Mapping[str, Json] | None = None,
    ) -> None:
        """Keep that the setting was sent and waits to be confirmed, at most until then; with it
        whoever starts next can take the open run up. On disk when it returns."""
        detail: dict[str, Json] = {**(more or {}), "until": clock.iso(until)}
        if wanted is not None:
            detail["wanted"] = wanted.to_json()
        await self.evidence(ACCEPTED, detail)

    async def evidence(self, name: str, detail: Mapping[str, Json]) -> None:
        """Add what is known beside the requests, also after the outcome: a later reading, the
        effect. On disk when it returns."""
        self._add(EntryKind.EVIDENCE, self._recorder.now(), {**detail, "evidence": name})
        await self._flush()

    async def end(self, ended: Ended) -> Outcome:
        self._add(EntryKind.OUTCOME, self._recorder.now(), ended.detail(), ended.outcome)
        await self._flush()
        self._recorder.turned()
        return ended.outcome

    def hand_in(self) -> None:
        """Hand the collected entries to the audit's thread, all in one transaction."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._recorder._runs.discard(self)
        entries, self._entries = self._entries, []
        if entries:
            writer = self._recorder.writer
            self._writing.append(writer.append(self._recorder.site, entries))

    async def _flush(self) -> None:
        self.hand_in()
        writing, self._writing = self._writing, []
        for each in writing:
            await asyncio.wrap_future(each)

    def _add(
        self,
        entry: EntryKind,
        at: datetime,
        detail: Mapping[str, Json],
        outcome: Outcome | None = None,
    ) -> None:
        self._entries.append(
            Entry(
                at=at,
                entry=entry,
                kind=self._kind,
                run=self.number,
                name=self._name,
                wake=self._wake,
                outcome=outcome,
                detail=detail,
            )
        )


def _step_detail(step: StepTaken) -> dict[str, Json]:
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

    async def ended(self, step: StepTaken) -> None:
        del step
        self._recorder.turned()

    async def settled(self) -> None:
        """Nothing is pending."""
