"""Plain data that remembers where each part of it stands in its file.

Knows nothing of YAML or JSON: the readers beside it make these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scheduler.errors import Place, Problem
from scheduler.schedule.wording import path_text

Data = object
"""None, bool, int, float, str, list or dict of the same."""
Loc = Sequence[int | str]


@dataclass(frozen=True, slots=True)
class Node:
    line: int
    column: int
    data: Data
    children: dict[int | str, Node] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and where each part of it stands."""

    file: str
    text: str
    data: Data
    problems: tuple[Problem, ...] = ()
    """Faults of writing that leave the rest readable: duplicate keys, aliases, tags."""
    root: Callable[[], Node | None] = field(default=lambda: None, repr=False, compare=False)
    """The tree of places; of a long JSON text it is made only when a place is asked for."""

    def place(self, loc: Loc) -> Place:
        """The place of the deepest part of `loc` that exists; other steps are passed over."""
        node = self._deepest(loc)
        return Place(self.file, node.line, node.column) if node else Place(self.file, 1, 1)

    def key_place(self, loc: Loc) -> Place:
        """The place of the key that `loc` ends in, where the key itself is at fault."""
        node = self._deepest(loc[:-1])
        mark = node.keys.get(str(loc[-1])) if node and loc else None
        return Place(self.file, *mark) if mark else self.place(loc)

    def path(self, loc: Loc) -> str:
        """`rules[0].reserve`; of list positions only those that stand in the file."""
        node, steps = self.root(), list[int | str]()
        for step in loc:
            child = node.children.get(step) if node else None
            if child or not isinstance(step, int):
                steps.append(step)
            node = child or node
        return path_text(steps)

    def at(self, loc: Loc) -> Data:
        """The data at `loc`, or None."""
        node = self.root()
        for step in loc:
            node = node.children.get(step) if node else None
        return node.data if node else None

    def _deepest(self, loc: Loc) -> Node | None:
        node = self.root()
        for step in loc:
            node = (node.children.get(step) if node else None) or node
        return node


def place_in(text: str, offset: int, file: str) -> Place:
    line_start = text.rfind("\n", 0, offset) + 1
    return Place(file, text.count("\n", 0, offset) + 1, offset - line_start + 1)
