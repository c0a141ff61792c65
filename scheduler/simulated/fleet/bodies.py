"""What the cloud says: products, the site's settings and its live numbers; shapes as recorded."""

from __future__ import annotations

from datetime import datetime, timedelta

from scheduler.simulated.battery import FULL_PACK
from scheduler.simulated.captured import CAPTURED, Body
from scheduler.simulated.fleet.cloud import SITE, Cloud
from scheduler.simulated.stamps import number

_VERSION = "26.18.3 0fe780c9"


def products(cloud: Cloud) -> Body:
    """A car, the house, any further sites, and a site without a battery."""
    sites = [(SITE, cloud.name), *cloud.more_sites]
    batteries = [_battery_site(cloud, id_, name) for id_, name in sites]
    car: Body = {"id": 1234, "vehicle_id": 1234, "vin": "LRW00000000000000", "state": "asleep"}
    charger: Body = {
        "energy_site_id": 98765,
        "resource_type": "wall_connector",
        "id": "DEF456",
        "components": {"battery": False, "solar": False, "grid": False},
    }
    found = [car, *batteries, charger]
    return {"response": found, "count": len(found)}


def _battery_site(cloud: Cloud, id_: int, name: str) -> Body:
    house = cloud.house
    return {
        **CAPTURED["battery_site"],
        "energy_site_id": id_,
        **({"site_name": name} if name else {}),
        "energy_left": float(house.battery.remaining),
        "total_pack_energy": FULL_PACK,
        "percentage_charged": house.app_charge,
        "battery_power": house.powers().battery,
    }


def site_info(cloud: Cloud) -> Body:
    """All settings in one answer."""
    shown = cloud.shown()
    return {
        "response": {
            **CAPTURED["site_info"],
            "site_name": cloud.name,
            "backup_reserve_percent": number(shown.reserve),
            "default_real_mode": shown.mode,
            "user_settings": {"storm_mode_enabled": shown.storm_mode},
            "components": _components(cloud),
            "version": _VERSION,
            **({"tariff_content_v2": cloud.rate_plan} if cloud.rate_plan else {}),
            "installation_time_zone": cloud.house.zone.key,
        }
    }


def _components(cloud: Cloud) -> Body:
    faults, shown = cloud.faults, cloud.shown()
    found: Body = {
        **CAPTURED["components"],
        "gateways": [
            {"part_name": "Tesla Backup Gateway 2", "is_active": True, "firmware_version": _VERSION}
        ],
        "edit_setting_grid_charging": "grid_charging" not in faults.fixed,
        "edit_setting_energy_exports": "energy_exports" not in faults.fixed,
    }
    if faults.never_grid:
        return found
    if shown.charging_denied:
        found["disallow_charge_from_grid_with_solar_installed"] = True
    if shown.export is not None:
        found["customer_preferred_export_rule"] = shown.export
    return found


def live_status(cloud: Cloud, now: datetime) -> Body:
    faults, house = cloud.faults, cloud.house
    powers, still = house.powers(), faults.calibrating
    at = now - timedelta(seconds=faults.old_live)
    return {
        "response": {
            **CAPTURED["live_status"],
            "solar_power": powers.solar,
            "percentage_charged": 0 if still else house.app_charge,
            "battery_power": 0 if still else powers.battery,
            "load_power": powers.load,
            "grid_status": "Inactive" if faults.islanded else "Active",
            "grid_services_active": faults.grid_services,
            "grid_power": powers.site,
            "island_status": "off_grid_unintentional" if faults.islanded else "on_grid",
            "storm_mode_active": faults.storm,
            "timestamp": at.replace(microsecond=0).isoformat(),
        }
    }
