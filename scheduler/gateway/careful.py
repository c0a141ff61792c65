"""What lets the restoration of a battery come to its end: in spite of a cancelled task, and of an
audit that fails in the middle.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from scheduler.errors import AuditError
from scheduler.gateway.base import Step, Steps

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


async def finish(work: Coroutine[Any, Any, Result], *, grace: float | None = None) -> Result:
    """The result of a piece of work that goes on to its end when its caller is cancelled, or
    for `grace` seconds; the cancellation is raised afterwards."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task], timeout=grace if cancelled else None)
        except asyncio.CancelledError as error:
            cancelled = error
        else:
            if not task.done():
                task.cancel()
    if cancelled is None:
        return task.result()
    if not task.cancelled() and (failure := task.exception()):
        logger.warning("While stopping: %s", failure)
    raise cancelled


class Forgiving:
    """Steps that keep the audit's first failure until the battery runs again."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._first: AuditError | None = None

    async def ended(self, step: Step) -> None:
        """Tell a step on, if it can be told."""
        try:
            await self._steps.ended(step)
        except AuditError as error:
            self._first = self._first or error

    async def settled(self) -> None:
        """Wait for the disk, if it can be waited for."""
        try:
            await self._steps.settled()
        except AuditError as error:
            self._first = self._first or error

    def raise_first(self) -> None:
        """Raise what was kept."""
        if self._first:
            raise self._first


class Unkept:
    """Steps of a look or of a set-up, which leave no entry."""

    async def ended(self, step: Step) -> None:
        """Forget it."""

    async def settled(self) -> None:
        """Nothing is pending."""
