"""New files beside the audit belong to whoever owns their folder.

An operator's `tou apply` runs as root beside a service that does not; a lock or session that root
made for itself would shut the service out.
"""

from __future__ import annotations

import os
from pathlib import Path


def open_shared(path: Path, *, mode: int = 0o600) -> int:
    """A file descriptor for reading and writing, the file made where there is none. Raises
    OSError."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
    adopt(file, path.parent)
    return file


def adopt(file: int, folder: Path) -> None:
    """Give an open file to the owner of a folder; does nothing for anybody but root."""
    if os.geteuid() != 0:
        return
    owner, present = folder.stat(), os.fstat(file)
    if (present.st_uid, present.st_gid) != (owner.st_uid, owner.st_gid):
        os.fchown(file, owner.st_uid, owner.st_gid)
