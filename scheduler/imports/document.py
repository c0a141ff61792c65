"""JSON text to plain data that can tell where each part of it stands.

Knows nothing of tariffs. JSON inside a JSON string is unwrapped, as the caches of some
programs write it, and its places still point into the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from scheduler.errors import Place, Problem, ScheduleError
from scheduler.imports.naming import plain
from scheduler.schedule.wording import path_text, shown

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Path: TypeAlias = "tuple[str | int, ...]"

MAX_BYTES = 10_000_000
"""An answer of 500 full OpenEI records has about half of this."""
MOST_SHOWN = 20
MAX_DEPTH = 60
MAX_MESSAGE = 2_000
MAX_WRAPPINGS = 3
_SPACE = " \t\n\r"
_DECODER = json.JSONDecoder()
_TOKEN = re.compile(r'(?P<key>"(?:[^"\\]|\\.)*")[ \t\n\r]*:|"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Layer:
    """One JSON text; `starts` are the offsets in the outer text of this text's characters."""

    text: str
    starts: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, before its place is looked up."""

    path: Path
    message: str
    check: str


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and where each part of it stands in the file."""

    file: str
    data: Json
    layers: tuple[Layer, ...]
    """The file's own text first, the innermost unwrapped text last."""

    def place(self, path: Path) -> Place:
        """The place of the deepest part of `path` that exists."""
        return _place(self.file, self.layers, _locate(self.layers[-1].text, path))

    def error(self, path: Path, message: str, check: str) -> ScheduleError:
        """An error with one problem, at a path."""
        return self.errors([Fault(path, message, check)])

    def errors(self, faults: Sequence[Fault], count: int | None = None) -> ScheduleError:
        """An error with the first faults; where there are more, `count` or all, it says so."""
        count = len(faults) if count is None else count
        shown = tuple(self._problem(each) for each in faults[:MOST_SHOWN])
        if count > MOST_SHOWN:
            message = f"There are {count:,} problems; the first {MOST_SHOWN} are shown."
            shown = (Problem(Place(self.file, 1, 1), "", message, "many"), *shown)
        return ScheduleError(shown)

    def _problem(self, fault: Fault) -> Problem:
        message = plain(fault.message, MAX_MESSAGE)
        return Problem(self.place(fault.path), path_text(fault.path), message, fault.check)


def parse(text: str, file: str) -> Document:
    """The document of a JSON text. Raises ScheduleError at the place of the first fault."""
    layers: tuple[Layer, ...] = (Layer(text.removeprefix("\ufeff")),)
    data = _load(file, layers)
    for _ in range(MAX_WRAPPINGS):
        if not isinstance(data, str) or data.lstrip(_SPACE)[:1] not in ("{", "[", '"'):
            break
        layers = (*layers, _unwrapped(layers[-1].text, data))
        data = _load(file, layers)
    return Document(file, data, layers)


def decoded(value: Json) -> Json:
    """The value, or what stands in it where a part was written as JSON in a string."""
    if isinstance(value, str) and value.lstrip(_SPACE)[:1] in ("[", "{") and not _too_deep(value):
        try:
            return json.loads(value)  # type: ignore[no-any-return]
        except (ValueError, RecursionError):
            return value
    return value


def _load(file: str, layers: tuple[Layer, ...]) -> Json:
    text = layers[-1].text
    if _too_deep(text):
        raise _fault(file, layers, 0, "The nesting is too deep for a rate.", "kind")
    twice: list[bool] = []
    try:
        data: Json = json.loads(text, parse_constant=_refuse, object_pairs_hook=_once(twice))
    except json.JSONDecodeError as error:
        message = f"The JSON breaks off here: {_lowered(error.msg)}. Export or download it again."
        raise _fault(file, layers, error.pos, message, "json") from None
    except _UnreadableError as error:
        raise _fault(file, layers, 0, str(error), "json") from None
    except (ValueError, RecursionError):
        message = "The JSON holds a number of too many digits."
        raise _fault(file, layers, 0, message, "json") from None
    if twice:
        raise _stands_twice(file, layers)
    return data


def _once(twice: list[bool]) -> Callable[[list[tuple[str, Json]]], dict[str, Json]]:
    """Objects as dicts; a key that stands twice in one is remembered."""

    def build(members: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(members)
        if len(found) < len(members):
            twice.append(True)
        return found

    return build


def _stands_twice(file: str, layers: tuple[Layer, ...]) -> ScheduleError:
    key, offset = next(_doubles(layers[-1].text))
    message = f"{shown(key)} stands twice in this object. Keep one of them."
    return _fault(file, layers, offset, message, "duplicate-key")


def _doubles(text: str) -> Iterator[tuple[str, int]]:
    """Each key that stands twice in its object, and where it stands again."""
    seen: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        mark = token[0][0]
        if mark in "{[":
            seen.append(set())
        elif mark in "]}":
            seen.pop()
        elif token["key"]:
            key = str(json.loads(token["key"]))
            if key in seen[-1]:
                yield key, token.start()
            seen[-1].add(key)


class _UnreadableError(Exception):
    """JSON as some programs write it, which no other can read."""


def _refuse(constant: str) -> Json:
    raise _UnreadableError(f"The JSON holds {constant}, which is no number.")


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _too_deep(text: str) -> bool:
    """The decoder recurses once per level; brackets in strings only make this stricter."""
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest > MAX_DEPTH


def _fault(
    file: str, layers: tuple[Layer, ...], offset: int, message: str, check: str
) -> ScheduleError:
    return ScheduleError((Problem(_place(file, layers, offset), "", message, check),))


def _place(file: str, layers: tuple[Layer, ...], offset: int) -> Place:
    for layer in reversed(layers[1:]):
        assert layer.starts is not None
        offset = layer.starts[min(offset, len(layer.starts) - 1)] if layer.starts else 0
    before = layers[0].text[:offset]
    return Place(file, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def _unwrapped(outer: str, inner: str) -> Layer:
    start = _skip(outer, 0) + 1
    return Layer(inner, tuple(_characters(outer, start)))


def _characters(raw: str, at: int) -> Iterator[int]:
    """Where each character of a JSON string starts in its raw text."""
    while at < len(raw) and raw[at] != '"':
        yield at
        if raw[at] != "\\":
            at += 1
        elif raw[at + 1] != "u":
            at += 2
        else:
            at += 12 if _surrogates(raw, at) else 6


def _surrogates(raw: str, at: int) -> bool:
    first, second = raw[at + 2 : at + 6].lower(), raw[at + 6 : at + 10].lower()
    return "d800" <= first <= "dbff" and "\\udc" <= second <= "\\udf"


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _locate(text: str, path: Path) -> int:
    at = _skip(text, 0)
    for step in path:
        found = _child(text, at, step)
        if found is None:
            break
        at = found
    return at


def _child(text: str, at: int, step: str | int) -> int | None:
    """Where a member or an item starts; of a key that stands twice the last, as JSON reads it."""
    if text[at] == "{":
        found = None
        for key, start in _members(text, at):
            found = start if key == step else found
        return found
    if text[at] == "[" and isinstance(step, int):
        return next((start for index, start in enumerate(_items(text, at)) if index == step), None)
    return None


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        yield key, at
        at = _next(text, at)


def _items(text: str, at: int) -> Iterator[int]:
    at = _skip(text, at + 1)
    while text[at] != "]":
        yield at
        at = _next(text, at)


def _next(text: str, at: int) -> int:
    """Past a value and the comma after it."""
    _, end = _DECODER.raw_decode(text, at)
    end = _skip(text, end)
    return _skip(text, end + 1) if text[end] == "," else end
