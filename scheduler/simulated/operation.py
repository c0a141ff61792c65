"""Mode and reserve over HTTP, the commit, and the sitemaster."""

from __future__ import annotations

from typing import Final

from scheduler.setting import to_raw
from scheduler.simulated.battery import WireSetting
from scheduler.simulated.bodies import status_body
from scheduler.simulated.device import Device
from scheduler.simulated.exchange import (
    CANNOT_STOP,
    METHOD_NOT_ALLOWED,
    Received,
    Reply,
    data,
    empty,
    failure,
)
from scheduler.simulated.login import Fields, read_object
from scheduler.simulated.stamps import number
from scheduler.simulated.timepiece import Instant

_ECHOED: Final = ("mode", "real_mode", "backup_reserve_percent", "max_pv_export_power_kW")
# 5.000019999999999 for 5 is a captured body (PW2:samples/operation.json).
_NOISE: Final = 0.000019999999999
_EARLY_MODES: Final = ("self_consumption", "backup")


def read_operation(device: Device, _request: Received, _moment: Instant) -> Reply:
    """GET /api/operation: the setting sent; whether a real one shows that or the one in force
    is unknown (U)."""
    setting = device.active if device.faults.shows_active else device.staged
    reserve = setting.reserve + (_NOISE if device.faults.noise else 0)
    body: dict[str, object] = {
        device.profile.mode_key: setting.mode,
        "backup_reserve_percent": number(reserve),
    }
    if device.profile.freq_shift is not None:
        charge, shift = device.profile.freq_shift
        body["freq_shift_load_shed_soe"] = charge
        body["freq_shift_load_shed_delta_f"] = shift
    return data(body)


def write_operation(device: Device, request: Received, _moment: Instant) -> Reply:
    """POST /api/operation: staged until the commit; the answer echoes what was sent."""
    fields = read_object(request.body)
    if isinstance(fields, Reply):
        return fields
    setting = _setting(device, fields)
    if isinstance(setting, Reply):
        return setting
    device.send(setting)
    return data({key: value for key, value in fields.items() if key in _ECHOED})


def commit(device: Device, _request: Received, moment: Instant) -> Reply:
    """GET /api/config/completed: 202 and nothing, from 1.43.3 on 200 and the status."""
    device.commit(moment)
    return data(status_body(device, moment)) if device.profile.commit_has_body else empty(202)


def run(device: Device, _request: Received, moment: Instant) -> Reply:
    """GET /api/sitemaster/run: accepted at once, up some seconds later."""
    device.run(moment)
    return empty(202)


def get_stop(device: Device, request: Received, moment: Instant) -> Reply:
    """GET /api/sitemaster/stop, the only way before 20.49 and no way after."""
    if device.profile.stop_is_post:
        return METHOD_NOT_ALLOWED
    return _stop(device, moment, force=request.parameters.get("force") == "true")


def post_stop(device: Device, request: Received, moment: Instant) -> Reply:
    """POST /api/sitemaster/stop with {"force":true}; the content type does not matter."""
    if not device.profile.stop_is_post:
        return METHOD_NOT_ALLOWED
    fields = read_object(request.body or b"{}")
    if isinstance(fields, Reply):
        return fields
    return _stop(device, moment, force=fields.get("force") is True)


def _stop(device: Device, moment: Instant, *, force: bool) -> Reply:
    against = device.profile.sitemaster == "can_reboot" and device.faults.can_reboot != "Yes"
    if device.faults.stop_refused or (against and not force):
        return CANNOT_STOP
    device.stop(moment)
    return empty(202)


def _setting(device: Device, fields: Fields) -> WireSetting | Reply:
    mode = fields.get(device.profile.mode_key)
    allowed = (*_EARLY_MODES, "autonomous") if device.profile.autonomous else _EARLY_MODES
    if mode not in allowed:
        return _bad_mode(allowed)
    reserve = fields.get("backup_reserve_percent", device.staged.reserve)
    if isinstance(reserve, bool) or not isinstance(reserve, int | float):
        error = "json: cannot unmarshal into Go struct field .backup_reserve_percent"
        return failure(400, error, "Unable to unmarshal body")
    if reserve > 100:  # what a real one does is unknown (U); a client that sends it is wrong
        return failure(400, "invalid backup reserve percent", "Unable to set operational mode")
    if reserve < 0:  # "ignored", by one report of 2018
        reserve = device.staged.reserve
    if device.faults.snapped and to_raw(80) < reserve < to_raw(100):
        reserve = to_raw(80)
    kept = device.staged.mode if device.faults.take("old_mode") else str(mode)
    return WireSetting(kept, reserve)


def _bad_mode(allowed: tuple[str, ...]) -> Reply:
    """Captured on 1.18; the later text for an unknown mode is made in its likeness (U)."""
    words = "either self_consumption or backup" if len(allowed) == 2 else ", ".join(allowed)
    return failure(500, f"Mode must be {words}", "Unable to set operational mode")
