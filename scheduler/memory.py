"""How a process goes about its memory: quickly while it starts, thriftily once it stays."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from typing import Final

_AT_START: Final = (200_000, 20, 20)
_USUAL: Final = (700, 10, 10)
_MMAP_THRESHOLD: Final = -3  # malloc.h
_LARGE: Final = 64 * 1024


def start() -> None:
    """Look for garbage seldom: what is imported is none, and to look through it again and again
    costs a tenth of a start. Large pieces come from the system and go back to it whole; by itself
    glibc keeps ever larger ones among the small, where they leave holes (0.3 MB of 62, 2.36)."""
    gc.set_threshold(*_AT_START)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def stay() -> None:
    """Give back what the start needed once (parsers, templates, TLS): 3 to 5 MB resident, measured
    with glibc 2.36; other C libraries have no such call. What is left stays, and is not looked
    through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_USUAL)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
