"""Who may ask and who may act: whoever may read the database, and whoever may write it.

Judged by the kernel's word for who is at the other end of the socket, and by the modes of the
database and of the folders on the way to it.
"""

from __future__ import annotations

import hmac
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from pydantic import SecretStr

from scheduler.httpserver import Peer

Act = Literal["read", "write"]

_BITS: Final = {"read": 4, "write": 2, "pass": 1}


def may(peer: Peer | None, database: Path, act: Act) -> bool:
    """Whether the one who asks may do this with the database. Nobody is refused who is root, or
    the user that the service itself is."""
    if peer is None:
        return False
    if peer.uid in {0, os.geteuid()}:
        return True
    groups = _groups(peer)
    ways = [
        (database, _BITS[act]),
        *((each, _BITS["pass"]) for each in database.absolute().parents),
    ]
    try:
        return all(_allows(path.stat(), peer.uid, groups, bit) for path, bit in ways)
    except OSError:
        return False


def fits(shown: str | None, key: SecretStr | None) -> bool:
    """Whether an Authorization header shows the key of those who may act without writing the
    database: processes whose users the kernel cannot tell us, or with fewer rights."""
    kind, _, told = (shown or "").partition(" ")
    if key is None or kind.lower() != "bearer":
        return False
    return hmac.compare_digest(told.strip().encode(), key.get_secret_value().encode())


def name_of(peer: Peer | None) -> str:
    """Who asks, by the kernel's word: the user's name, or the number of one that has none."""
    import pwd

    if peer is None:
        return "somebody"
    try:
        return pwd.getpwuid(peer.uid).pw_name
    except KeyError:
        return f"user {peer.uid}"


def socket_mode(database: Path) -> int:
    """The mode of a socket that whoever may read the database may knock at."""
    try:
        readable = stat.S_IMODE(database.stat().st_mode)
    except OSError:
        return 0o600
    return 0o600 | (0o060 if readable & 0o040 else 0) | (0o006 if readable & 0o004 else 0)


def _allows(found: os.stat_result, user: int, groups: Callable[[], set[int]], bit: int) -> bool:
    """As the kernel judges: the owner by the owner's bits alone, then the group, then others."""
    if found.st_uid == user:
        return bool(found.st_mode & bit << 6)
    if found.st_gid in groups():
        return bool(found.st_mode & bit << 3)
    return bool(found.st_mode & bit)


def _groups(peer: Peer) -> Callable[[], set[int]]:
    """The peer's groups, looked up at most once, and only where they decide."""
    known: set[int] = set()

    def look_up() -> set[int]:
        import pwd

        if not known:
            known.add(peer.gid)
            with suppress(KeyError):
                known.update(os.getgrouplist(pwd.getpwuid(peer.uid).pw_name, peer.gid))
        return known

    return look_up
