"""Makes stdout and stderr such that nothing a command writes can break it, whatever they are."""

from __future__ import annotations

import errno
import io
import os
import sys

# What a full disk, a broken device or a bound on a file's length say of a write.
_FULL = frozenset({errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT})


def prepare() -> None:
    """Before anything is written: a closed stream takes everything and keeps nothing, and what an
    encoding lacks is written as its escape.

    A closed stream is also a hole into which the next file opened would fall.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def finish() -> None:
    """Writes what waits in stdout. Raises OSError where it cannot be written."""
    sys.stdout.flush()


def unwritable(error: OSError) -> bool:
    """Whether the error is one of the place where the answer goes."""
    return error.filename is None and error.errno in _FULL


def give_up_stdout() -> None:
    """Nothing more can be written there; without this Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
