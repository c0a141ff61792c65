"""What the gateway measures: meters, charge, the pack. Shapes by firmware."""

from __future__ import annotations

import math

from scheduler.simulated.battery import FULL_PACK, MAX_POWER
from scheduler.simulated.captured import CAPTURED, Body
from scheduler.simulated.device import Device
from scheduler.simulated.house import METERS
from scheduler.simulated.options import SERIAL
from scheduler.simulated.stamps import NEVER, nanosecond_stamp, number
from scheduler.simulated.timepiece import Instant

_VOLTS = 240.0
PART = "3012170-05-B"
_LATER_STATUS: Body = {
    "instantaneous_max_apparent_power": 5760,
    "hardware_capability_charge_power": 0,
    "hardware_capability_discharge_power": 0,
    "available_charger_blocks": 0,
}


def charge_body(device: Device) -> Body:
    """/api/system_status/soe."""
    return {"percentage": number(device.battery.charge)}


def aggregates_body(device: Device, moment: Instant) -> Body:
    """/api/meters/aggregates."""
    body: Body = {name: _meter(device, name, moment) for name in METERS}
    if device.profile.meters == "2021":
        return body
    for name in ("busway", "frequency", "generator"):
        body[name] = _unused_meter(device)
    return body


def _meter(device: Device, name: str, moment: Instant) -> Body:
    powers = device.battery.powers(awake=device.sitemaster.running(moment.elapsed))
    watts = getattr(powers, name)
    energies = device.battery.energies
    body: Body = {
        "last_communication_time": nanosecond_stamp(device.local(device.metered(moment))),
        "instant_power": number(watts),
        "instant_reactive_power": -14,
        "instant_apparent_power": math.hypot(watts, 14),
        "frequency": _frequency(device, name),
        "energy_exported": number(energies.exported[name]),
        "energy_imported": number(energies.imported[name]),
        "instant_average_voltage": _VOLTS,
    }
    return _with_currents(device, name, body, round(watts / _VOLTS, 3))


def _with_currents(device: Device, name: str, body: Body, amperes: float) -> Body:
    phases = {"i_a_current": 0, "i_b_current": 0, "i_c_current": 0}
    if device.profile.meters == "2018":
        return {**body, "instant_total_current": amperes, **phases}
    if device.profile.meters == "2020":
        return {**body, **phases, "instant_total_current": amperes, "timeout": 1_500_000_000}
    return {
        **body,
        "instant_average_current": amperes,
        **phases,
        "last_phase_voltage_communication_time": NEVER,
        "last_phase_power_communication_time": NEVER,
        "last_phase_energy_communication_time": NEVER,
        "timeout": 1_500_000_000,
        **({} if name == "load" else {"num_meters_aggregated": 1}),
        "instant_total_current": amperes,
    }


def _frequency(device: Device, name: str) -> float:
    """0 for all but the battery since 21.39."""
    return 60.007 if name == "battery" or device.profile.meters != "2021" else 0


def _unused_meter(device: Device) -> Body:
    body = {**CAPTURED["unused_meter"], "last_communication_time": NEVER}
    return {**body, "timeout": 1_500_000_000} if device.profile.meters == "2020" else {**body}


def system_status_body(device: Device, moment: Instant) -> Body:
    """/api/system_status."""
    battery = device.battery
    watts = battery.powers(awake=device.sitemaster.running(moment.elapsed)).battery
    island = "SystemIslandedActive" if battery.islanded else "SystemGridConnected"
    later = _LATER_STATUS if device.profile.status == "2023" else {}
    return {
        **later,
        **CAPTURED["system_status"],
        "battery_target_power": number(watts),
        "nominal_full_pack_energy": FULL_PACK,
        "nominal_energy_remaining": battery.remaining,
        "max_charge_power": number(MAX_POWER),
        "max_discharge_power": number(MAX_POWER),
        "max_apparent_power": number(MAX_POWER),
        "system_island_state": island,
        "battery_blocks": [_block(device, watts)],
        "can_reboot": device.faults.can_reboot,
        "last_toggle_timestamp": nanosecond_stamp(device.local(device.booted(moment))),
    }


def _block(device: Device, watts: float) -> Body:
    energies = device.battery.energies
    return {
        **CAPTURED["battery_block"],
        "PackagePartNumber": PART,
        "PackageSerialNumber": SERIAL,
        "pinv_state": "PINV_GridForming" if device.battery.islanded else "PINV_GridFollowing",
        "nominal_energy_remaining": device.battery.remaining,
        "nominal_full_pack_energy": FULL_PACK,
        "p_out": number(watts),
        "i_out": round(watts / _VOLTS, 1),
        "energy_charged": round(energies.imported["battery"]),
        "energy_discharged": round(energies.exported["battery"]),
        "off_grid": device.battery.islanded,
        "vf_mode": device.battery.islanded,
        "version": device.profile.git_hash[:14],
    }
