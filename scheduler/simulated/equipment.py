"""What hangs on the gateway: Powerwalls, networks, meters, solar. Nearly the same at all times."""

from __future__ import annotations

from typing import Final

from scheduler.simulated.captured import CAPTURED, Body
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
    return [CAPTURED["network"]]


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


def _configured_meter(index: int, name: str) -> Body:
    return {**CAPTURED["configured_meter"], "id": index, "location": name}


def _flags(device: Device, moment: Instant) -> Body:
    running = device.sitemaster.running(moment.elapsed)
    # The two phrases have been seen in either order and alone.
    why = ["sitemanager process is running"] if running else []
    why += ["run sitemanager flag enabled"] if device.sitemaster.wanted else []
    return {**CAPTURED["powerwall_flags"], "on_grid_check_error": ", ".join(why)}


def _powerwall(device: Device, moment: Instant) -> Body:
    return {
        **CAPTURED["powerwall"],
        "PackagePartNumber": PART,
        "PackageSerialNumber": SERIAL,
        "commissioning_diagnostic": _commissioning(device, moment),
        "update_diagnostic": _firmware(),
    }


def _commissioning(device: Device, moment: Instant) -> Body:
    stamp = nanosecond_stamp(device.local(device.shown(moment)))
    running = device.sitemaster.running(moment.elapsed)
    check: Body = {
        **CAPTURED["commissioning_check"],
        "status": "fail" if running else "not_run",
        "start_time": stamp,
        "end_time": stamp,
        "message": _CANNOT if running else "",
    }
    checks = [{"name": name, **check} for name in _COMMISSIONING]
    return _diagnostic("Commissioning", checks, disruptive=False)


def _firmware() -> Body:
    checks = [{"name": name, **CAPTURED["firmware_check"]} for name in _FIRMWARE]
    return _diagnostic("Firmware Update", checks, disruptive=True)


def _diagnostic(name: str, checks: list[Body], *, disruptive: bool) -> Body:
    return {**CAPTURED["diagnostic"], "name": name, "disruptive": disruptive, "checks": checks}
