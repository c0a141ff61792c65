"""Frozen values as plain data for JSON: a key for each field, instants in UTC with a Z.

The names of such a value's fields are a contract: they are only ever added to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from scheduler import clock


def as_json(value: Any, *without: str) -> dict[str, Any]:
    """The fields of a dataclass, in their order, but for those that are named."""
    names = (each.name for each in fields(value) if each.name not in without)
    return {name: plain(getattr(value, name)) for name in names}


def plain(value: Any) -> Any:
    """Any value as JSON has it; one that has a `to_json` of its own knows better."""
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(plain(each) for each in value)
    if hasattr(value, "to_json"):
        return value.to_json()
    return as_json(value) if is_dataclass(value) else _alone(value)


def _alone(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
