"""YAML text to plain data that remembers its places.

Differs from YAML 1.1 on purpose: `16:00` and `22:05` stay text (PyYAML makes 960 and 1325 of
them), `on`, `yes` and `010` too. Duplicate keys, aliases, tags and merge keys are problems.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from scheduler.errors import ConfigurationError, Place, Problem, ScheduleError

Data = object
"""None, bool, int, float, str, list or dict of the same."""
Loc = Sequence[int | str]

MAX_BYTES = 1_000_000
MAX_DEPTH = 40


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Knows null, true, false, whole numbers and decimals; all else is text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


def _resolve(tag: str, pattern: str, first: str) -> None:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


_resolve("null", r"^(?:~|null|)$", "~n\0")
_resolve("bool", r"^(?:true|false)$", "tf")
_resolve("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789")
_resolve("float", r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+$", "-+0123456789")
_Loader.yaml_implicit_resolvers.setdefault("", []).append(
    ("tag:yaml.org,2002:null", re.compile(r"^$"))
)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and where each part of it stands."""

    file: str
    text: str
    data: Data
    _node: yaml.Node | None = field(repr=False)

    def place(self, loc: Loc) -> Place:
        """The place of the deepest part of `loc` that exists; keys for mappings' own faults."""
        node, line, column = self._node, 1, 1
        if node is not None:
            line, column = node.start_mark.line + 1, node.start_mark.column + 1
        for step in loc:
            found = _child(node, step)
            if found is None:
                continue
            node = found
            line, column = node.start_mark.line + 1, node.start_mark.column + 1
        return Place(self.file, line, column)

    def key_place(self, loc: Loc) -> Place:
        """The place of the key that `loc` ends in, where the key itself is at fault."""
        node = self._node
        for step in loc[:-1]:
            node = _child(node, step) or node
        if isinstance(node, yaml.MappingNode):
            for key, _ in node.value:
                if key.value == loc[-1]:
                    return Place(self.file, key.start_mark.line + 1, key.start_mark.column + 1)
        return self.place(loc)


def _child(node: yaml.Node | None, step: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def read(path: Path, *, shown_as: str | None = None) -> Document:
    """The document of a file. Raises ScheduleError with places, or ConfigurationError when the
    file cannot be read at all."""
    name = shown_as or str(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"{name}: there is no such file.") from None
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot be read: {error.strerror}.") from None
    if len(raw) > MAX_BYTES:
        raise ConfigurationError(f"{name}: {len(raw)} bytes is too long for a schedule file.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        problem = Problem(
            Place(name, line, column), "", "This byte is not UTF-8. Save the file as UTF-8.", "yaml"
        )
        raise ScheduleError((problem,)) from None
    return parse(text, name)


def parse(text: str, file: str) -> Document:
    """The document of a text; `file` is what messages call it. Raises ScheduleError."""
    node = _compose(text, file)
    if node is None:
        return Document(file, text, None, None)
    problems: list[Problem] = []
    data = _build(node, file, "", problems, set(), 0)
    if problems:
        raise ScheduleError(tuple(sorted(problems, key=_position)))
    return Document(file, text, data, node)


def _position(problem: Problem) -> tuple[int, int]:
    return problem.place.line, problem.place.column


def _compose(text: str, file: str) -> yaml.Node | None:
    if _too_deep(text):
        raise ScheduleError((Problem(Place(file, 1, 1), "", "The nesting is too deep.", "yaml"),))
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_node()  # type: ignore[no-any-return]
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise ScheduleError((_syntax(error, file),)) from None
    except yaml.YAMLError as error:
        place = Place(file, text[: getattr(error, "position", 0) or 0].count("\n") + 1, 1)
        reason = getattr(error, "reason", None) or "not YAML"
        raise ScheduleError((Problem(place, "", f"This is not YAML: {reason}.", "yaml"),)) from None


def _syntax(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
    what = error.problem or error.context or "not understood"
    if "tab" in what or "'\\t'" in what:
        what = "a tab stands where spaces are needed"
    if "expected a single document" in f"{error.context} {error.problem}":
        what = "the file holds a second document after `---`; keep one"
    return Problem(place, "", f"This is not YAML: {what}.", "yaml")


def _too_deep(text: str) -> bool:
    """Cheap guard: the C composer recurses once per level and would exhaust the stack."""
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    indent = max((len(line) - len(line.lstrip(" -")) for line in text.splitlines()), default=0)
    return deepest > MAX_DEPTH or indent > 20 * MAX_DEPTH


def _build(
    node: yaml.Node, file: str, path: str, problems: list[Problem], seen: set[int], depth: int
) -> Data:
    def complain(where: yaml.Node, message: str, id_: str) -> None:
        place = Place(file, where.start_mark.line + 1, where.start_mark.column + 1)
        problems.append(Problem(place, path, message, id_))

    if id(node) in seen:
        complain(node, "Aliases (*name) are not allowed. Write the value out.", "alias")
        return None
    seen.add(id(node))
    if depth > MAX_DEPTH:
        complain(node, "The nesting is too deep.", "yaml")
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, file, path, problems, seen, depth)
    if isinstance(node, yaml.SequenceNode):
        _check_tag(node, "seq", complain)
        return [
            _build(item, file, f"{path}[{index}]", problems, seen, depth + 1)
            for index, item in enumerate(node.value)
        ]
    return _scalar(node, complain)


def _mapping(
    node: yaml.MappingNode,
    file: str,
    path: str,
    problems: list[Problem],
    seen: set[int],
    depth: int,
) -> dict[str, Data]:
    def complain(where: yaml.Node, message: str, id_: str) -> None:
        place = Place(file, where.start_mark.line + 1, where.start_mark.column + 1)
        problems.append(Problem(place, path, message, id_))

    _check_tag(node, "map", complain)
    data: dict[str, Data] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            complain(key, "A key must be one word.", "key")
            continue
        name = str(key.value)
        if key.tag == "tag:yaml.org,2002:merge" or name == "<<":
            complain(key, "Merge keys (<<) are not allowed. Write the keys out.", "merge-key")
            continue
        if name in data:
            complain(key, f'"{name}" stands twice, first on line {lines[name]}.', "duplicate-key")
            continue
        lines[name] = key.start_mark.line + 1
        child = f"{path}.{name}" if path else name
        data[name] = _build(value, file, child, problems, seen, depth + 1)
    return data


def _check_tag(node: yaml.Node, kind: str, complain: object) -> None:
    if node.tag != f"tag:yaml.org,2002:{kind}" and callable(complain):
        complain(node, f"Tags ({node.tag}) are not allowed.", "tag")


def _scalar(node: yaml.Node, complain: object) -> Data:
    text = str(node.value)
    match node.tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text == "true"
        case "int":
            return int(text) if len(text) < 20 else text
        case "float":
            return float(text)
        case "str":
            return text
    if callable(complain):
        complain(node, f"Tags ({node.tag}) are not allowed.", "tag")
    return None
