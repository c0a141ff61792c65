"""Which commands make a setting: only the fields that differ, in the order that loses none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scheduler.gateway.fleet.readings import DENIED, EXPORTS, RULE
from scheduler.setting import GridCharging, Setting, SettingRead

TOLERANCE = 0.6
"""App percent: the cloud shows whole numbers of what the gateway keeps on another scale."""


@dataclass(frozen=True, slots=True)
class Command:
    endpoint: str
    body: Mapping[str, object] = field(default_factory=dict)
    parts: tuple[str, ...] = ()

    @property
    def leaves_a_trace(self) -> bool:
        """Whether a setting of the grid must appear in a read once this is in force: charging
        allowed and battery_ok are told by their absence."""
        return self.body.get(DENIED) is True or self.body.get(RULE) not in (None, "battery_ok")


def commands_of(setting: Setting, before: SettingRead | None) -> tuple[Command, ...]:
    """Grid first, then mode, then reserve: a reserve of 0 followed by a mode lost the mode
    (pypowerwall #377, Powerwall 3). Where nothing differs the caller has a doubt: then all."""
    parts = set()
    if before is not None:
        parts = {*before.differing(setting, TOLERANCE), *before.missing(setting)}
    return tuple(_commands(setting, parts or {"mode", "reserve", "grid_charging", "export"}))


def _commands(setting: Setting, parts: set[str]) -> Iterator[Command]:
    if parts & {"grid_charging", "export"} and (grid := _grid(setting)):
        named = tuple(
            name for name in ("grid_charging", "export") if getattr(setting, name) is not None
        )
        yield Command("grid_import_export", grid, named)
    if "mode" in parts:
        yield Command("operation", {"default_real_mode": setting.mode.value}, ("mode",))
    if "reserve" in parts:
        reserve = round(float(setting.reserve))
        yield Command("backup", {"backup_reserve_percent": reserve}, ("reserve",))


def _grid(setting: Setting) -> dict[str, object]:
    """Both keys that are named in one command."""
    body: dict[str, object] = {}
    if setting.grid_charging is not None:
        body[DENIED] = setting.grid_charging is GridCharging.DENY
    if setting.export is not None:
        body[RULE] = EXPORTS[setting.export]
    return body
