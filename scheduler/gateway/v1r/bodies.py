"""The JSON of v1r: which keys of config.json a setting is, what status and configuration tell.

Only the four keys here are ever written: the unit stores whatever it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from scheduler.gateway.base import Reading
from scheduler.gateway.fleet.readings import DENIED, EXPORT_OF, EXPORTS, RULE
from scheduler.gateway.local.bodies import number
from scheduler.outside import word
from scheduler.setting import Export, GridCharging, Setting, SettingRead, from_raw, to_raw

MODE: Final = "default_real_mode"
RESERVE: Final = "backup_reserve_percent"
NO_EXPORT: Final = "non_export_configured"
_SITE: Final = "site_info"
_MOST_KW: Final = 1000.0


def updates_of(setting: Setting) -> dict[str, object]:
    """The keys of config.json, by their dotted path, and their new values; one update for all."""
    if isinstance(setting.reserve, str):
        raise TypeError("a hold must be resolved to a percentage before it is written")
    if not 0 <= setting.reserve <= 100:
        raise ValueError("a reserve is a percentage from 0 to 100")
    raw = to_raw(setting.reserve)
    updates: dict[str, object] = {
        MODE: setting.mode.value,
        f"{_SITE}.{RESERVE}": int(raw) if raw.is_integer() else raw,
    }
    if setting.grid_charging is not None:
        updates[f"{_SITE}.{DENIED}"] = setting.grid_charging is GridCharging.DENY
    if setting.export is not None:
        updates[f"{_SITE}.{RULE}"] = EXPORTS[setting.export]
    return updates


def is_whole(config: Mapping[str, object]) -> bool:
    """Whether this is a unit's configuration at all: the whole file is replaced by a write."""
    site = config.get(_SITE)
    return isinstance(config.get(MODE), str) and isinstance(site, dict) and RESERVE in site


def setting_of(config: Mapping[str, object], secrets: tuple[str, ...] = ()) -> SettingRead | None:
    """The setting in config.json, a mode without our secrets; None where none of it is there."""
    site, mode = config.get(_SITE), config.get(MODE)
    known = isinstance(site, dict)
    site = site if isinstance(site, dict) else {}
    reserve = number(site, RESERVE)
    if not known and not isinstance(mode, str):
        return None
    return SettingRead(
        mode=word(mode, secrets=secrets),
        reserve=None if reserve is None else from_raw(reserve),
        grid_charging=_grid_charging(site) if known else None,
        export=_export(site) if known else None,
    )


def _grid_charging(site: Mapping[str, object]) -> GridCharging | None:
    """The key is true or absent; what is neither is not understood."""
    denied = site.get(DENIED, False)
    if not isinstance(denied, bool):
        return None
    return GridCharging.DENY if denied else GridCharging.ALLOW


def _export(site: Mapping[str, object]) -> Export | None:
    """Absent means battery_ok, but for a site that was set up to export nothing."""
    if site.get(NO_EXPORT) is True:
        return Export.NONE
    return EXPORT_OF.get(str(site.get(RULE, "battery_ok")))


def most_watts(config: Mapping[str, object]) -> float | None:
    """The nominal power of the site, which is in kW here."""
    site = config.get(_SITE)
    found = number(site, "nominal_system_power_ac") if isinstance(site, dict) else None
    return found * 1000 if found is not None and 0 < found <= _MOST_KW else None


def with_health(reading: Reading, status: Mapping[str, object]) -> Reading:
    """The reading with what the status tells: at work, on the grid, being updated."""
    contactor = _at(status, "control", "islanding", "contactorClosed")
    return replace(
        reading,
        running=_running(status),
        grid=contactor if isinstance(contactor, bool) else None,
        updating=_updating(status),
    )


def clock_of(status: Mapping[str, object]) -> datetime | None:
    """What the gateway's clock says."""
    text = _at(status, "system", "time")
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def version_of(details: Mapping[str, object], secrets: tuple[str, ...] = ()) -> str | None:
    """The firmware's number, such as 26.10.3, without its hash."""
    text = _at(details, "system", "version", "text")
    words = text.split() if isinstance(text, str) else []
    return word(words[0], secrets=secrets) if words else None


def _running(status: Mapping[str, object]) -> bool | None:
    runs = _at(status, "system", "sitemanagerStatus", "isRunning")
    shut = _at(status, "control", "siteShutdown", "isShutDown")
    if not isinstance(runs, bool):
        return None
    return runs and shut is not True


def _updating(status: Mapping[str, object]) -> bool | None:
    found = [_at(status, can, "firmwareUpdate", "isUpdating") for can in ("esCan", "pw3Can")]
    known = [each for each in found if isinstance(each, bool)]
    return any(known) if known else None


def _at(data: object, *keys: str) -> object:
    for key in keys:
        if not isinstance(data, Mapping):
            return None
        data = data.get(key)
    return data
