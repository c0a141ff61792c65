"""config.json of a simulated unit: the file its settings live in, replaced whole under a lock."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any, Final

from scheduler.simulated.battery import WireSetting
from scheduler.simulated.house import House
from scheduler.simulated.stamps import number
from scheduler.simulated.timepiece import Instant

_NO_GRID: Final = "disallow_charge_from_grid_with_solar_installed"
_EXPORT: Final = "customer_preferred_export_rule"
_RESERVE: Final = "backup_reserve_percent"
_MODE: Final = "default_real_mode"
# What real units drop from the file when it is written so.
_DROPPED_WHEN_FALSE: Final = ("on_grid_solar_curtailment_enabled", _NO_GRID)
_CLOUD_ONLY: Final = ("storm_mode_enabled",)


class ConfigFile:
    """Shows the house, and moves it; what nobody knows is kept as it came."""

    def __init__(self, house: House, din: str, timezone: str, name: str) -> None:
        self.house = house
        self.writes = 0
        self._rest: dict[str, Any] = {
            "vin": din,
            "strategy": {"control": "lps", "TOU_mode": "economic"},
            "site_info": {
                "net_meter_mode": "battery_ok",
                "max_site_meter_power_ac": 14,
                "min_site_meter_power_ac": -14,
                "nominal_system_energy_ac": 13.5,
                "nominal_system_power_ac": 5,
                "country": "United States",
                "site_name": name,
                "timezone": timezone,
            },
            "battery_blocks": [{"vin": din, "type": "Powerwall3"}],
        }
        self._shown: dict[str, Any] | None = None
        """What the file says where the battery does not follow it."""

    def data(self) -> dict[str, Any]:
        found = copy.deepcopy(self._rest)
        values = self._shown or self._of_house()
        found[_MODE] = values[_MODE]
        found["site_info"].update({key: values[key] for key in values if key != _MODE})
        return found

    def text(self) -> bytes:
        return json.dumps(self.data(), indent=1).encode()

    @property
    def hash(self) -> bytes:
        """What an update must show."""
        return hashlib.sha256(self.text()).digest()

    def replace(self, blob: bytes, moment: Instant, *, effect: bool = True) -> bool:
        """Take a new file; whether it is one."""
        try:
            data = json.loads(blob)
            values = _values(data)
        except (ValueError, TypeError, KeyError, AttributeError):
            return False
        self.writes += 1
        self._rest = _kept(data)
        self._shown = None if effect else values
        if effect:
            self._move(values, moment)
        return True

    def put(self, mode: str, raw_reserve: float, moment: Instant) -> None:
        self._shown = None
        self.house.take(WireSetting(mode, raw_reserve), moment)

    def _of_house(self) -> dict[str, Any]:
        house = self.house
        values: dict[str, Any] = {
            _MODE: house.active.mode,
            _RESERVE: number(house.active.reserve),
            _EXPORT: house.export,
        }
        return values if house.grid_charging else {**values, _NO_GRID: True}

    def _move(self, values: dict[str, Any], moment: Instant) -> None:
        wanted = WireSetting(values[_MODE], float(values[_RESERVE]))
        if wanted != self.house.active:
            self.house.take(wanted, moment)
        self.house.grid_charging = not values.get(_NO_GRID, False)
        self.house.export = values[_EXPORT]


def _values(data: dict[str, Any]) -> dict[str, Any]:
    site = data["site_info"]
    values = {
        _MODE: data[_MODE],
        _RESERVE: float(site[_RESERVE]),
        _EXPORT: site.get(_EXPORT, "battery_ok"),
    }
    return {**values, _NO_GRID: True} if site.get(_NO_GRID) else values


def _kept(data: dict[str, Any]) -> dict[str, Any]:
    """All but the settings and what such a unit drops."""
    rest = {key: copy.deepcopy(value) for key, value in data.items() if key != _MODE}
    site = rest["site_info"]
    for key in (_RESERVE, _EXPORT, _NO_GRID, *_CLOUD_ONLY):
        site.pop(key, None)
    for key in _DROPPED_WHEN_FALSE:
        if site.get(key) is False:
            del site[key]
    return rest
