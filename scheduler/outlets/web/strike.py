"""What strikes secrets out of what leaves the house: those that are known by their value, and
whatever looks like one. Rather too much than too little.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from scheduler.outside import HIDDEN, forms_of

_WORD: Final = r"(?:pass(?:word|wd|phrase)|pwd|token|secret|cookie|api[_-]?key|authorization)"
_NAMED: Final = re.compile(rf"({_WORD}\w*[\"']?\s*[:=]\s*)[^\s,;]+", re.IGNORECASE)
_QUOTED: Final = re.compile(
    rf"({_WORD}\w*\s*(?:[:=]|is\b|was\b)?\s*)([\"'“])[^\"'”]*[\"'”]", re.IGNORECASE
)
_BEARER: Final = re.compile(r"\b(bearer|basic)\s+[^\s,;\"']+", re.IGNORECASE)
_USER: Final = re.compile(r"(://)[^/\s@\"']+@")
_QUERY: Final = re.compile(r"(https?://[^\s?\"']+\?)[^\s\"']+", re.IGNORECASE)
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
_SEGMENT: Final = 24
"""The name of a folder is shorter than this, and a path has no longer ones."""
_PARTS: Final = re.compile(r"[\s,]+")
_KEY: Final = re.compile(_WORD, re.IGNORECASE)


class Masking:
    """Strikes out; `known` are values that must not be shown, whatever they look like."""

    def __init__(self, known: Collection[str]) -> None:
        forms = {form for each in known if each for form in (*forms_of(each), *_PARTS.split(each))}
        self._forms = sorted((each for each in forms if len(each) > 3), key=len, reverse=True)

    def text(self, text: str) -> str:
        """Free text: what a gateway said, or an error."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        text = _BEARER.sub(rf"\1 {HIDDEN}", text)
        text = _QUOTED.sub(rf"\1{HIDDEN}", text)
        text = _NAMED.sub(rf"\1{HIDDEN}", text)
        text = _QUERY.sub(rf"\1{HIDDEN}", _USER.sub(rf"\1{HIDDEN}@", text))
        return _TOKEN.sub(_token, _MAIL.sub(HIDDEN, text))

    def known(self, text: str) -> str:
        """Text of a person's own, such as the schedule: only what is known to be secret."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text

    def data(self, value: Any) -> Any:
        """Data: every text of it, and whatever stands under the name of a secret."""
        if isinstance(value, Mapping):
            return {
                key: HIDDEN if _KEY.search(str(key)) and each else self.data(each)
                for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.data(each) for each in value]
        return self.text(value) if isinstance(value, str) else value


def _token(found: re.Match[str]) -> str:
    """A path is none, though it is as long as one."""
    text = found[0]
    path = text.startswith("/") and all(len(each) < _SEGMENT for each in text.split("/"))
    return text if path else HIDDEN
