"""Files beside the audit, and files that a person names: opened so that no stranger decides which.

The service's user owns the folder and root's commands work in it. A link or a second name put
there must not make root give away, change or overwrite a file from elsewhere; and whatever root
makes belongs to the folder's owner, or it would shut the service out.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from scheduler.errors import AccessError, LockedError

_SAFE: Final = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a FIFO's other end is not waited for
_LINKS_MOST: Final = 40  # as the kernel has it
_ROOM: Final = 256 * 1024
_DENIED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)

logger = logging.getLogger(__name__)


def open_shared(path: Path, *, mode: int = 0o600) -> int:
    """A file descriptor for reading and writing, the file made where there is none; root gives it
    to the owner of its folder. Raises OSError, also for a link, a second name, no regular file."""
    with _folder(path) as folder:
        flags = os.O_RDWR | os.O_CREAT | _SAFE
        file = _checked(_open(path, flags, folder, mode), path)
        adopt(file, folder)
    return file


def open_existing(path: Path) -> int:
    """A file descriptor for reading a file beside the audit. Raises OSError as `open_shared`."""
    with _folder(path) as folder:
        return _checked(_open(path, os.O_RDONLY | _SAFE, folder), path)


def adopt(file: int, folder: int) -> None:
    """Give an open file to the owner of an open folder; does nothing for anybody but root."""
    if os.geteuid() != 0:
        return
    owner, present = os.fstat(folder), os.fstat(file)
    if (present.st_uid, present.st_gid) != (owner.st_uid, owner.st_gid):
        os.fchown(file, owner.st_uid, owner.st_gid)


def replace_private(path: Path, data: bytes) -> None:
    """Put a file of 0600 in the place of another, whole and on the disk when this returns; what a
    link there points at is left alone. Raises OSError, and then the old file stands."""
    new = f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}"
    with _folder(path) as folder:
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE, 0o600, dir_fd=folder)
        try:
            with os.fdopen(file, "wb") as stream:
                adopt(file, folder)
                stream.write(data)
                stream.flush()
                os.fsync(file)
            os.rename(new, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(new, dir_fd=folder)
            raise
        os.fsync(folder)


def full(folder: Path) -> bool:
    """Whether a folder's disk has no room even for a few entries."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_blocks > 0 and found.f_bavail * found.f_frsize < _ROOM


def read_private(path: Path, limit: int) -> bytes:
    """A secret's file; closed to other users where it was open to them. Raises OSError."""
    file = open_existing(path)
    try:
        if os.fstat(file).st_mode & 0o077:
            os.fchmod(file, 0o600)
            logger.warning("%s: was open to other users; it is closed now.", path)
        return _read(file, path, limit)
    finally:
        os.close(file)


def read_bounded(path: Path, limit: int, *, follow: bool = True) -> bytes:
    """A file that a person names, at most `limit` bytes of it. Raises OSError, also where it is
    no regular file or larger."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
    file = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        return _read(file, path, limit)
    finally:
        os.close(file)


def check_database(path: Path) -> None:
    """Before SQLite opens a file by its path: neither it nor what SQLite keeps beside it (which
    SQLite, run by root, gives to the database's owner) is a link or has a second name. Raises
    OSError."""
    with _folder(path) as folder:
        for ending in ("", "-wal", "-shm", "-journal"):
            name = path.name + ending
            with suppress(FileNotFoundError):
                found = os.stat(name, dir_fd=folder, follow_symlinks=False)
                _check(found, path.with_name(name))


def barred(path: Path) -> OSError | None:
    """What keeps this user from writing a file that SQLite could not open, which says less."""
    with suppress(OSError):
        if os.statvfs(path.parent).f_flag & os.ST_RDONLY:
            return OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
    for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        wanted = path.parent if not each.exists() else each
        if not os.access(wanted, os.W_OK):
            return PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(each))
    return None


def denied(path: Path, error: OSError) -> AccessError | None:
    """The one sentence for a file that this user may not read or write; None for other errors."""
    if error.errno not in _DENIED:
        return None
    if error.errno == errno.EROFS:
        return AccessError(f"{path}: cannot be written: its file system is read-only.")
    act, owner, user = _act(path), _owner(path), _user(os.geteuid())
    way_out = f"Run the command as {owner}, or with sudo."
    if owner == user or os.geteuid() == 0:
        way_out = f"See its rights and its folder's: ls -ld {path.parent} {path}"
    return AccessError(f"{path}: this user ({user}) may not {act} it. {way_out}")


def denied_in(error: BaseException | None) -> AccessError | None:
    """As `denied`, of the file that was met first on the way to an error; so the wording and the
    code are one, whichever room met it and however the file was named."""
    while error is not None:
        if isinstance(error, OSError) and isinstance(error.filename, str):
            return denied(Path(error.filename), error)
        error = error.__cause__ or error.__context__
    return None


class Lock:
    """A file that is locked while somebody is at work; the holder's process id stands in it. The
    file stays behind, empty: removing it would let two in."""

    def __init__(self, path: Path, *, mode: int = 0o600) -> None:
        self.path = path
        self._mode = mode
        self._file: int | None = None

    def attempt(self) -> bool:
        """Take the lock if it is free. Raises OSError."""
        file = open_shared(self.path, mode=self._mode)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        except BaseException:
            os.close(file)
            raise
        with suppress(OSError):  # a full disk takes no name, and locks all the same
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file
        return True

    def take(self, seconds: float) -> None:
        """Take the lock, waiting at most so long. Raises LockedError that names the holder."""
        deadline = time.monotonic() + seconds
        while not self.attempt():
            if time.monotonic() >= deadline:
                raise self.held()
            time.sleep(0.02)

    def held(self) -> LockedError:
        """Who has the lock, as an error."""
        holder = self.holder()
        who = f"process {holder}" if holder else "another process"
        return LockedError(
            f"{self.path} is held by {who}. See whether it hangs, and try again.", holder=holder
        )

    def holder(self) -> int | None:
        """The process id that stands in the file; means something only while it is locked."""
        try:
            return int(read_bounded(self.path, 1_000, follow=False))
        except (OSError, ValueError):
            return None

    def release(self) -> None:
        """Let others in; does nothing where it was not taken."""
        if self._file is not None:
            with suppress(OSError):
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    @contextmanager
    def held_for(self, seconds: float) -> Iterator[None]:
        """`take` and `release` around what is done alone."""
        self.take(seconds)
        try:
            yield
        finally:
            self.release()


def _open(path: Path, flags: int, folder: int, mode: int = 0o600) -> int:
    try:
        return os.open(path.name, flags, mode, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _link(path) from None
        raise OSError(error.errno, error.strerror, str(path)) from None


def _checked(file: int, path: Path) -> int:
    try:
        _check(os.fstat(file), path)
    except BaseException:
        os.close(file)
        raise
    return file


def _check(found: os.stat_result, path: Path) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise _link(path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    if found.st_nlink != 1:
        raise OSError(errno.EMLINK, "it has a second name (a hard link)", str(path))


def _link(path: Path) -> OSError:
    return OSError(errno.ELOOP, "it is a symbolic link", str(path))


def _read(file: int, path: Path, limit: int) -> bytes:
    with os.fdopen(os.dup(file), "rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit:,} bytes", str(path))
    return data


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    """The folder of a file, open. Root gets there part by part and follows no link but root's
    own, such as systemd's from /var/lib/NAME to /var/lib/private/NAME."""
    parent = path.absolute().parent
    flags = os.O_DIRECTORY | os.O_CLOEXEC
    folder = os.open(parent, os.O_RDONLY | flags) if os.geteuid() else _walk(parent)
    try:
        yield folder
    finally:
        os.close(folder)


def _walk(parent: Path) -> int:
    here = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    left, links = list(reversed(parent.parts[1:])), 0
    try:
        while left:
            part = left.pop()
            target = _target(here, part, parent)
            if target is None:
                here = _into(here, part)
                continue
            links += 1
            if links > _LINKS_MOST:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(parent))  # noqa: TRY301
            if target.is_absolute():
                here = _into(here, "/")
            left += reversed(target.relative_to(target.anchor).parts)
    except BaseException:
        os.close(here)
        raise
    return here


def _target(here: int, part: str, parent: Path) -> Path | None:
    """Where a link leads; None for what is no link. Raises OSError for a stranger's."""
    found = os.stat(part, dir_fd=here, follow_symlinks=False)
    if not stat.S_ISLNK(found.st_mode):
        return None
    if found.st_uid != 0:
        raise OSError(errno.ELOOP, f"{part} on the way is another user's link", str(parent))
    return Path(os.readlink(part, dir_fd=here))


def _into(here: int, part: str) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
    there = os.open(part, flags, dir_fd=here)
    os.close(here)
    return there


def _act(path: Path) -> str:
    """What was wanted of a file that is denied: what may be read was to be written."""
    try:
        path.stat()
    except FileNotFoundError:
        return "make"
    except OSError:
        return "read"
    return "write" if os.access(path, os.R_OK) else "read"


def _owner(path: Path) -> str:
    """Who owns the nearest thing on the way to a file that this user may look at."""
    for each in (path, *path.absolute().parents):
        with suppress(OSError):
            return _user(each.stat().st_uid)
    return "its owner"


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
