"""The committed JSON schemas: the models' own, and of some use to an editor."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scheduler.schedule import library, source
from tools import schemas as schema

DATA = Path(__file__).parents[2] / "data" / "schedules"


@pytest.mark.parametrize("name", schema.FILES)
def test_the_committed_schema_is_the_models_own(name: str) -> None:
    committed = (library.shipped() / name).read_text(encoding="utf-8")

    assert committed == schema.schema_text(schema.FILES[name]), "run python -m tools.schemas"


def test_every_key_of_a_schedule_tells_what_it_is_for() -> None:
    whole = json.loads(schema.schema_text(schema.FILES["schedule.schema.json"]))

    for part in (whole, *whole["$defs"].values()):
        assert part["additionalProperties"] is False
        for name, field in part["properties"].items():
            assert field["description"].endswith("."), name
            assert field["examples"], name


def accepts(part: dict[str, Any], value: Any, whole: dict[str, Any]) -> bool:
    """As much of JSON schema as these files use; an unknown keyword is an error."""
    return all(_KEYWORDS[keyword](part, value, whole) for keyword in part)


def _properties(part: dict[str, Any], value: Any, whole: dict[str, Any]) -> bool:
    fields = part["properties"].items()
    return all(accepts(each, value[name], whole) for name, each in fields if name in value)


def _type(part: dict[str, Any], value: Any, _: object) -> bool:
    if isinstance(value, bool):
        return bool(part["type"] == "boolean")
    types: dict[str, Any] = {"string": str, "number": (int, float), "array": list, "object": dict}
    return part["type"] in types and isinstance(value, types[part["type"]])


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


def _said(*_: object) -> bool:
    return True


_KEYWORDS: dict[str, Any] = {
    "$ref": lambda part, value, whole: accepts(
        whole["$defs"][part["$ref"].rpartition("/")[2]], value, whole
    ),
    "type": _type,
    "const": lambda part, value, _: value == part["const"],
    "enum": lambda part, value, _: value in part["enum"],
    "anyOf": lambda part, value, whole: any(accepts(each, value, whole) for each in part["anyOf"]),
    "pattern": lambda part, value, _: (
        not isinstance(value, str) or re.search(part["pattern"], value) is not None
    ),
    "minLength": lambda part, value, _: len(value) >= part["minLength"],
    "maxLength": lambda part, value, _: len(value) <= part["maxLength"],
    "minimum": lambda part, value, _: (
        not isinstance(value, float | int) or value >= part["minimum"]
    ),
    "maximum": lambda part, value, _: (
        not isinstance(value, float | int) or value <= part["maximum"]
    ),
    "minItems": lambda part, value, _: len(value) >= part["minItems"],
    "maxItems": lambda part, value, _: (
        not isinstance(value, list) or len(value) <= part["maxItems"]
    ),
    "items": lambda part, value, whole: (
        not isinstance(value, list) or all(accepts(part["items"], each, whole) for each in value)
    ),
    "required": lambda part, value, _: set(part["required"]) <= set(value),
    "properties": lambda part, value, whole: (
        not isinstance(value, dict) or _properties(part, value, whole)
    ),
    "additionalProperties": lambda part, value, _: (
        not isinstance(value, dict) or set(value) <= set(part["properties"])
    ),
    **dict.fromkeys(("$schema", "$defs", "description", "examples", "default"), _said),
}


@pytest.mark.parametrize("file", ["sce-tou-d-a.yaml", "sce-tou-d-4-9pm.yaml"])
def test_an_editor_accepts_a_shipped_schedule(file: str) -> None:
    whole = json.loads((library.shipped() / "schedule.schema.json").read_text(encoding="utf-8"))
    data = source.read(library.shipped() / file).data

    assert accepts(whole, data, whole)


def test_an_editor_accepts_every_example_of_the_schema() -> None:
    whole = json.loads((library.shipped() / "schedule.schema.json").read_text(encoding="utf-8"))

    for part in (whole, *whole["$defs"].values()):
        for name, field in part["properties"].items():
            assert all(accepts(field, example, whole) for example in field["examples"]), name


@pytest.mark.parametrize(
    "defect",
    [
        "days-not-understood",
        "dates-not-understood",
        "inset-not-understood",
        "job-kind-not-understood",
        "job-time-not-understood",
        "missing-keys",
        "mode-not-understood",
        "no-tariff-no-timezone",
        "other-words",
        "reserve-not-understood",
        "rules-empty",
        "unknown-keys",
        "window-not-understood",
        "wrong-types",
    ],
)
def test_an_editor_marks_a_bad_file(defect: str) -> None:
    whole = json.loads((library.shipped() / "schedule.schema.json").read_text(encoding="utf-8"))
    data = source.read(DATA / f"{defect}.yaml").data

    assert not accepts(whole, data, whole)
