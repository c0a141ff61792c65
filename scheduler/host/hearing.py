"""What the program logs while somebody's act is under way, handed to whoever waits for it.

By the context and not by the site: the tasks of an act inherit it, those of others do not.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from scheduler import clock

Line = dict[str, Any]

_listener: ContextVar[Callable[[Line], None] | None] = ContextVar("listener", default=None)


class _Hearing(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        tell = _listener.get()
        if tell is not None and record.levelno >= logging.INFO:
            tell(_line(record))


def _line(record: logging.LogRecord) -> Line:
    text = record.getMessage()
    at = clock.iso(clock.from_micros(int(record.created * 1e6)))
    # The recorder indents the steps of a run, as a person reads them below its name.
    kind = "step" if text.startswith("  ") else "said"
    return {"at": at, kind: text.strip(), "level": record.levelname.lower()}


@contextmanager
def listening() -> Iterator[None]:
    """While this lasts, what is logged can be heard."""
    handler, ours = _Hearing(), logging.getLogger("scheduler")
    level = ours.level
    # However quiet the journal is: its own handler keeps to its level.
    ours.setLevel(min(ours.getEffectiveLevel(), logging.INFO))
    ours.addHandler(handler)
    try:
        yield
    finally:
        ours.removeHandler(handler)
        ours.setLevel(level)


@contextmanager
def told_to(tell: Callable[[Line], None]) -> Iterator[None]:
    """Hand what is logged in this context, and in tasks made in it, to `tell`."""
    token = _listener.set(tell)
    try:
        yield
    finally:
        _listener.reset(token)
