"""How an entry becomes text and a hash. Knows nothing of databases.

The hash of an entry is the SHA-256 of a JSON array, without spaces and in UTF-8, of the hash of
the entry before and the entry's own columns. Change this and no old audit verifies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from json.encoder import encode_basestring as _quoted
from typing import Final, NamedTuple

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]

GENESIS: Final = ""
"""What stands for the hash before the first entry."""


class Row(NamedTuple):
    """The columns of an entry that its hash covers, in their order."""

    id: int
    at: int
    site: str
    entry: str
    kind: str
    run: int | None
    name: str | None
    wake: str | None
    outcome: str | None
    detail: str


def canonical(value: Json) -> str:
    """JSON text with sorted keys and no spaces. Raises ValueError for what JSON cannot say."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return storable(text)


def storable(text: str) -> str:
    """The text, with a question mark for what UTF-8 cannot hold (half a surrogate pair, as the
    body of a broken answer may bring)."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def digest(prev: str, row: Row) -> str:
    """The hash of an entry, hex. Written out by hand: `json.dumps` takes a third longer, and a
    million entries are verified in one go."""
    id_, at, site, entry, kind, run, name, wake, outcome, detail = row
    text = (
        f'["{prev}",{id_},{at},{_quoted(site)},{_quoted(entry)},{_quoted(kind)},'
        f"{'null' if run is None else run},{_text(name)},{_text(wake)},{_text(outcome)},"
        f"{_quoted(detail)}]"
    )
    return sha256(text.encode()).hexdigest()


def _text(value: str | None) -> str:
    return "null" if value is None else _quoted(value)
