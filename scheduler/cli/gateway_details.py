"""What `tou gateway info --all` shows: every read of the gateway, private data hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from scheduler.outside import hides_tokens, said

PRIVATE: Final = "[private]"
_KEYS: Final = re.compile(
    r"serial|vin$|^din$|e?mail|phone|address|(^|_)(site|network|first|last|customer)?_?name$|ssid"
    r"|mac|(^|_)ip($|_)|customer|company|location|gateway_id|part_number|password|token",
    re.IGNORECASE,
)
_VALUES: Final = re.compile(
    r"[^\s@]{1,64}@[^\s@]{1,255}"  # an e-mail address
    r"|\b\d{7}-\d\d-[A-Z]--\w+"  # part number and serial number
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b"
    r"|\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b"
    r"|\b[A-Z]{1,3}\d[0-9A-Z]{9,}\b"  # a serial number
)
_LONGEST: Final = 300
_DEEPEST: Final = 12


def shown(value: object, *, private: bool, key: str = "", depth: int = 0) -> object:
    """A value of the gateway's fit to be shown; with `private` its numbers and names as well."""
    if depth > _DEEPEST:
        return "..."
    if isinstance(value, Mapping):
        return {
            said(name, limit=80): shown(each, private=private, key=str(name), depth=depth + 1)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [shown(each, private=private, key=key, depth=depth + 1) for each in value]
    if not private and value not in (None, "", True, False) and _KEYS.search(key):
        return PRIVATE
    if not isinstance(value, str):
        return value
    text = hides_tokens(said(value, limit=_LONGEST))
    return text if private else _VALUES.sub(PRIVATE, text)


def lines(found: Mapping[str, object]) -> Iterator[str]:
    """As text: a line for each value, under the path it was read from."""
    for path, value in found.items():
        yield ""
        yield path
        yield from _lines(value, "")


def _lines(value: object, name: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from _lines(each, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and value:
        for number, each in enumerate(value):
            yield from _lines(each, f"{name}[{number}]")
    else:
        yield f"  {name:<40} {_word(value)}" if name else f"  {_word(value)}"


def _word(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value not in ("", [], {}) else "-"
