"""The one door for text from outside: what a gateway, a file of somebody else's or a network says,
before it reaches a log, an error, the audit or a terminal.

Secrets are hidden before anything is cut, so that no part of one remains; then whatever a terminal
or a spreadsheet would obey is made visible; then it is bounded.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "[hidden]"
LIMIT: Final = 200
# More than this is never looked at: a secret behind it cannot be shown either.
_LOOKED_AT: Final = 100_000
# Session tokens are 88 characters of base64; a din or a hash of 40 hex digits is none, but is not
# missed in an error either.
_TOKEN: Final = re.compile(r"[A-Za-z0-9+/_=-]{32,}")


def said(text: object, *, secrets: Iterable[str] = (), limit: int = LIMIT) -> str:
    """Text from outside on one line, fit to be shown: without the secrets, without control,
    format or bidirectional characters, and no longer than `limit`."""
    whole = _masked(_text(text), secrets)
    shown = " ".join("".join(map(_printable, whole[: 8 * limit + 64])).split())
    return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."


WORD: Final = 64
"""The longest word of a gateway's that is kept."""


def word(text: object, *, secrets: Iterable[str] = ()) -> str | None:
    """A word from outside, such as a mode or a version, fit to be shown; None where it is none."""
    if not isinstance(text, str):
        return None
    return said(hides_tokens(_text(text)), secrets=secrets, limit=WORD) or None


def hides_tokens(text: str) -> str:
    """The text without whatever looks like a session's token."""
    return _TOKEN.sub(HIDDEN, text)


def forms_of(secret: str) -> tuple[str, ...]:
    """How a secret may be spelt in an answer: plain, in JSON, in a URL."""
    plain = json.dumps(secret)[1:-1]
    wide = json.dumps(secret, ensure_ascii=False)[1:-1]
    spellings = (secret, plain, wide, quote(secret, safe=""), quote_plus(secret), quote(secret))
    return tuple(dict.fromkeys(spellings))


def _text(text: object) -> str:
    if isinstance(text, bytes):
        return text[:_LOOKED_AT].decode("utf-8", "replace")
    return text[:_LOOKED_AT] if isinstance(text, str) else str(text)[:_LOOKED_AT]


def _masked(text: str, secrets: Iterable[str]) -> str:
    forms = {form for secret in secrets if secret for form in _utf8_safe_forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text


def _utf8_safe_forms(secret: str) -> tuple[str, ...]:
    try:
        return forms_of(secret)
    except UnicodeEncodeError:  # a lone surrogate cannot stand in a URL
        return (secret, json.dumps(secret)[1:-1])


def _printable(character: str) -> str:
    """White space as a blank; what is not to be printed by its number, such as `\\x1b`."""
    if character.isspace():
        return " "
    if character.isprintable() and unicodedata.category(character) != "Cf":
        return character
    return (
        character.encode("ascii", "backslashreplace").decode()
        if ord(character) > 127
        else (f"\\x{ord(character):02x}")
    )
