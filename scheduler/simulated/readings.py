"""What the gateway measures: meters, charge, the pack. Shapes by firmware."""

from __future__ import annotations

import math

from scheduler.simulated.battery import FULL_PACK, MAX_POWER
from scheduler.simulated.bodies import Body
from scheduler.simulated.device import Device
from scheduler.simulated.options import SERIAL
from scheduler.simulated.stamps import NEVER, nanosecond_stamp, number
from scheduler.simulated.timepiece import Instant

_VOLTS = 240.0
_NAMES = ("site", "battery", "load", "solar")
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
    body: Body = {name: _meter(device, name, moment) for name in _NAMES}
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
    body = {
        "last_communication_time": NEVER,
        "instant_power": 0,
        "instant_reactive_power": 0,
        "instant_apparent_power": 0,
        "frequency": 0,
        "energy_exported": 0,
        "energy_imported": 0,
        "instant_average_voltage": 0,
        "instant_total_current": 0,
        "i_a_current": 0,
        "i_b_current": 0,
        "i_c_current": 0,
    }
    return {**body, "timeout": 1_500_000_000} if device.profile.meters == "2020" else {**body}


def system_status_body(device: Device, moment: Instant) -> Body:
    """/api/system_status."""
    battery = device.battery
    watts = battery.powers(awake=device.sitemaster.running(moment.elapsed)).battery
    island = "SystemIslandedActive" if battery.islanded else "SystemGridConnected"
    later = _LATER_STATUS if device.profile.status == "2023" else {}
    return {
        **later,
        "command_source": "Configuration",
        "battery_target_power": number(watts),
        "battery_target_reactive_power": 0,
        "nominal_full_pack_energy": FULL_PACK,
        "nominal_energy_remaining": battery.remaining,
        "max_power_energy_remaining": 0,
        "max_power_energy_to_be_charged": 0,
        "max_charge_power": number(MAX_POWER),
        "max_discharge_power": number(MAX_POWER),
        "max_apparent_power": number(MAX_POWER),
        "instantaneous_max_discharge_power": 12000,
        "instantaneous_max_charge_power": 5290,
        "grid_services_power": 0,
        "system_island_state": island,
        "available_blocks": 1,
        "battery_blocks": [_block(device, watts)],
        "ffr_power_availability_high": 5800,
        "ffr_power_availability_low": 5290,
        "load_charge_constraint": 0,
        "max_sustained_ramp_rate": 1250000,
        "grid_faults": [],
        "can_reboot": device.faults.can_reboot,
        "smart_inv_delta_p": 0,
        "smart_inv_delta_q": 0,
        "last_toggle_timestamp": nanosecond_stamp(device.local(device.booted(moment))),
        "solar_real_power_limit": -1,
        "score": 10000,
        "blocks_controlled": 1,
        "primary": True,
        "auxiliary_load": 0,
        "all_enable_lines_high": True,
        "inverter_nominal_usable_power": 5800,
        "expected_energy_remaining": 0,
    }


def _block(device: Device, watts: float) -> Body:
    energies = device.battery.energies
    return {
        "Type": "",
        "PackagePartNumber": PART,
        "PackageSerialNumber": SERIAL,
        "disabled_reasons": [],
        "pinv_state": "PINV_GridForming" if device.battery.islanded else "PINV_GridFollowing",
        "pinv_grid_state": "Grid_Compliant",
        "nominal_energy_remaining": device.battery.remaining,
        "nominal_full_pack_energy": FULL_PACK,
        "p_out": number(watts),
        "q_out": 30,
        "v_out": 246.9,
        "f_out": 60.007000000000005,
        "i_out": round(watts / _VOLTS, 1),
        "energy_charged": round(energies.imported["battery"]),
        "energy_discharged": round(energies.exported["battery"]),
        "off_grid": device.battery.islanded,
        "vf_mode": device.battery.islanded,
        "wobble_detected": False,
        "charge_power_clamped": False,
        "backup_ready": True,
        "OpSeqState": "Active",
        "version": device.profile.git_hash[:14],
    }
