"""What hangs on the gateway: Powerwalls, networks, meters, solar. Nearly the same at all times."""

from __future__ import annotations

from typing import Final

from scheduler.simulated.bodies import Body
from scheduler.simulated.device import Device
from scheduler.simulated.options import DIN, SERIAL
from scheduler.simulated.readings import PART
from scheduler.simulated.stamps import nanosecond_stamp
from scheduler.simulated.timepiece import Instant

_CANNOT: Final = (
    "Cannot perform this action with site controller running. "
    'From landing page, either "STOP SYSTEM" or "RUN WIZARD" to proceed.'
)
_COMMISSIONING: Final = (
    "CAN connectivity",
    "Enable switch",
    "Internal communications",
    "Firmware up-to-date",
)
_FIRMWARE: Final = ("Powerwall firmware", "Battery firmware", "Inverter firmware", "Grid code")


def powerwalls_body(device: Device, moment: Instant) -> Body:
    """/api/powerwalls."""
    if device.profile.powerwalls == "2018":
        unit = {"PackagePartNumber": PART, "PackageSerialNumber": SERIAL}
        return {"powerwalls": [unit], "has_sync": True}
    return {
        **_flags(device, moment),
        "powerwalls": [_powerwall(device, moment)],
        "gateway_din": DIN,
        "sync": None,
        "msa": None,
        "states": None,
    }


def powerwalls_status_body(device: Device, moment: Instant) -> Body:
    """/api/powerwalls/status; the older 409 while running is not made here."""
    flags = _flags(device, moment)
    if not device.sitemaster.wanted:
        flags["is_on_grid"] = not device.faults.islanded
    return flags


def networks_body(device: Device) -> list[Body]:
    """/api/networks."""
    if device.profile.meters == "2018":
        return [{"id": 1, "name": "ethernet_tesla_internal_default", "connected": True}]
    name = "simulated"
    return [
        {
            "network_name": name,
            "interface": "WifiType",
            "security_type": "WPA2_Personal",
            "dhcp": True,
            "username": "",
            "enabled": True,
            "active": True,
            "primary": True,
            "lastTeslaConnected": True,
            "lastInternetConnected": True,
            "iface_network_info": {
                "network_name": name,
                "ip_networks": [{"ip": "192.0.2.10", "mask": "255.255.255.0"}],
                "gateway": "192.0.2.1",
                "interface": "WifiType",
                "state": "DeviceStateReady",
                "state_reason": "DeviceStateReasonNone",
                "signal_strength": 59,
                "hw_address": "00:00:00:00:00:00",
            },
        }
    ]


def meters_body() -> list[Body]:
    """/api/meters."""
    return [_configured_meter(1, "site"), _configured_meter(2, "solar")]


def meter_body(device: Device, name: str, aggregate: Body, moment: Instant) -> list[Body]:
    """/api/meters/site and /api/meters/solar: one meter with its readings."""
    index = 1 if name == "site" else 2
    stamp = nanosecond_stamp(device.local(device.metered(moment)))
    return [
        {**_configured_meter(index, name), "Cached_readings": {**aggregate, "serial_number": ""}}
        | {"last_communication_time": stamp}
    ]


def solars_body() -> list[Body]:
    """/api/solars."""
    return [{"brand": "SunPower", "model": "SPR-4000m", "power_rating_watts": 4000}]


def registration_body() -> Body:
    """/api/customer/registration."""
    return {
        "privacy_notice": True,
        "limited_warranty": True,
        "grid_services": True,
        "marketing": True,
        "registered": True,
        "timed_out_registration": False,
    }


def _configured_meter(index: int, name: str) -> Body:
    return {
        "id": index,
        "location": name,
        "type": "neurio_tcp",
        "cts": [True, True, False, False],
        "inverted": [False, False, False, False],
        "connection": {"short_id": "", "device_serial": "", "https_conf": {}},
    }


def _flags(device: Device, moment: Instant) -> Body:
    running = device.sitemaster.running(moment.elapsed)
    # The two phrases have been seen in either order and alone.
    why = ["sitemanager process is running"] if running else []
    why += ["run sitemanager flag enabled"] if device.sitemaster.wanted else []
    return {
        "enumerating": False,
        "updating": False,
        "checking_if_offgrid": False,
        "running_phase_detection": False,
        "phase_detection_last_error": "no phase information",
        "bubble_shedding": False,
        "on_grid_check_error": ", ".join(why),
        "grid_qualifying": False,
        "grid_code_validating": False,
        "phase_detection_not_available": True,
    }


def _powerwall(device: Device, moment: Instant) -> Body:
    return {
        "Type": "",
        "PackagePartNumber": PART,
        "PackageSerialNumber": SERIAL,
        "type": "acpw",
        "grid_state": "Grid_Uncompliant",
        "grid_reconnection_time_seconds": 0,
        "under_phase_detection": False,
        "updating": False,
        "commissioning_diagnostic": _commissioning(device, moment),
        "update_diagnostic": _firmware(),
        "bc_type": None,
        "in_config": True,
    }


def _commissioning(device: Device, moment: Instant) -> Body:
    stamp = nanosecond_stamp(device.local(device.shown(moment)))
    running = device.sitemaster.running(moment.elapsed)
    check: Body = {
        "status": "fail" if running else "not_run",
        "start_time": stamp,
        "end_time": stamp,
        "message": _CANNOT if running else "",
        "results": {},
        "debug": {},
        "checks": None,
    }
    checks = [{"name": name, **check} for name in _COMMISSIONING]
    return _diagnostic("Commissioning", checks, disruptive=False)


def _firmware() -> Body:
    check: Body = {
        "status": "not_run",
        "start_time": None,
        "end_time": None,
        "progress": 0,
        "results": None,
        "debug": None,
        "checks": None,
    }
    checks = [{"name": name, **check} for name in _FIRMWARE]
    return _diagnostic("Firmware Update", checks, disruptive=True)


def _diagnostic(name: str, checks: list[Body], *, disruptive: bool) -> Body:
    return {
        "name": name,
        "category": "InternalComms",
        "disruptive": disruptive,
        "inputs": None,
        "checks": checks,
        "alert": False,
    }
