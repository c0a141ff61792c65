"""What the gateway says of itself: status, sitemaster, site, updates. Shapes by firmware."""

from __future__ import annotations

from typing import Final

from scheduler.simulated.captured import CAPTURED, Body
from scheduler.simulated.device import Device
from scheduler.simulated.options import DIN
from scheduler.simulated.stamps import go_duration, milliseconds, start_stamp
from scheduler.simulated.timepiece import Instant

_UNLIMITED: Final = 1_000_000_000


def status_body(device: Device, moment: Instant) -> Body:
    """/api/status."""
    profile = device.profile
    base: Body = {
        "start_time": start_stamp(device.local(device.booted(moment))),
        "up_time_seconds": go_duration(device.uptime(moment)),
        "is_new": False,
        "version": profile.version,
        "git_hash": profile.git_hash,
    }
    if profile.status == "2018":
        return base
    base["commission_count"] = device.commission_count
    base["device_type"] = profile.device_type
    if profile.status == "2020":
        return {**base, "sync_type": "v1"}
    if profile.status == "2021":
        later = {"sync_type": "v2.1", "leader": "", "followers": None, "cellular_disabled": False}
        return {"din": DIN, **base, **later}
    base["teg_type"] = "unknown"
    latest = {"sync_type": "v2.1", "cellular_disabled": False, "can_reboot": True}
    return {"din": DIN, **base, **latest}


def sitemaster_body(device: Device, moment: Instant) -> Body:
    """/api/sitemaster; the odd texts of the old form are literal, scraped from a log."""
    running = device.sitemaster.running(moment.elapsed)
    status = "StatusUp" if running else "StatusDown"
    if device.profile.sitemaster == "uptime":
        seconds = int(moment.elapsed - device.sitemaster.up_since)
        uptime = f"{seconds}s," if running else "log:"
        return {"running": running, "uptime": uptime, "connected_to_tesla": running}
    if device.profile.sitemaster == "status":
        return {
            "connected_to_tesla": True,
            "power_supply_mode": False,
            "running": running,
            "status": status,
        }
    return {
        "status": status,
        "running": running,
        "connected_to_tesla": True,
        "power_supply_mode": False,
        "can_reboot": device.faults.can_reboot if running else "",
    }


def site_info_body(device: Device, moment: Instant) -> Body:
    """/api/site_info."""
    code = _grid_code(device)
    limits: Body = {
        "max_site_meter_power_kW": _UNLIMITED,
        "min_site_meter_power_kW": -_UNLIMITED,
        "nominal_system_energy_kWh": 13.5,
    }
    if not device.profile.grid_code_nested:
        return {**limits, "nominal_system_power_kW": 5, **site_name_body(device), **code}
    running = device.sitemaster.running(moment.elapsed)
    power = 5 if running else 5.8
    return {
        **({} if running else {"measured_frequency": 60.010000000000005}),
        "max_system_energy_kWh": 13.5,
        "max_system_power_kW": power,
        **site_name_body(device),
        **limits,
        "nominal_system_power_kW": power,
        **({"panel_max_current": 100} if device.profile.status == "2023" else {}),
        "grid_code": code,
    }


def _grid_code(device: Device) -> Body:
    code = CAPTURED["grid_code"]
    if device.profile.status == "2023":
        return code
    return {**code, "distributor": "*", "retailer": "*", "region": "UL1741SA"}


def site_name_body(device: Device) -> Body:
    return {"site_name": device.options.site_name, "timezone": device.options.timezone}


def grid_status_body(device: Device) -> Body:
    """/api/system_status/grid_status."""
    body = device.house.grid_status()
    return body if device.profile.grid_services else {"grid_status": body["grid_status"]}


def installer_body(device: Device) -> Body:
    """/api/installer; the run flag is there only while it is set."""
    flag: Body = {"run_sitemaster": True} if device.sitemaster.wanted else {}
    return {**CAPTURED["installer"], **flag}


def update_body(device: Device, moment: Instant) -> Body:
    """/api/system/update/status."""
    updates = device.updates
    body: Body = {
        "state": updates.state,
        "info": updates.info(moment),
        "current_time": milliseconds(device.shown(moment)),
    }
    times = updates.download_times(moment)
    if times is not None:
        body["start_time"] = milliseconds(times[0])
        body["last_download_status_time"] = milliseconds(times[1])
    if not device.profile.update_details:
        return body
    return {
        **body,
        "last_status_time": milliseconds(updates.last_news),
        "version": device.profile.version,
        "offline_updating": False,
        "offline_update_error": "",
        "estimated_bytes_per_second": updates.rate(),
    }
