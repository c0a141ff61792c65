"""The commands. The only room that prints; each verb imports what it needs when it is called."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

import click

from scheduler import __version__, files, memory
from scheduler.cli import terminal
from scheduler.cli.verbs import Verbs
from scheduler.errors import ConfigurationError, SchedulerError

_VERBS = {
    "init": "init",
    "run": "service",
    "apply": "service",
    "job": "service",
    "override": "lease",
    "pause": "lease",
    "resume": "lease",
    "skip": "lease",
    "status": "status",
    "why": "why",
    "check": "check",
    "plan": "plan",
    "calendar": "calendar",
    "diff": "diff",
    "simulate": "simulate",
    "audit": "audit",
    "readings": "readings",
    "notify": "notify",
    "mqtt": "mqtt",
    "tariff": "tariff",
    "gateway": "gateway",
    "doctor": "doctor",
    "web": "web",
    "db": "db",
    "service": "service_install",
    "completion": "completion",
}


@click.group(cls=Verbs, verbs=_VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tou")
def tou() -> None:
    """Drive a home battery through a time-of-use tariff, and keep a record of every act.

    Settings come from TOU_ variables, the file that TOU_SETTINGS_FILE names, and systemd's
    credentials; docs/settings.md lists them.
    """


def main() -> None:
    """The command line. Exit codes: 0 fine; 1 it ran and the answer is no; 2 usage; 69 gateway
    unreachable; 77 gateway refuses, or this user may not read or write what is needed; 78 settings
    or schedule wrong."""
    memory.start()
    try:
        terminal.prepare()
        try:
            tou.main(prog_name="tou", standalone_mode=True)
        finally:
            terminal.finish()
    except SchedulerError as error:
        _fail(error)
    except BrokenPipeError:
        # The reader of a pipe has seen enough.
        terminal.give_up_stdout()
        sys.exit(1)
    except Exception as error:
        if isinstance(error, OSError) and terminal.unwritable(error):
            terminal.give_up_stdout()
            told = f"The answer cannot be written: {error.strerror}. Make room, or write elsewhere."
            _fail(SchedulerError(told))
        if isinstance(error, UnicodeEncodeError) and _not_utf_8("".join(sys.argv)):
            click.echo("Error: A word of this command is not UTF-8. Write it anew.", err=True)
            sys.exit(2)
        if known := files.denied_in(error) or _misnamed(error):
            _fail(known)
        if os.environ.get("TOU_LOG_LEVEL", "").lower() == "debug":
            traceback.print_exc()
        kind = type(error).__name__
        told = f"This is a defect of the program: {kind}: {error}. TOU_LOG_LEVEL=debug shows where."
        _fail(SchedulerError(told))


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
        click.echo(str(shown), err=True)
    sys.exit(shown.exit_code)
