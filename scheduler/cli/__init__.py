"""The commands. The only room that prints; each verb imports what it needs when it is called."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click

from scheduler import __version__, files
from scheduler.cli.verbs import Verbs
from scheduler.errors import AccessError, SchedulerError

_VERBS = {
    "run": "service",
    "apply": "service",
    "job": "service",
    "status": "status",
    "check": "check",
    "plan": "plan",
    "calendar": "calendar",
    "diff": "diff",
    "audit": "audit",
    "tariff": "tariff",
    "gateway": "gateway",
    "db": "db",
}

# What a write to a full or broken output ends in; files are opened by name, and name it.
_NO_OUTPUT = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


@click.group(cls=Verbs, verbs=_VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tou")
def tou() -> None:
    """Drive a home battery through a time-of-use tariff, and keep a record of every act.

    Settings come from TOU_ variables, the file that TOU_SETTINGS_FILE names, and systemd's
    credentials; the README lists them.
    """


def main() -> None:
    """The command line. Exit codes: 0 fine; 1 it ran and the answer is no; 2 usage; 69 gateway
    unreachable; 77 gateway refuses, or this user may not read or write what is needed; 78 settings
    or schedule wrong."""
    _open_closed_streams()
    try:
        tou.main(prog_name="tou", standalone_mode=True)
    except SchedulerError as error:
        shown = _denied(error) or error
        _fail(str(shown), shown.exit_code)
    except BrokenPipeError:
        # The reader of a pipe has seen enough.
        _leave_output()
        sys.exit(1)
    except Exception as error:
        shown = _denied(error)
        if shown:
            _fail(str(shown), shown.exit_code)
        if isinstance(error, OSError) and error.filename is None and error.errno in _NO_OUTPUT:
            _leave_output()
            _fail(f"The output cannot be written: {error.strerror}.")
        if os.environ.get("TOU_LOG_LEVEL", "").lower() == "debug":
            traceback.print_exc()
        kind = type(error).__name__
        _fail(f"This is a defect of the program: {kind}: {error}. TOU_LOG_LEVEL=debug shows where.")


def _denied(error: BaseException | None) -> AccessError | None:
    """The one wording and the one code for a file that this user may not use, whichever room met
    it and however it was named."""
    while error is not None:
        if isinstance(error, OSError) and isinstance(error.filename, str):
            return files.denied(Path(error.filename), error)
        error = error.__cause__ or error.__context__
    return None


def _open_closed_streams() -> None:
    """`>&-` leaves no stream at all, and the first file opened would be written to as output."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
            setattr(sys, name, os.fdopen(number, "w"))


def _leave_output() -> None:
    """Python would complain once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int = 1) -> NoReturn:
    with suppress(OSError):
        click.echo(message, err=True)
    sys.exit(code)
