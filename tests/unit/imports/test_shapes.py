"""A Tesla sample says the same in every shape of its kind: generation, wrapper, number as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import imports

SAMPLES = sorted((Path(__file__).parents[2] / "data" / "imports" / "tesla_tariff").glob("*.json"))
WRAPS: dict[str, Callable[[Any], Any]] = {
    "alone": lambda body: body,
    "v1": lambda body: {"response": {"tariff_content": body, "tariff_content_v2": {}}},
    "v2": lambda body: {"response": {"tariff_content": {"seasons": {}}, "tariff_content_v2": body}},
    "request": lambda body: {"tou_settings": {"tariff_content_v2": body}},
    "deep": lambda body: {"data": [{"site": {"info": {"tariff_content": body}}}]},
    "text": lambda body: json.dumps({"response": {"tariff_content_v2": json.dumps(body)}}),
}


def body_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    while "seasons" not in found:
        keys = ("response", "tou_settings", "tariff_content_v2", "tariff_content")
        found = next(found[key] for key in keys if key in found)
    return found


def reshaped(season: dict[str, Any], *, nested: bool, texts: bool, zeros: bool) -> dict[str, Any]:
    """A season with its periods in a generation, numbers as text, zeros left out."""

    def numbers(fields: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in fields.items() if zeros or value or "Day" in key}
        return {key: str(value) if texts else value for key, value in kept.items()}

    def periods(value: list[Any] | dict[str, Any]) -> list[Any] | dict[str, Any]:
        listed = value["periods"] if isinstance(value, dict) else value
        made = [numbers(each) for each in listed]
        return {"periods": made} if nested else made

    labels = {label: periods(value) for label, value in season.get("tou_periods", {}).items()}
    rest = {key: value for key, value in season.items() if key != "tou_periods"}
    return {**numbers(rest), "tou_periods": labels}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
@settings(max_examples=25, database=None)
@given(
    wrap=st.sampled_from(sorted(WRAPS)),
    nested=st.booleans(),
    texts=st.booleans(),
    zeros=st.booleans(),
)
def test_a_sample_has_the_same_windows_in_every_shape(
    path: Path, wrap: str, nested: bool, texts: bool, zeros: bool
) -> None:
    body = body_of(path)
    seasons = {
        name: reshaped(season, nested=nested, texts=texts, zeros=zeros)
        for name, season in body["seasons"].items()
    }

    plain = imports.read(json.dumps(body), "plain.json").tariff
    found = imports.read(json.dumps(WRAPS[wrap]({**body, "seasons": seasons})), "bent.json").tariff

    assert found.seasons == plain.seasons
