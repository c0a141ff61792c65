"""What `site_info`, `live_status` and `products` show, by reading rules that were collected from
real sites. A field that is absent is not known, but where its absence is known to mean something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from scheduler.gateway.base import Powers
from scheduler.outside import word
from scheduler.setting import Export, GridCharging, SettingRead

DENIED: Final = "disallow_charge_from_grid_with_solar_installed"
RULE: Final = "customer_preferred_export_rule"
EXPORTS: Final = {Export.BATTERY: "battery_ok", Export.SOLAR: "pv_only", Export.NONE: "never"}
STALE_AFTER: Final = timedelta(minutes=20)
"""The cloud renews its numbers about every five minutes."""
EXPORT_OF: Final = {word: export for export, word in EXPORTS.items()}

_DIGITS: Final = 19
"""At most, of the number of an energy site."""
Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Live:
    """What `live_status` shows."""

    charge: float | None = None
    powers: Powers | None = None
    grid: bool | None = None
    in_the_way: tuple[str, ...] = ()


def setting_of(info: Fields, *, told: bool, seen: bool) -> SettingRead:
    """The four settings. On some sites the last two never appear: where they were `told` and
    still none was ever `seen`, absence says nothing."""
    parts = components_of(info)
    silent = not parts or (told and not seen and not shows_grid(info))
    return SettingRead(
        mode=word(info.get("default_real_mode")),
        reserve=_percent(info.get("backup_reserve_percent")),
        grid_charging=None if silent else _grid_charging(parts),
        export=None if silent else _export(parts),
    )


def components_of(info: Fields) -> Fields:
    found = info.get("components")
    return found if isinstance(found, dict) else {}


def shows_grid(info: Fields) -> bool:
    """Whether any of the two settings of the grid appears."""
    parts = components_of(info)
    return parts.get(DENIED) is not None or parts.get(RULE) is not None


def _grid_charging(parts: Fields) -> GridCharging | None:
    """True or absent; absent means allowed."""
    denied = parts.get(DENIED)
    if denied is None or denied is False:
        return GridCharging.ALLOW
    return GridCharging.DENY if denied is True else None


def _export(parts: Fields) -> Export | None:
    """Absent means battery_ok, unless nothing may be exported yet, whatever the rule says."""
    if parts.get("non_export_configured") is True:
        return Export.NONE
    rule = parts.get(RULE)
    return Export.BATTERY if rule is None else EXPORT_OF.get(str(rule))


def firmware_of(info: Fields) -> str | None:
    """The site's version without its hash."""
    version = info.get("version")
    return word(version.split()[0]) if isinstance(version, str) and version.strip() else None


def forbidden(info: Fields) -> tuple[bool, bool]:
    """Whether the owner may not change grid charging, and the export rule."""
    parts = components_of(info)
    return (
        parts.get("edit_setting_grid_charging") is False,
        parts.get("edit_setting_energy_exports") is False,
    )


def live_of(status: Fields, now: datetime) -> Live:
    """Charge and powers, where they are not too old; grid, and what keeps a setting from having
    effect."""
    at = _instant(status.get("timestamp"))
    old = at is not None and now - at > STALE_AFTER
    calibrating = _calibrating(status)
    words = {
        "storm_watch": status.get("storm_mode_active") is True,
        "grid_services": status.get("grid_services_active") is True,
        "calibrating": calibrating,
    }
    return Live(
        charge=None if old or calibrating else _percent(status.get("percentage_charged")),
        powers=None if old else _powers(status),
        grid=None if old else _grid(status),
        in_the_way=tuple(word for word, so in words.items() if so),
    )


def _calibrating(status: Fields) -> bool:
    """A Powerwall 3 that calibrates shows a charge of 0 that is none."""
    return (
        _number(status.get("percentage_charged")) == 0
        and _number(status.get("battery_power")) == 0
        and status.get("island_status") == "on_grid"
        and status.get("storm_mode_active") is not True
    )


def _powers(status: Fields) -> Powers | None:
    found = Powers(
        battery=_number(status.get("battery_power")),
        grid=_number(status.get("grid_power")),
        solar=_number(status.get("solar_power")),
        load=_number(status.get("load_power")),
    )
    return None if found == Powers() else found


def _grid(status: Fields) -> bool | None:
    island = status.get("island_status")
    if island == "on_grid":
        return True
    if isinstance(island, str) and island.startswith("off_grid"):
        return False
    return {"Active": True, "Inactive": False}.get(str(status.get("grid_status")))


@dataclass(frozen=True, slots=True)
class EnergySite:
    """A site of an account that has a battery."""

    id: str
    """A number of up to 19 digits, as text: through a float its last digits would be lost."""
    name: str | None


def sites_of(products: object) -> tuple[EnergySite, ...]:
    """The sites with a battery among cars, roofs and chargers."""
    entries: Iterable[object] = products if isinstance(products, list) else ()
    return tuple(
        EnergySite(str(each["energy_site_id"]), word(each.get("site_name")))
        for each in entries
        if isinstance(each, dict) and _is_id(each.get("energy_site_id")) and _has_battery(each)
    )


def _is_id(value: object) -> bool:
    text = str(value) if isinstance(value, int | str) else ""
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS


def _has_battery(entry: Fields) -> bool:
    return components_of(entry).get("battery") is True or entry.get("resource_type") == "battery"


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if abs(value) < 1e9 else None


def _percent(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and 0 <= number <= 100.5 else None


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
