"""What a simulated unit measures, in the shapes of its three plain reads and of its status."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from scheduler import clock
from scheduler.simulated.battery import FULL_PACK
from scheduler.simulated.house import METERS, House
from scheduler.simulated.stamps import nanosecond_stamp, number


def charge_body(house: House) -> dict[str, Any]:
    """/api/system_status/soe."""
    return {"percentage": number(house.battery.charge)}


def aggregates_body(house: House, shown: datetime) -> dict[str, Any]:
    """/api/meters/aggregates."""
    stamp = nanosecond_stamp(clock.localise(shown, house.zone))
    return {
        name: {
            "last_communication_time": stamp,
            **{key: number(value) for key, value in meter.items()},
        }
        for name, meter in house.meters().items()
    }


def status_body(house: House, shown: datetime, *, updating: bool, din: str) -> dict[str, Any]:
    """The status that a signed query tells."""
    powers, on_grid = house.powers(), not house.battery.islanded
    meters = [
        {"location": name.upper(), "realPowerW": number(getattr(powers, name))} for name in METERS
    ]
    update = {"isUpdating": updating}
    return {
        "control": {
            "alerts": {"active": ["SystemConnectedToGrid"] if on_grid else []},
            "batteryBlocks": [{"din": din, "disableReasons": []}],
            "islanding": {
                "contactorClosed": on_grid,
                "customerIslandMode": "BACKUP",
                "gridOK": on_grid,
                "microGridOK": True,
            },
            "meterAggregates": [*meters, {"location": "GENERATOR", "realPowerW": 0}],
            "pvInverters": [],
            "siteShutdown": {"isShutDown": False, "reasons": []},
            "systemStatus": {
                "nominalEnergyRemainingWh": house.battery.remaining,
                "nominalFullPackEnergyWh": FULL_PACK,
            },
        },
        "esCan": {"firmwareUpdate": update},
        "pw3Can": {"firmwareUpdate": update},
        "system": {
            "sitemanagerStatus": {"isRunning": True},
            "time": clock.localise(shown, house.zone).isoformat(timespec="seconds"),
            "updateUrgencyCheck": None,
        },
    }
