"""What is asked on a set topic, read into what the service is asked; or refused with the reason.
Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scheduler import outside

LONGEST: Final = 2_000
_KNOWN: Final = (
    "mode", "reserve", "grid_charging", "export", "until", "reason", "who", "id", "clear",
)  # fmt: skip
_SETTING: Final = ("mode", "reserve", "grid_charging", "export")
_SHAPE: Final = '{"mode": "backup", "reserve": 100, "until": "2026-11-25T18:00:00Z"}'


class RefusedError(ValueError):
    """What was asked cannot be had; its text is for who asked."""

    def __init__(self, message: str, id: object = None) -> None:
        super().__init__(message)
        self.id = id


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """What the service is asked."""

    path: str
    body: Mapping[str, Any]
    id: str | int | None = None
    """By which who asked knows the result again."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """What was asked, to be shown with the result."""


def read(payload: bytes, *, retained: bool) -> LeaseRequest:
    """The request of a message, its end as a person wrote it. Raises RefusedError."""
    if retained:
        raise RefusedError(
            "A retained message would come again with every connection. Send it without retain, "
            "and delete this one by an empty retained message."
        )
    data = _object(payload)
    found = data.get("id")
    id = found if isinstance(found, str | int) and len(str(found)) <= 80 else None
    try:
        _check_keys(data)
        made = _clear(data) if "clear" in data else _override(data)
    except ValueError as error:
        raise RefusedError(str(error), id) from None
    return LeaseRequest(made.path, {**made.body, "who": _who(data)}, id, made.told)


def _object(payload: bytes) -> Mapping[str, Any]:
    if len(payload) > LONGEST:
        raise RefusedError(f"This is longer than {LONGEST} bytes. Send {_SHAPE}.")
    try:
        data = json.loads(payload, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise RefusedError(f"This is not JSON. Send {_SHAPE}.") from None
    if not isinstance(data, dict):
        raise RefusedError(f"This is not an object. Send {_SHAPE}.")
    return data


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number.")


def _check_keys(data: Mapping[str, Any]) -> None:
    unknown = sorted(set(data) - set(_KNOWN))
    if unknown:
        name = outside.said(unknown[0], limit=40)
        raise ValueError(f'"{name}" is not understood. There are {", ".join(_KNOWN)}.')


def _clear(data: Mapping[str, Any]) -> LeaseRequest:
    if data["clear"] is not True or set(data) - {"clear", "who", "id"}:
        raise ValueError('Send {"clear": true} alone to end the override.')
    return LeaseRequest("/leases/end", {"kind": "override"}, told={"clear": True})


def _override(data: Mapping[str, Any]) -> LeaseRequest:
    until = data.get("until")
    if until is None:
        raise ValueError(
            'It has no "until", so nothing would end it. Add one: a time such as '
            "2026-11-25T18:00:00Z or 18:00, a length such as 2h, or next for the next boundary. "
            "What should hold for good is a rule of the schedule."
        )
    if not isinstance(until, str):
        raise RefusedError('"until" is not a text. Write a time, a length such as 2h, or next.')
    named = {key: data[key] for key in _SETTING if data.get(key) is not None}
    told = {**named, "until": outside.said(until)}
    reason = {"reason": data["reason"]} if data.get("reason") else {}
    body = {"kind": "override", **named, "until": until, **reason}
    return LeaseRequest("/leases", body, told=told)


def _who(data: Mapping[str, Any]) -> str:
    """Who asks by their own word; the broker tells nobody who sent a message."""
    named = data.get("who")
    return f"mqtt: {outside.said(named, limit=60)}" if named else "mqtt"
