"""How messages quote what a person wrote, and what they suggest instead.

Knows nothing of schedules. What it returns is one printable line, whatever the file holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_LONGEST = 40
LONGEST_TEXT = 200
"""Characters of any value that is read by a pattern; a longer one is not looked at."""
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")


def shown(data: object) -> str:
    """A value as a message quotes it: printable, short, in quotes where it is text."""
    match data:
        case None:
            return "nothing"
        case bool():
            return "true" if data else "false"
        case list():
            return "a list"
        case dict():
            return "a block of keys"
        case str():
            return f'"{_short(data)}"'
    return _short(str(data))


def plain(data: object) -> str:
    """A text with single spaces, ready for a pattern; empty where it is none, has characters that
    do not print, or is too long to be any value of a file."""
    if not isinstance(data, str) or len(data) > LONGEST_TEXT:
        return ""
    return " ".join(data.split()) if data.strip().isprintable() else ""


def path_text(loc: Sequence[int | str]) -> str:
    """`rules[0].reserve`, with keys that are no plain words in quotes."""
    text = ""
    for step in loc:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            key = step if _PLAIN_KEY.fullmatch(step) else shown(step)
            text += f".{key}" if text else key
    return text


def listed(words: Iterable[str], last: str = "and") -> str:
    """`a, b and c`, in the order given."""
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, whatever its case; None when there is none."""
    from difflib import get_close_matches

    folded = {each.casefold(): each for each in known}
    found = get_close_matches(word.casefold(), folded, n=1, cutoff=0.7)
    return folded[found[0]] if found else None


def one_or_list(words: Sequence[str]) -> str:
    """One word, or several as YAML lists them on a line."""
    return words[0] if len(words) == 1 else f"[{', '.join(words)}]"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean X?`, or nothing; to follow a sentence."""
    guess = nearest(word, known)
    return f" Did you mean {guess}?" if guess else ""


def _short(text: str) -> str:
    clipped = text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    return "".join(each if each.isprintable() else _escaped(each) for each in clipped)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
