"""JSON text to data, and to nodes with their places once somebody asks where something stands."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from scheduler.errors import Place, Problem, ScheduleError
from scheduler.schedule.document import Data, Loc, Node, place_in
from scheduler.schedule.wording import path_text, shown

MAX_DEPTH = 60
MAX_CHARACTERS = 20_000_000
"""Ten times the longest answer of a rate database that was seen."""

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def data_of(text: str, file: str) -> tuple[Data, bool]:
    """The data, and whether some key stands twice; then the first counts. Raises ScheduleError."""
    if len(text) > MAX_CHARACTERS:
        raise _fault(Place(file, 1, 1), f"it is longer than {MAX_CHARACTERS} characters")
    twice = False

    def block(pairs: list[tuple[str, Data]]) -> dict[str, Data]:
        nonlocal twice
        found = dict(reversed(pairs))
        twice = twice or len(found) < len(pairs)
        return dict(reversed(found.items()))

    try:
        data = json.loads(text, object_pairs_hook=block, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        what = f"it breaks off here, {error.msg[:1].lower()}{error.msg[1:]}"
        raise _fault(place_in(text, error.pos, file), what) from None
    except RecursionError:
        raise _fault(Place(file, 1, 1), "the nesting is too deep") from None
    except ValueError as error:
        raise _fault(Place(file, 1, 1), _lowered(error)) from None
    if _depth(data) > MAX_DEPTH:
        raise _fault(Place(file, 1, 1), "the nesting is too deep")
    return data, twice


def _refuse(constant: str) -> Data:
    raise ValueError(f"it holds {constant}, which is no number")


def _lowered(error: ValueError) -> str:
    return str(error) if str(error).startswith("it holds") else "it holds a number of many digits"


def _depth(data: Data) -> int:
    depth, level = 0, [data]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [child for each in level for child in _inside(each)]
    return depth


def _inside(data: Data) -> Iterator[Data]:
    if isinstance(data, dict):
        yield from data.values()
    elif isinstance(data, list):
        yield from data


def _fault(place: Place, what: str) -> ScheduleError:
    return ScheduleError((Problem(place, "", f"This is not JSON: {what}.", "json"),))


class Nodes:
    """The nodes of a text that `data_of` has read; where a key stands twice, the first."""

    def __init__(self, text: str, file: str) -> None:
        self.problems: list[Problem] = []
        self._text = text
        self._file = file
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def root(self) -> Node:
        return self._value(self._skip(0), ())[0]

    def _value(self, at: int, loc: tuple[int | str, ...]) -> tuple[Node, int]:
        start = Node(*self._position(at), None)
        if self._text[at] == "{":
            return start, self._block(at, start, loc)
        if self._text[at] == "[":
            return start, self._list(at, start, loc)
        data, end = _DECODER.raw_decode(self._text, at)
        return Node(start.line, start.column, data), end

    def _list(self, at: int, node: Node, loc: tuple[int | str, ...]) -> int:
        at = self._skip(at + 1)
        while self._text[at] != "]":
            index = len(node.children)
            node.children[index], at = self._value(at, (*loc, index))
            at = self._next(at)
        return at + 1

    def _block(self, at: int, node: Node, loc: tuple[int | str, ...]) -> int:
        at = self._skip(at + 1)
        while self._text[at] != "}":
            position = self._position(at)
            key, at = _DECODER.raw_decode(self._text, at)
            value, at = self._value(self._skip(self._skip(at) + 1), (*loc, key))
            if first := node.keys.get(key):
                self._complain(position, (*loc, key), first[0])
            else:
                node.keys[key], node.children[key] = position, value
            at = self._next(at)
        return at + 1

    def _complain(self, position: tuple[int, int], loc: Loc, first: int) -> None:
        message = f"{shown(loc[-1])} stands twice, first on line {first}. Keep one of them."
        place = Place(self._file, *position)
        self.problems.append(Problem(place, path_text(loc), message, "duplicate-key"))

    def _position(self, at: int) -> tuple[int, int]:
        line = bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def _next(self, at: int) -> int:
        at = self._skip(at)
        return self._skip(at + 1) if self._text[at] == "," else at
