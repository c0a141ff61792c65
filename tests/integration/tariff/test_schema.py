"""What an editor says of tariff files and holiday lists by the committed schemas."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scheduler.schedule import library, source

BAD = Path(__file__).parents[2] / "data" / "tariffs" / "bad"
TYPES: dict[str, Any] = {
    "null": type(None),
    "string": str,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
}


def schema(name: str) -> dict[str, Any]:
    text: dict[str, Any] = json.loads((library.shipped() / name).read_text(encoding="utf-8"))
    return text


def accepts(part: dict[str, Any], value: Any, whole: dict[str, Any]) -> bool:
    """As much of JSON schema as these two files use."""
    if "$ref" in part and not accepts(
        whole["$defs"][part["$ref"].rpartition("/")[2]], value, whole
    ):
        return False
    if "anyOf" in part and not any(accepts(each, value, whole) for each in part["anyOf"]):
        return False
    if "type" in part and not isinstance(value, TYPES[part["type"]]):
        return False
    if isinstance(value, dict):
        return accepts_block(part, value, whole)
    if isinstance(value, list):
        items = part.get("items", {})
        return len(value) >= part.get("minItems", 0) and all(
            accepts(items, each, whole) for each in value
        )
    if isinstance(value, str) and len(value) < part.get("minLength", 0):
        return False
    if isinstance(value, str) and re.search(part.get("pattern", ""), value) is None:
        return False
    return "enum" not in part or value in part["enum"]


def accepts_block(part: dict[str, Any], value: dict[str, Any], whole: dict[str, Any]) -> bool:
    fields, others = part.get("properties", {}), part.get("additionalProperties", {})
    if not set(part.get("required", ())) <= set(value):
        return False
    if any(not accepts(part.get("propertyNames", {}), name, whole) for name in value):
        return False
    if others is False and not set(value) <= set(fields):
        return False
    return len(value) >= part.get("minProperties", 0) and all(
        accepts(fields.get(name, others or {}), each, whole) for name, each in value.items()
    )


@pytest.mark.parametrize("id_", library.ids())
def test_an_editor_accepts_a_shipped_tariff(id_: str) -> None:
    data = source.read(library.shipped() / "tariffs" / f"{id_}.yaml").data
    whole = schema("tariff.schema.json")

    assert accepts(whole, data, whole)


def test_an_editor_accepts_the_shipped_holiday_lists() -> None:
    path = library.shipped() / "holidays.yaml"
    whole = schema("holidays.schema.json")

    assert accepts(whole, source.read(path).data, whole)
    assert path.read_text("utf-8").startswith(
        "# yaml-language-server: $schema=./holidays.schema.json\n"
    )


@pytest.mark.parametrize("name", ["tariff.schema.json", "holidays.schema.json"])
def test_every_key_tells_what_it_is_for_with_an_example_that_an_editor_accepts(name: str) -> None:
    whole = schema(name)

    for part in (whole, *whole["$defs"].values()):
        for key, field in part["properties"].items():
            assert field["description"].endswith("."), key
            assert field["examples"], key
            assert all(accepts(field, example, whole) for example in field["examples"]), key


# Faults of form; whether the parts fit together is beyond an editor.
@pytest.mark.parametrize(
    "defect",
    [
        "choice",
        "checked",
        "currency",
        "date",
        "day-class",
        "effective",
        "missing-key",
        "name",
        "season",
        "unknown-key",
        "window",
        "wrong-type",
    ],
)
def test_an_editor_marks_a_bad_file(defect: str) -> None:
    whole = schema("tariff.schema.json")

    assert not accepts(whole, source.read(BAD / f"{defect}.yaml").data, whole)
