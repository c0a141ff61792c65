"""The commands. The only room that prints; each verb imports what it needs when it is called."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

from scheduler import files, memory
from scheduler.cli import terminal
from scheduler.errors import ConfigurationError, SchedulerError


def main() -> None:
    """The command line. Exit codes: 0 fine; 1 it ran and the answer is no; 2 usage; 69 gateway
    unreachable; 77 gateway refuses, or this user may not read or write what is needed; 78 settings
    or schedule wrong."""
    memory.start()
    try:
        terminal.prepare()
        try:
            _run()
        finally:
            terminal.finish()
    except SchedulerError as error:
        _fail(error)
    except KeyboardInterrupt:
        print("Aborted!", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of a pipe has seen enough.
        terminal.give_up_stdout()
        sys.exit(1)
    except Exception as error:
        _foreseen(error)
        if os.environ.get("TOU_LOG_LEVEL", "").lower() == "debug":
            traceback.print_exc()
        kind = type(error).__name__
        told = f"This is a defect of the program: {kind}: {error}. TOU_LOG_LEVEL=debug shows where."
        _fail(SchedulerError(told))


def _foreseen(error: Exception) -> None:
    """Ends the command where the error is none of the program's own."""
    if isinstance(error, OSError) and terminal.unwritable(error):
        terminal.give_up_stdout()
        told = f"The answer cannot be written: {error.strerror}. Make room, or write elsewhere."
        _fail(SchedulerError(told))
    if isinstance(error, UnicodeEncodeError) and _not_utf_8("".join(sys.argv)):
        print("Error: A word of this command is not UTF-8. Write it anew.", file=sys.stderr)
        sys.exit(2)
    if known := files.denied_in(error) or _misnamed(error):
        _fail(known)


def _run() -> None:
    """The service is run without what reads the words of the commands: it would hold that for as
    long as it lives, 1 MB."""
    if sys.argv[1:] == ["run"]:
        from scheduler.cli.running import run

        run()
        return
    from scheduler.cli.root import tou

    tou.main(prog_name="tou", standalone_mode=True)


def _not_utf_8(words: str) -> bool:
    """Whether there are bytes in it that Python could not decode, and keeps as surrogates."""
    return any("\udc80" <= each <= "\udcff" for each in words)


def _misnamed(error: Exception) -> SchedulerError | None:
    """An error of a path that a person named, such as a name that is too long for any file."""
    if isinstance(error, OSError) and isinstance(error.filename, str):
        return ConfigurationError(f"{error.filename[:200]}: cannot be used: {error.strerror}.")
    return None


def _fail(error: SchedulerError) -> NoReturn:
    shown = files.denied_in(error) or error
    with suppress(OSError):
        print(shown, file=sys.stderr)
    sys.exit(shown.exit_code)
