"""Unix sockets by their names: a stale one taken away, a new one made with its mode, ours removed;
and who is at the other end.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import stat
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_CREDENTIALS: Final = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a Unix socket, by the kernel's word."""

    pid: int
    uid: int
    gid: int


async def clear(path: Path) -> None:
    """Take a stale socket away. Raises OSError where it is none, or is alive."""
    inode = _socket_at(path)
    if inode is None:
        return
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except (ConnectionRefusedError, FileNotFoundError):
        remove(path, inode)
        return
    writer.transport.abort()
    raise OSError(errno.EADDRINUSE, "somebody answers there already", str(path))


def _socket_at(path: Path) -> int | None:
    """The inode of a socket; None where nothing has the name. Raises OSError for a file."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISSOCK(found.st_mode):
        raise OSError(errno.EEXIST, "something else than a socket has this name", str(path))
    return found.st_ino


def bind(path: Path, mode: int) -> tuple[socket.socket, int]:
    """A socket with its mode, on which nobody listens yet, so that nobody can connect before."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.setblocking(False)
        bound.bind(str(path))
        path.chmod(mode)
    except OSError:
        bound.close()
        raise
    return bound, path.stat().st_ino


def remove(path: Path, inode: int) -> None:
    """Remove a socket of ours, unless another took its name."""
    with suppress(OSError):
        if path.lstat().st_ino == inode:
            path.unlink()


def peer_of(found: socket.socket | None) -> Peer | None:
    """The other end of a connection; None where it is no Unix socket's."""
    if found is None or found.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return None
    packed = found.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return Peer(*_CREDENTIALS.unpack(packed))
