"""The JSON of the local API: what is written of a setting, what is read from an answer.

Reads leniently, since keys come and go with the firmware; plain functions without a connection.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from scheduler.gateway.abilities import Update, UpdateState
from scheduler.gateway.base import RAW_TOLERANCE, Counters, Powers
from scheduler.gateway.local.firmware import Firmware, mode_keys, short_version
from scheduler.outside import WORD, said, word
from scheduler.setting import Setting, SettingRead, from_raw, to_raw

RESERVE: Final = "backup_reserve_percent"
LEAST_RAW: Final = 5.0  # app 0 %
MOST_RAW: Final = 100.0
CONNECTED: Final = "SystemGridConnected"
_MOST_PERCENT: Final = 100.5
"""Some show a little more than all."""
_METERS: Final = ("site", "battery", "load", "solar")
_STATES: Final = {state.value: state for state in UpdateState}


def operation_body(setting: Setting, firmware: Firmware | None) -> dict[str, object]:
    """What is written of a setting: raw reserve, within the 5 to 100 that the app can show."""
    if isinstance(setting.reserve, str):
        raise TypeError("a hold must be resolved to a percentage before it is written")
    raw = min(max(to_raw(setting.reserve), LEAST_RAW), MOST_RAW)
    body: dict[str, object] = {key: setting.mode.value for key in mode_keys(firmware)}
    return {**body, RESERVE: int(raw) if raw.is_integer() else raw}


def setting_of(body: Mapping[str, object]) -> SettingRead | None:
    """The setting in a body of `operation`; None where it is not there. `mode` was the key
    before 1.20."""
    mode, reserve = body.get("real_mode") or body.get("mode"), number(body, RESERVE)
    if not isinstance(mode, str) or reserve is None:
        return None
    return SettingRead(mode=word(mode), reserve=from_raw(reserve))


def charge_of(body: Mapping[str, object]) -> float | None:
    """App percent of a body of `system_status/soe`, which is on the raw scale."""
    percentage = percent(body, "percentage")
    return None if percentage is None else from_raw(percentage)


def powers_of(body: Mapping[str, object]) -> Powers | None:
    """Watts of a body of `meters/aggregates`; None where no meter tells any."""
    found = {name: number(_meter(body, name), "instant_power") for name in _METERS}
    if not any(watts is not None for watts in found.values()):
        return None
    return Powers(
        battery=found["battery"], grid=found["site"], solar=found["solar"], load=found["load"]
    )


def counters_of(body: Mapping[str, object]) -> Counters:
    """Watt-hours of a body of `meters/aggregates`; a 0 that cannot be is not known."""

    def energy(name: str, way: str) -> float | None:
        return number(_meter(body, name), f"energy_{way}") or None

    return Counters(
        grid_imported=energy("site", "imported"),
        grid_exported=energy("site", "exported"),
        battery_charged=energy("battery", "imported"),
        battery_discharged=energy("battery", "exported"),
        solar=energy("solar", "exported"),
        load=energy("load", "imported"),
    )


def grid_of(body: Mapping[str, object]) -> bool | None:
    """Whether the house is on the grid."""
    word = body.get("grid_status")
    if not isinstance(word, str) or not word.startswith("System"):
        return None
    return word == CONNECTED


def in_the_way_of(body: Mapping[str, object]) -> tuple[str, ...]:
    """What a body of `grid_status` says is in the way of a setting."""
    return ("grid_services",) if body.get("grid_services_active") is True else ()


def update_of(body: Mapping[str, object]) -> Update | None:
    """The update in a body of `system/update/status`, whose lists may be null or missing."""
    state, info = body.get("state"), body.get("info")
    if not isinstance(state, str):
        return None
    status = info.get("status") if isinstance(info, dict) else None
    first = status[0] if isinstance(status, list) and status else None
    version, last = body.get("version"), number(body, "last_status_time")
    return Update(
        state=_STATES.get(state),
        word=word(state) or "",
        status=word(first),
        last_status_ms=None if last is None else int(last),
        version=word(short_version(version[: 4 * WORD])) if isinstance(version, str) else None,
    )


def _meter(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def number(body: Mapping[str, object], key: str) -> float | None:
    """A finite number of a body, or None."""
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def percent(body: Mapping[str, object], key: str) -> float | None:
    """A number of a body that a percentage can be, or None."""
    found = number(body, key)
    return found if found is not None and 0 <= found <= _MOST_PERCENT else None


def echo_note(sent: Mapping[str, object], body: Mapping[str, object]) -> str | None:
    """A note where an answer repeats something else than was sent; the read-back decides."""
    mode, wanted = body.get("real_mode") or body.get("mode"), sent.get("real_mode")
    raw, reserve = number(sent, RESERVE), number(body, RESERVE)
    if isinstance(mode, str) and mode != wanted:
        return f"the answer repeats mode {said(mode, limit=40)} where {wanted} was sent"
    if raw is not None and reserve is not None and abs(raw - reserve) > RAW_TOLERANCE:
        return f"the answer repeats reserve {reserve} where {raw} was sent"
    return None
