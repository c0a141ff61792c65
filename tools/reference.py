"""The reference page of both files, from their models and tables of checks:
`python -m tools.reference` writes docs/schedule.md.

For people; must not know how a file is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from scheduler.advice import ADVICE
from scheduler.advice.limits import LIMIT_CHECKS, LIMIT_WARNINGS
from scheduler.schedule import library
from scheduler.schedule.complaints import SHAPE_CHECKS
from scheduler.schedule.lint import SENSE, VALUE_CHECKS
from scheduler.schedule.model import InsetFile, JobFile, RuleFile, ScheduleFile
from scheduler.schedule.tariff_doubts import TARIFF_DOUBTS
from scheduler.schedule.tariff_file import TARIFF_CHECKS
from scheduler.schedule.tariff_shape import HolidayListPart, HolidaysPart, PricesPart, TariffFile

FILE: Final = Path("docs", "schedule.md")
_WARNING: Final = "warning"
_COLUMNS: Final = ("key", "holds", "default", "meaning", "examples")
_PARTS: Final[dict[str, tuple[tuple[str, type[BaseModel]], ...]]] = {
    "The schedule file": (
        ("", ScheduleFile),
        ("rules: each rule", RuleFile),
        ("inset: where it is a block", InsetFile),
        ("jobs: each job", JobFile),
    ),
    "The tariff file": (
        ("", TariffFile),
        ("holidays", HolidaysPart),
        ("prices", PricesPart),
    ),
    "The holiday lists": (("lists: each list", HolidayListPart),),
}
_HEAD: Final = """\
# Schedules and tariffs: every key, every check

This page is made from the program itself. `tou check FILE` reads a file and names each problem
with its line and the id of the check, in brackets; an editor that knows YAML schemas shows most
of them while you write.
"""
_CHECKS: Final = """\
## Checks

What is asked of a file, by the id that a problem ends in. An error stops (exit code 78); a
warning does not, unless `tou check --strict` asks for that.
"""


def page() -> str:
    """The text of the page."""
    parts = [_HEAD]
    for title, models in _PARTS.items():
        parts.append(f"## {title}\n")
        parts += [_keys(heading, model) for heading, model in models]
    parts.append(_CHECKS)
    parts += [_check_table(heading, rows) for heading, rows in _checks().items()]
    return "\n".join(parts)


def _keys(heading: str, model: type[BaseModel]) -> str:
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    rows = [
        (
            f"`{name}`",
            _words(schema["properties"][name], definitions),
            _default(schema["properties"][name], field),
            str(field.description or ""),
            ", ".join(f"`{_flow(each)}`" for each in field.examples or ()),
        )
        for name, field in model.model_fields.items()
    ]
    title = f"### {heading}\n\n" if heading else ""
    return f"{title}{_sentence(model)}\n\n{_table(_COLUMNS, rows)}"


def _sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _default(schema: Mapping[str, Any], field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = schema.get("default")
    return "-" if default is None else f"`{_flow(default)}`"


def _words(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """What a JSON schema allows, for people."""
    words = list(dict.fromkeys(_each(schema, definitions)))
    if len(words) == 2 and words[1] == f"a list of: {words[0]}":
        return f"{words[0]}; or a list of such"
    return " or ".join(words)


def _each(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    if "enum" in schema:
        yield "one of " + ", ".join(f"`{word}`" for word in schema["enum"])
    elif "const" in schema:
        yield f"`{_flow(schema['const'])}`"
    elif "$ref" in schema:
        yield "a block"
    elif schema.get("type") == "array":
        item = _words(schema["items"], definitions)
        yield "a list of blocks" if item == "a block" else f"a list of: {item}"
    elif "anyOf" in schema and schema.get("type") != "string":
        for part in schema["anyOf"]:
            yield from _each(part, definitions)
    elif schema.get("type") != "null":
        # An empty value is refused; the model's null stands for a key that is left out.
        yield _TYPES.get(str(schema.get("type")), "a value")


_TYPES: Final = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
    "object": "a block",
}


def _flow(value: object) -> str:
    """A value as YAML writes it on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(_flow(each) for each in value)}]"
    return value if isinstance(value, str) else json.dumps(value)


def _checks() -> dict[str, Iterable[tuple[str, str, str]]]:
    """The tables of checks, each with rows of id, severity and sentence."""
    return {
        "The shape of any file": _errors(SHAPE_CHECKS),
        "The values of a schedule": _errors(VALUE_CHECKS),
        "The sense of a schedule": [(each.id, each.severity, each.about) for each in SENSE],
        "The coming year of a schedule": [(each.id, each.severity, each.about) for each in ADVICE],
        "What the configured gateway can do": [
            (id_, _WARNING if id_ in LIMIT_WARNINGS else "error", about)
            for id_, about in LIMIT_CHECKS.items()
        ],
        "The values and the sense of a tariff": _errors(TARIFF_CHECKS),
        "What to look up about a tariff": [
            (id_, _WARNING, about) for id_, about in TARIFF_DOUBTS.items()
        ],
    }


def _errors(table: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(id_, "error", about) for id_, about in table.items()]


def _check_table(heading: str, rows: Iterable[tuple[str, str, str]]) -> str:
    cells = [(f"`{id_}`", severity, about) for id_, severity, about in rows]
    return f"### {heading}\n\n{_table(('id', 'severity', 'what is asked'), cells)}"


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join(
        f"| {' | '.join(each.replace('|', chr(92) + '|') for each in line)} |\n" for line in lines
    )


if __name__ == "__main__":
    target = library.shipped().parent / FILE
    target.parent.mkdir(exist_ok=True)
    target.write_text(page(), encoding="utf-8")
