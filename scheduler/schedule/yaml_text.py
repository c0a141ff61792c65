"""YAML text to nodes with their places.

Differs from YAML 1.1 on purpose: `16:00` and `22:05` stay text (PyYAML makes 960 and 1325 of
them), `on`, `yes` and `010` too. Duplicate keys, aliases, tags and merge keys are problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import yaml

from scheduler.errors import Place, Problem, ScheduleError
from scheduler.schedule.document import Data, Loc, Node, place_in
from scheduler.schedule.wording import path_text, shown

MAX_DEPTH = 40

_NULL = frozenset({"", "~", "null"})
_BOOL = {"true": True, "false": False}
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# What libyaml says, and what it means to the person who wrote the file.
_SYNTAX = (
    (
        "mapping values are not allowed",
        "no key can stand here; mend the indentation, or put a text with a colon in quotes",
    ),
    ("found unexpected end of stream", "the quote that opens here is not closed"),
    ("expected ',' or ']'", "the [ that opens here lacks a comma, or its closing ]"),
    ("expected ',' or '}'", "the { that opens here lacks a comma, or its closing }"),
    ("did not find expected '-'", "a list item must begin with - in line with the others"),
    ("did not find expected key", "this line is not in line with the keys before it"),
    ("could not find expected ':'", "a key here lacks its colon"),
    ("unknown escape character", "a backslash in double quotes needs a second one"),
    ("expected <document start>", "something stands outside the keys; mend the indentation"),
)


class Composer:
    """Builds nodes from the parser's events; one per text.

    Not the parser's own composer, which forgets where an alias stands and recurses without a
    limit.
    """

    def __init__(self, text: str, file: str) -> None:
        self.problems: list[Problem] = []
        self._text = text
        self._file = file
        self._events: Iterator[yaml.Event] = iter(())

    def document(self) -> Node | None:
        """The one document of the text; None when it is empty. Raises ScheduleError."""
        self._refuse_control_characters()
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._events = yaml.parse(self._text, Loader=loader)
        try:
            return self._only_document()
        except yaml.MarkedYAMLError as error:
            raise self._fatal(*self._explained(error)) from None
        except yaml.YAMLError:
            raise self._fatal(Place(self._file, 1, 1), "it cannot be read as text") from None

    def _only_document(self) -> Node | None:
        node = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node:
                    what = "a second document begins here; keep one"
                    raise self._fatal(self._place(event), what)
                node = self._node(next(self._events), ())
        return node

    def _node(self, event: yaml.Event, loc: tuple[int | str, ...]) -> Node:
        if len(loc) > MAX_DEPTH:
            raise self._fatal(self._place(event), "the nesting is too deep")
        start = Node(*_position(event), None)
        if isinstance(event, yaml.AliasEvent):
            message = f"Aliases (*{event.anchor}) are not allowed. Write the value out."
            self._complain(event, loc, message, "alias")
            return start
        if tag := getattr(event, "tag", None):
            written = str(tag).replace("tag:yaml.org,2002:", "!!")
            message = f"Tags ({shown(written)}) are not allowed. Write the value alone."
            self._complain(event, loc, message, "tag")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(start, loc)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(start, loc)
        assert isinstance(event, yaml.ScalarEvent)
        return replace(start, data=_scalar(event))

    def _sequence(self, start: Node, loc: tuple[int | str, ...]) -> Node:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            index = len(start.children)
            start.children[index] = self._node(event, (*loc, index))
        return replace(start, data=[child.data for child in start.children.values()])

    def _mapping(self, start: Node, loc: tuple[int | str, ...]) -> Node:
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            name = self._key(event, start, loc)
            value = self._node(next(self._events), (*loc, "?" if name is None else name))
            if name is not None and name not in start.children:
                start.keys[name] = _position(event)
                start.children[name] = value
        return replace(start, data={name: child.data for name, child in start.children.items()})

    def _key(self, event: yaml.Event, start: Node, loc: tuple[int | str, ...]) -> str | None:
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, (*loc, "?"))
            self._complain(event, loc, "A key must be a word. Write word: value.", "key")
            return None
        name = str(event.value)
        if name == "<<":
            message = "Merge keys (<<) are not allowed. Write the keys out."
            self._complain(event, loc, message, "merge-key")
            return None
        if first := start.keys.get(name):
            message = f"{shown(name)} stands twice, first on line {first[0]}. Keep one of them."
            self._complain(event, (*loc, name), message, "duplicate-key")
        return name

    def _place(self, event: yaml.Event) -> Place:
        return Place(self._file, *_position(event))

    def _complain(self, event: yaml.Event, loc: Loc, message: str, id_: str) -> None:
        self.problems.append(Problem(self._place(event), path_text(loc), message, id_))

    def _fatal(self, place: Place, what: str) -> ScheduleError:
        problem = Problem(place, "", f"This is not YAML: {what}.", "yaml")
        return ScheduleError((*self.problems, problem))

    def _refuse_control_characters(self) -> None:
        if found := _NOT_YAML.search(self._text):
            place = place_in(self._text, found.start(), self._file)
            what = f"the control character U+{ord(found[0]):04X} stands here; remove it"
            raise self._fatal(place, what)

    def _explained(self, error: yaml.MarkedYAMLError) -> tuple[Place, str]:
        said = f"{error.context} {error.problem}"
        meaning = next((what for words, what in _SYNTAX if words in said), None)
        meaning = meaning or error.problem or "it is not understood"
        mark = error.problem_mark or error.context_mark
        if "opens here" in meaning:
            mark = error.context_mark or mark
        position = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        place = Place(self._file, *position)
        if "cannot start any token" in said:
            return place, self._bad_start(place)
        return place, meaning

    def _bad_start(self, place: Place) -> str:
        line = self._text.split("\n")[place.line - 1 : place.line]
        character = line[0][place.column - 1 : place.column] if line else ""
        if character == "\t":
            return "a tab stands where spaces are needed"
        return f"{shown(character)} cannot begin a value; put the value in quotes"


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    assert mark is not None
    return mark.line + 1, mark.column + 1


def _scalar(event: yaml.ScalarEvent) -> Data:
    text = str(event.value)
    if not event.implicit[0]:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
