"""How faults are set, by attribute or by text, and used up; knows no fault by
name but that a door is shut.

A count is how many times a fault strikes, ALWAYS for ever, 0 never.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Final, Self

ALWAYS: Final = -1


@dataclass
class Switches:
    """The base of a table of faults; a field is a switch, a count, a number, a text or a dict."""

    refuse: bool = False
    """Connections are refused."""
    slow: float = 0.0
    """Seconds before each answer."""
    changed: Callable[[], None] | None = field(default=None, repr=False, compare=False)
    """Called when `refuse` changes, so that the door is shut at once; the server's own."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        listener = self.__dict__.get("changed")
        if name == "refuse" and listener is not None:
            listener()

    @classmethod
    def parse(cls, *texts: str) -> Self:
        """Faults from texts such as busy:3, slow:0.2, refuse, missing:status:2. Raises ValueError
        with the way out."""
        faults = cls()
        for text in texts:
            faults.set(text)
        return faults

    def set(self, text: str) -> None:
        """Switch one fault on. Raises ValueError with the way out."""
        name, _, value = text.strip().partition(":")
        kinds = self.kinds()
        if name not in kinds:
            raise ValueError(_unknown(name, kinds))
        try:
            setattr(self, name, self._read(name, kinds[name], value))
        except ValueError as error:
            raise ValueError(f'"{text}" is not a fault. Write {_EXAMPLES[kinds[name]]}.') from error

    def take(self, name: str) -> bool:
        """Whether a counted fault strikes now; it is then used up by one."""
        left = int(getattr(self, name))
        if left > 0:
            setattr(self, name, left - 1)
        return left != 0

    def take_switch(self, name: str) -> bool:
        """Whether a switch is on; it is then turned off."""
        on = bool(getattr(self, name))
        if on:
            setattr(self, name, False)
        return on

    def take_at(self, name: str, key: str) -> bool:
        """Whether a fault that belongs to a path or a key strikes now."""
        table: dict[str, int] = getattr(self, name)
        left = table.get(key, 0)
        if left > 0:
            table[key] = left - 1
        return left != 0

    def on(self) -> dict[str, object]:
        """What is not as usual."""
        usual = type(self)()
        found = {name: getattr(self, name) for name in self.kinds()}
        return {name: value for name, value in found.items() if value != getattr(usual, name)}

    def end(self) -> None:
        """All is as usual again."""
        usual = type(self)()
        for name in self.kinds():
            setattr(self, name, getattr(usual, name))

    def _read(self, name: str, kind: str, value: str) -> object:
        if kind == "switch":
            return _switch(value)
        if kind == "count":
            return int(value) if value else ALWAYS
        if kind == "number":
            return float(value)
        if kind == "whole":
            return int(value)
        if kind == "text":
            return value
        key, _, count = value.partition(":")
        if not key:
            raise ValueError("a key is missing")
        table: dict[str, int] = getattr(self, name)
        return {**table, key: int(count) if count else _FOREVER_OR_ONCE.get(name, ALWAYS)}

    @classmethod
    def kinds(cls) -> dict[str, str]:
        """Every fault that can be set by text: its name, and switch, count, number, whole, text
        or keyed."""
        return {each.name: _KINDS[str(each.type)] for each in fields(cls) if each.name != "changed"}


# A restart strikes once, or the gateway would never be back.
_FOREVER_OR_ONCE: Final = {"reboot": 1, "upgrade": 1, "answer_lost": 1, "hang": 1}

_KINDS: Final = {
    "bool": "switch",
    "int": "count",
    "float": "number",
    "float | None": "number",
    "int | None": "whole",
    "str": "text",
    "dict[str, int]": "keyed",
}
_EXAMPLES: Final = {
    "switch": "its name alone, such as refuse",
    "count": "its name, or its name and how often, such as busy:3",
    "number": "its name and a number, such as slow:0.2",
    "whole": "its name and a whole number, such as login_limit:5",
    "text": "its name and a text, such as can_reboot:Backup Mode",
    "keyed": "its name, a path or key, and perhaps how often, such as missing:status:2",
}


def _switch(value: str) -> bool:
    if value not in ("", "on", "off"):
        raise ValueError("not a switch")
    return value != "off"


def _unknown(name: str, kinds: dict[str, str]) -> str:
    near = difflib.get_close_matches(name, kinds, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(kinds)}."
    return f'No fault is called "{name}". {hint}'
