"""A file of settings, read as systemd reads an EnvironmentFile: `NAME=value` lines, comments,
quotes, continued lines; no shell and no `${NAME}`. So the unit and the command agree on it.

Knows no setting by name. What systemd would drop with a warning is an error here.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from scheduler import files
from scheduler.errors import SettingsError

LARGEST: Final = 1_000_000
DOTENV: Final = ".env"
_CHECKOUT: Final = re.compile(r'^name = "tou-scheduler"$', re.MULTILINE)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_COMMENT: Final = re.compile(r"[#;][^\r\n]*")
_KEY: Final = re.compile(r"[^=\r\n]*")
_SPACE: Final = re.compile(r"[ \t]*")
_SINGLE: Final = re.compile(r"'([^']*)'")
_DOUBLE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PLAIN: Final = re.compile(r"(?:[^\\\r\n]|\\.)*\\?", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_KEPT: Final = re.compile(r"\\.|[^\\ \t]", re.DOTALL)
_IN_QUOTES: Final = '"\\`$'


def read(path: Path) -> dict[str, str]:
    """The names and values of a file. Raises SettingsError with the line, AccessError."""
    try:
        data = files.read_bounded(path, LARGEST)
    except OSError as error:
        denied = files.denied(path, error)
        raise denied or SettingsError(f"{path}: cannot be read: {error.strerror}.") from None
    try:
        return parse(data.decode(), str(path))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}:{line}: is not UTF-8. Write the file anew as UTF-8.") from None


def parse(text: str, name: str = "settings") -> dict[str, str]:
    """The names and values of a text; of a name that stands twice, the later value counts."""
    found: dict[str, str] = {}
    at = _BLANK.match(text).end()  # type: ignore[union-attr]
    while at < len(text):
        comment = _COMMENT.match(text, at)
        if comment:
            at = _after_comment(text, comment, name)
        else:
            key, at = _key(text, at, name)
            found[key], at = _value(text, at, name)
        at = _BLANK.match(text, at).end()  # type: ignore[union-attr]
    return found


def checkout_file() -> Path | None:
    """The `.env` of a checkout of one's own that the command is run in; None for any other.

    The folder somebody happens to stand in must not decide where a password is sent to. Raises
    SettingsError where the checkout or its file is somebody else's, or open to others' writing.
    """
    path = Path(DOTENV).absolute()
    if not path.is_file() or not _is_checkout(path.parent):
        return None
    for each in (path.parent, path, path.parent / "pyproject.toml"):
        found = each.lstat()
        if found.st_uid != os.geteuid():
            raise SettingsError(
                f"{path} is not read: {each} belongs to another user. Run the command as its"
                " owner, or elsewhere."
            )
        if _open_to_others(found):
            raise SettingsError(
                f"{path} is not read: others may write {each}. Run `chmod go-w {each}`."
            )
    return path


def _is_checkout(folder: Path) -> bool:
    try:
        text = files.read_bounded(folder / "pyproject.toml", LARGEST).decode()
    except (OSError, UnicodeDecodeError):
        return False
    return _CHECKOUT.search(text) is not None


def _open_to_others(found: os.stat_result) -> bool:
    if stat.S_ISLNK(found.st_mode):
        return True
    # A group of one's own is nobody else: many systems make files with umask 002.
    group = found.st_mode & stat.S_IWGRP and found.st_gid != os.getegid()
    return bool(found.st_mode & stat.S_IWOTH or group)


def _after_comment(text: str, comment: re.Match[str], name: str) -> int:
    if comment.group().endswith("\\"):
        # systemd up to 253 takes the next line for a part of the comment, later ones do not.
        raise _problem(text, comment.start(), name, "a comment ends in \\. Remove it")
    return comment.end()


def _key(text: str, at: int, name: str) -> tuple[str, int]:
    found = _KEY.match(text, at)
    assert found is not None
    key = found.group().strip()
    if not text.startswith("=", found.end()):
        raise _problem(text, at, name, "there is no =. Write NAME=value")
    if not _NAME.fullmatch(key):
        raise _problem(text, at, name, "this is no name. Write NAME=value, without `export`")
    return key, found.end() + 1


def _value(text: str, at: int, name: str) -> tuple[str, int]:
    """A value, which may be several quoted pieces and then a plain one."""
    pieces: list[str] = []
    while True:
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        if text[at : at + 1] not in ("'", '"'):
            plain = _PLAIN.match(text, at)
            assert plain is not None
            return "".join((*pieces, _plain(plain.group()))), plain.end()
        quoted = (_SINGLE if text[at] == "'" else _DOUBLE).match(text, at)
        if quoted is None:
            raise _problem(text, at, name, f"the quote {text[at]} is not closed. Close it")
        piece = quoted.group(1)
        pieces.append(piece if text[at] == "'" else _ESCAPED.sub(_quoted, piece))
        at = quoted.end()


def _quoted(found: re.Match[str]) -> str:
    character = found.group(1)
    if character == "\n":
        return ""
    return character if character in _IN_QUOTES else f"\\{character}"


def _plain(text: str) -> str:
    """Without the white space at its end, unless a backslash stands before it."""
    end = max((each.end() for each in _KEPT.finditer(text)), default=0)
    return _ESCAPED.sub(lambda each: each.group(1).strip("\r\n"), text[:end])


def _problem(text: str, at: int, name: str, what: str) -> SettingsError:
    return SettingsError(f"{name}:{text.count(chr(10), 0, at) + 1}: {what}.")
