"""The JSON of the local API: what is written of a setting, what is read from an answer.

Reads leniently, since keys come and go with the firmware; plain functions without a connection.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from scheduler.gateway.base import RAW_TOLERANCE, Observed, Update, UpdateState
from scheduler.gateway.local.firmware import Firmware, mode_keys, short_version
from scheduler.setting import Setting, from_raw, to_raw

RESERVE: Final = "backup_reserve_percent"
LEAST_RAW: Final = 5.0  # app 0 %
MOST_RAW: Final = 100.0
_STATES: Final = {state.value: state for state in UpdateState}


def operation_body(setting: Setting, firmware: Firmware | None) -> dict[str, object]:
    """What is written of a setting: raw reserve, within the 5 to 100 that the app can show."""
    if isinstance(setting.reserve, str):
        raise TypeError("a hold must be resolved to a percentage before it is written")
    raw = min(max(to_raw(setting.reserve), LEAST_RAW), MOST_RAW)
    body: dict[str, object] = {key: setting.mode.value for key in mode_keys(firmware)}
    return {**body, RESERVE: int(raw) if raw.is_integer() else raw}


def observed_of(body: Mapping[str, object]) -> Observed | None:
    """The setting in a body of `operation`; None where it is not there. `mode` was the key
    before 1.20."""
    mode, reserve = body.get("real_mode") or body.get("mode"), number(body, RESERVE)
    if not isinstance(mode, str) or reserve is None:
        return None
    return Observed(mode=mode[:64], raw_reserve=reserve)


def charge_of(body: Mapping[str, object]) -> float | None:
    """App percent of a body of `system_status/soe`, which is on the raw scale."""
    percentage = number(body, "percentage")
    return None if percentage is None else from_raw(percentage)


def update_of(body: Mapping[str, object]) -> Update | None:
    """The update in a body of `system/update/status`, whose lists may be null or missing."""
    word, info = body.get("state"), body.get("info")
    if not isinstance(word, str):
        return None
    status = info.get("status") if isinstance(info, dict) else None
    first = status[0] if isinstance(status, list) and status else None
    version, last = body.get("version"), number(body, "last_status_time")
    return Update(
        state=_STATES.get(word),
        word=word[:64],
        status=first[:64] if isinstance(first, str) else None,
        last_status_ms=None if last is None else int(last),
        version=short_version(version) or None if isinstance(version, str) else None,
    )


def number(body: Mapping[str, object], key: str) -> float | None:
    """A finite number of a body, or None."""
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def echo_note(sent: Mapping[str, object], body: Mapping[str, object]) -> str | None:
    """A note where an answer repeats something else than was sent; the read-back decides."""
    mode, wanted = body.get("real_mode") or body.get("mode"), sent.get("real_mode")
    raw, reserve = number(sent, RESERVE), number(body, RESERVE)
    if isinstance(mode, str) and mode != wanted:
        return f"the answer repeats mode {mode[:40]} where {wanted} was sent"
    if raw is not None and reserve is not None and abs(raw - reserve) > RAW_TOLERANCE:
        return f"the answer repeats reserve {reserve} where {raw} was sent"
    return None
