"""What came after a run, in words: that it was accepted, and whether the battery does it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scheduler import outside
from scheduler.setting import setting_words

_EFFECTS: Final = {
    "seen": "the battery does it",
    "not_seen": "the battery does not do it",
    "cannot_tell": "the meters cannot tell",
}
_METERS: Final = {"battery_w": "battery", "grid_w": "grid", "solar_w": "sun", "load_w": "house"}
_LEFT_OUT: Final = {
    "evidence",
    "effect",
    "why",
    "charge",
    "charge_before",
    "after_seconds",
    "until",
    "wanted",
    *_METERS,
}


def evidence_words(detail: Mapping[str, Any]) -> str:
    """One line; the powers are as the gateway has them: a battery that takes is negative."""
    return "; ".join(_parts(detail))


def _parts(detail: Mapping[str, Any]) -> Iterator[str]:
    effect, why = detail.get("effect"), detail.get("why")
    if effect:
        told = _EFFECTS.get(str(effect), outside.said(effect))
        yield f"{told}: {outside.said(why)}" if why else told
    read = [
        f"{word} {detail[key] / 1000 + 0.0:.1f} kW"
        for key, word in _METERS.items()
        if isinstance(detail.get(key), int | float)
    ]
    if isinstance(charge := detail.get("charge"), int | float):
        before = detail.get("charge_before")
        told = f" ({before:.0f} % before)" if isinstance(before, int | float) else ""
        read.append(f"charge {charge:.0f} %{told}")
    if read:
        yield ", ".join(read)
    for key, value in detail.items():
        if key not in _LEFT_OUT and value is not None:
            yield f"{key.replace('_', ' ')}: {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping) and "mode" in value:
        return setting_words(value)
    if isinstance(value, float):
        return f"{value:g}"
    return outside.said(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
