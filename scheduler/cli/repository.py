"""Reads texts out of a git repository that anybody may have made, with the git of the person's
PATH: no program, hook, filter or address that the repository names is used.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import click

from scheduler.cli.table import printable
from scheduler.schedule.source import MAX_BYTES
from scheduler.schedule.wording import shown

PATIENCE = 20.0

# What git needs of the person; no setting or secret of ours, and no GIT_ variable that would send
# it to another repository.
_OURS = ("PATH", "HOME", "XDG_CONFIG_HOME", "LANG", "LC_ALL", "TMPDIR")
_GUARDED: Mapping[str, str] = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # stands above protocol.*.allow of the repository
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_SSH_COMMAND": "false",
    "GIT_PAGER": "cat",
}
_OPTIONS = (
    "--no-pager",
    *("-c", "protocol.allow=never"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.sshCommand=false"),
    *("-c", "credential.helper="),
)


def root(folder: Path) -> Path | None:
    """The top of the repository that a folder is in; None where it is in none."""
    answer = _run(folder, "rev-parse", "--show-toplevel")
    return None if answer.returncode else Path(_text(answer).rstrip("\n"))


def commit(folder: Path, revision: str) -> str:
    """The commit of a revision. Raises click.UsageError where there is none."""
    if root(folder) is None:
        raise click.UsageError(
            f"{shown(revision)} is no file, and {printable(str(folder))} is in no git repository "
            "that this user may read. Give a schedule file."
        )
    found = _run(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if found.returncode:
        raise click.UsageError(
            f"{shown(revision)} is neither a file nor a git revision in {printable(str(folder))}. "
            "Give a schedule file, or a revision such as HEAD~1."
        )
    return _text(found).strip()


def file_at(folder: Path, commit_id: str, name: str) -> str:
    """The text of a file below `folder` at a commit, as stored: no filter, no text conversion.
    Raises click.UsageError where it cannot be had."""
    what = f"{commit_id}:./{name}"
    size = _run(folder, "cat-file", "-s", what)
    if size.returncode == 0 and int(size.stdout) > MAX_BYTES:
        raise click.UsageError(
            f"{shown(name)} of that revision is longer than {MAX_BYTES:,} bytes, so it is no "
            "schedule or tariff."
        )
    answer = _run(folder, "cat-file", "blob", what)
    if answer.returncode:
        said = answer.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise click.UsageError(f"git cannot show that: {printable(said)}")
    return _text(answer)


def has_file(folder: Path, commit_id: str, name: str) -> bool:
    """Whether the commit has a file of that name below `folder`."""
    return _run(folder, "cat-file", "-e", f"{commit_id}:./{name}").returncode == 0


def _text(answer: subprocess.CompletedProcess[bytes]) -> str:
    return answer.stdout.decode("utf-8", "replace")


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    environment = {name: os.environ[name] for name in _OURS if name in os.environ}
    try:
        return subprocess.run(  # noqa: S603 -- no shell; a revision is resolved to a commit first
            ["git", "-C", str(folder), *_OPTIONS, *words],  # noqa: S607 -- the PATH is the person's
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env={**environment, **_GUARDED},
            timeout=PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        raise click.UsageError("git is not installed, so revisions cannot be read.") from None
    except (subprocess.TimeoutExpired, OSError, ValueError) as error:
        reason = "it took too long" if isinstance(error, subprocess.TimeoutExpired) else str(error)
        raise click.UsageError(f"git does not answer: {printable(reason)}.") from None
