"""An imported JSON text: its data, and errors at the places of its parts.

JSON inside a JSON string is unwrapped, as the caches of some programs write it, and its places
still point into the file. Knows nothing of tariffs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import TypeAlias, cast

from scheduler.errors import Place, Problem, ScheduleError
from scheduler.imports.naming import plain
from scheduler.schedule import source
from scheduler.schedule.document import place_in
from scheduler.schedule.wording import path_text

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Path: TypeAlias = "tuple[str | int, ...]"

MAX_BYTES = 5_000_000
"""An answer of 500 full OpenEI records has less than this."""
MAX_MESSAGE = 2_000
MAX_WRAPPINGS = 3
MOST_SHOWN = 20
_SPACE = " \t\n\r"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, before its place is looked up."""

    path: Path
    message: str
    check: str


@dataclass(frozen=True, slots=True)
class RateFile:
    """Plain data, and where each part of it stands in the file."""

    file: str
    data: Json
    layers: tuple[source.Document, ...]
    """The file's own text first, the innermost unwrapped text last."""

    def place(self, path: Path) -> Place:
        """The place of the deepest part of `path` that exists."""
        if not path:
            text = self.layers[0].text
            return place_in(text, len(text) - len(text.lstrip(_SPACE)), self.file)
        return _outward(self.layers, self.layers[-1].place(path))

    def error(self, path: Path, message: str, check: str) -> ScheduleError:
        """An error with one problem, at a path."""
        return self.errors([Fault(path, message, check)])

    def errors(self, faults: Sequence[Fault], count: int | None = None) -> ScheduleError:
        """An error with the first faults; where there are more, `count` or all, it says so."""
        shown = [self._problem(each) for each in faults[:MOST_SHOWN]]
        return _counted(self.file, shown, len(faults) if count is None else count)

    def _problem(self, fault: Fault) -> Problem:
        message = plain(fault.message, MAX_MESSAGE)
        return Problem(self.place(fault.path), path_text(fault.path), message, fault.check)


def parse(text: str, file: str) -> RateFile:
    """The document of a JSON text. Raises ScheduleError at the places of what is wrong."""
    layers: tuple[source.Document, ...] = ()
    inner: object = text
    while isinstance(inner, str) and (not layers or _looks_wrapped(inner, len(layers))):
        try:
            layers = (*layers, source.compose_json(inner, file))
        except ScheduleError as error:
            raise _placed(file, layers, inner, error.problems) from None
        inner = layers[-1].data
    if problems := layers[-1].problems:
        raise _placed(file, layers[:-1], layers[-1].text, problems)
    return RateFile(file, cast("Json", inner), layers)


def decoded(value: Json) -> Json:
    """The value, or what stands in it where a part was written as JSON in a string."""
    if not isinstance(value, str) or value.lstrip(_SPACE)[:1] not in ("[", "{"):
        return value
    try:
        return cast("Json", source.compose_json(value, "").data)
    except ScheduleError:
        return value


def _looks_wrapped(text: str, depth: int) -> bool:
    return depth <= MAX_WRAPPINGS and text.lstrip(_SPACE)[:1] in ("{", "[", '"')


def _counted(file: str, shown: Sequence[Problem], count: int) -> ScheduleError:
    if count <= MOST_SHOWN:
        return ScheduleError(tuple(shown))
    message = f"There are {count:,} problems; the first {MOST_SHOWN} are shown."
    return ScheduleError((Problem(Place(file, 1, 1), "", message, "many"), *shown))


def _placed(
    file: str, layers: tuple[source.Document, ...], text: str, problems: Sequence[Problem]
) -> ScheduleError:
    """Problems of an inner text at their places in the file."""
    within = (*layers, source.Document(file, text, None, (), lambda: None))
    shown = [replace(each, place=_outward(within, each.place)) for each in problems[:MOST_SHOWN]]
    return _counted(file, shown, len(problems))


def _outward(layers: Sequence[source.Document], place: Place) -> Place:
    for outer, inner in reversed(list(pairwise(layers))):
        place = _in_outer(outer.text, inner.text, place)
    return place


def _in_outer(outer: str, inner: str, place: Place) -> Place:
    """Where a place of the inner text stands in the text that has it as a JSON string."""
    lines = inner.split("\n")[: place.line - 1]
    offset = sum(len(line) + 1 for line in lines) + place.column - 1
    start = outer.index('"') + 1
    at = next(islice(_characters(outer, start), offset, None), start)
    return place_in(outer, at, place.file)


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
