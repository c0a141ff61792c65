"""A whole, verified copy of the audit, made while the service goes on writing.

`cp` will not do: it misses what still stands in the write-ahead log.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from scheduler.audit.database import Database, open_to_look
from scheduler.audit.faults import explained
from scheduler.audit.proof import Verified, verify
from scheduler.errors import ConfigurationError


def backup(database: Database, target: Path) -> Verified:
    """Write a copy to `target`, prove its chain, and only then give it its name.

    Raises ConfigurationError where the target exists or cannot be meant, AuditUnwritableError
    where it cannot be written, AuditTamperedError where the chain does not hold; then no file
    stays behind.
    """
    with explained(target, "The backup"):
        _check_target(target)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            part.unlink(missing_ok=True)
            database.vacuum_into(part)
            verified = _verify(part)
            _flush(part)
            _publish(part, target)
        finally:
            part.unlink(missing_ok=True)
    return verified


def _check_target(target: Path) -> None:
    if target.exists():
        raise ConfigurationError(
            f"{target} exists already, and a backup never overwrites. Choose another name."
        )
    if not target.parent.is_dir():
        raise ConfigurationError(f"{target}: there is no folder {target.parent}. Make it first.")


def _verify(part: Path) -> Verified:
    """As it stands: a copy made before an upgrade is not to be upgraded itself."""
    copy = open_to_look(part, older=True)
    assert copy is not None
    with closing(copy):
        return verify(copy)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _publish(part: Path, target: Path) -> None:
    try:
        # A hard link fails where the name was taken meanwhile; a rename would overwrite it.
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:
        # USB sticks (exFAT) know no hard links.
        part.rename(target)
    _flush(target.parent)
