"""The JSON schemas of the three files, from their models: `python -m tools.schemas`.

For editors only; what is right is for `load` to say. Must not know how a file is read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from scheduler.schedule import library
from scheduler.schedule.model import ScheduleFile
from scheduler.schedule.tariff_shape import HolidaysFile, TariffFile

FILES: dict[str, type[BaseModel]] = {
    "schedule.schema.json": ScheduleFile,
    "tariff.schema.json": TariffFile,
    "holidays.schema.json": HolidaysFile,
}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_text(model: type[BaseModel]) -> str:
    """The schema of a file's model, as it is committed."""
    schema = {"$schema": _DIALECT, **_without_titles(model.model_json_schema())}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Write every schema into a folder."""
    for name, model in FILES.items():
        (folder / name).write_text(schema_text(model), encoding="utf-8")


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """The same without pydantic's titles, which say `Allow On Peak` for allow_on_peak."""
    return {
        key: _inside(key, value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }


def _inside(key: str, value: Any) -> Any:
    if key in ("properties", "$defs"):
        return {name: _without_titles(each) for name, each in value.items()}
    if key in ("examples", "default", "enum", "const"):
        return value
    if isinstance(value, dict):
        return _without_titles(value)
    if isinstance(value, list):
        return [_inside("", each) for each in value]
    return value


if __name__ == "__main__":
    write(library.shipped())
