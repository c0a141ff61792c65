"""Who may sign in: names with the argon2 hashes of their passwords. A password is never kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from scheduler.outside import said

SHORTEST: Final = 10
LONGEST: Final = 256
_NAME: Final = re.compile(r"[A-Za-z0-9_.@-]{1,40}")
_MOST_MEMORY: Final = 256 * 1024
"""KiB: a hash that asks for more was not made by `tou web password`, and could end the process."""
_NOBODY: Final = "nobody"
"""Whose hash a name is checked against that nobody has, so that both take as long."""

People = Mapping[str, str]


def parse(text: str) -> People:
    """The lines of NAME:HASH. Raises ValueError, which repeats no hash."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.split(), 1):
        name, _, hashed = line.partition(":")
        if not _NAME.fullmatch(name) or not hashed.startswith("$argon2id$"):
            raise ValueError(f"line {number} is no NAME:HASH as `tou web password NAME` makes it.")
        if name in found:
            raise ValueError(f'"{name}" stands there twice. Keep one of the two lines.')
        found[name] = hashed
    return found


def name(text: str) -> str:
    """A name that can sign in. Raises ValueError."""
    if not _NAME.fullmatch(text):
        shown = said(text, limit=40)
        raise ValueError(f'"{shown}" is no name. Use up to 40 letters, digits and _ . @ -')
    return text


def hash_of(password: str) -> str:
    """A new hash, salted. Raises ValueError where the password is too short, or too long."""
    from argon2 import PasswordHasher

    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"A password has {SHORTEST} to {LONGEST} characters.")
    return PasswordHasher().hash(password)


def check_hashes(known: People) -> None:
    """Raises ValueError where a hash cannot be checked, so that it is told before somebody stands
    before a shut door."""
    if not known:
        return
    from argon2 import extract_parameters
    from argon2.exceptions import InvalidHashError

    for each, hashed in known.items():
        try:
            asks = extract_parameters(hashed).memory_cost
        except InvalidHashError:
            asks = _MOST_MEMORY + 1
        if asks > _MOST_MEMORY:
            raise ValueError(
                f'the hash of "{each}" is broken. Make it anew: tou web password {each}'
            )


def fits(known: People, name: str, password: str) -> bool:
    """Whether it is the password of this name. It takes as long where there is no such name."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > LONGEST:
        password = ""
    try:
        PasswordHasher().verify(known.get(name) or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return name in known


@cache
def _hash_of_nobody() -> str:
    from argon2 import PasswordHasher

    return PasswordHasher().hash(_NOBODY)
