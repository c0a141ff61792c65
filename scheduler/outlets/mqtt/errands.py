"""What is asked over MQTT, done one after the other; bounded, whatever is sent."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from scheduler import clock
from scheduler.errors import SchedulerError
from scheduler.outlets.mqtt import request
from scheduler.outlets.mqtt.request import LeaseRequest, RefusedError
from scheduler.outlets.mqtt.topics import Topics

log = logging.getLogger(__name__)

Result = Mapping[str, Any]
_WAITING: Final = 8
"""Requests that wait for the one before; one more is refused."""
_RESULTS: Final = 32


class Errands:
    """Outlives connections: what was asked is done, and its result told on the next one."""

    def __init__(self, act: Callable[[str, LeaseRequest], Result], soon: asyncio.Event) -> None:
        self._act, self._soon = act, soon
        self._asked: asyncio.Queue[tuple[Topics, LeaseRequest]] = asyncio.Queue(_WAITING)
        self.results: deque[tuple[str, Result]] = deque(maxlen=_RESULTS)
        """Each with its topic, the oldest first."""

    def take(self, topics: Topics, payload: bytes, *, retained: bool) -> None:
        """Take a request, or refuse it with the reason."""
        if not payload:  # somebody deletes a retained message
            return
        try:
            self._queue(topics, payload, retained=retained)
        except RefusedError as error:
            log.info("refused on %s: %s", topics.set, error)
            self._answer(topics, {"error": str(error), "id": error.id})

    async def work(self) -> None:
        """One after the other, until cancelled."""
        while True:
            topics, asked = await self._asked.get()
            try:
                result = await _apart(partial(self._act, topics.site, asked))
            except SchedulerError as error:
                result = {"error": str(error)}
            self._answer(topics, {**result, "id": asked.id, "asked": asked.told})

    def _queue(self, topics: Topics, payload: bytes, *, retained: bool) -> None:
        found = request.read(payload, retained=retained)
        try:
            self._asked.put_nowait((topics, found))
        except asyncio.QueueFull:
            text = "Too much is asked at once. Ask again when the others have their results."
            raise RefusedError(text, found.id) from None

    def _answer(self, topics: Topics, result: Result) -> None:
        told = {key: result.get(key) for key in ("id", "asked", "outcome", "error")}
        leases = {key: result[key] for key in ("lease", "ended") if key in result}
        ok = result.get("exit_code", 1) == 0
        made = {"site": topics.site, "at": clock.iso(clock.now()), "ok": ok, **told, **leases}
        self.results.append((topics.result, made))
        self._soon.set()


async def _apart(work: Callable[[], Result]) -> Result:
    """Work in a thread that a stop does not wait for: the service goes on with it by itself."""
    loop = asyncio.get_running_loop()
    ending: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: Exception | None) -> None:
        if not ending.done():
            ending.set_exception(error) if error else ending.set_result(result or {})

    def run() -> None:
        told: Result | None = None
        fault: Exception | None = None
        try:
            told = work()
        except (SchedulerError, ValueError, OSError) as error:
            fault = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, told, fault)

    threading.Thread(target=run, daemon=True).start()
    return await ending
