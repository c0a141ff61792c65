"""What can be wanted of a battery, or read from it, on the app's scale: one type, one JSON form,
one wording, one comparison.

The gateway's own API uses another scale ("raw") for reserve and charge alike. It is converted
here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, TypeVar

Word = TypeVar("Word", bound=StrEnum)

# app = (raw - 5) / 0.95. Data points (app, raw) seen on real gateways: 20/24 and 5/9.75
# (powerwall2 README, 2018), 25/28.75 (home-assistant/core #136957), 80/81 (23.28.2), 0/5.00002,
# 100/100.
RAW_SCALE: Final = 0.95
RAW_OFFSET: Final = 5.0

HOLD: Final = "hold"
Hold = Literal["hold"]

# Float noise on the wire: 5.000019999999999 is a real body; one app percent is 0.95 raw.
RESERVE_TOLERANCE: Final = 0.11
"""App percent by which a reserve read may differ from the one written, where nothing rounds."""


class Mode(StrEnum):
    """The modes that a schedule can ask for; values are the API's words."""

    SELF_CONSUMPTION = "self_consumption"
    AUTONOMOUS = "autonomous"
    BACKUP = "backup"

    @property
    def app_name(self) -> str:
        """The name the Tesla app shows."""
        return _APP_NAMES[self]


_APP_NAMES: Final = {
    Mode.SELF_CONSUMPTION: "Self-Powered",
    Mode.AUTONOMOUS: "Time-Based Control",
    Mode.BACKUP: "Backup-only",
}


class GridCharging(StrEnum):
    """Whether the battery may charge from the grid."""

    ALLOW = "allow"
    DENY = "deny"


class Export(StrEnum):
    """What may be sold to the grid; on the wire battery_ok, pv_only, never."""

    BATTERY = "battery"
    SOLAR = "solar"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Setting:
    """What is wanted: mode and reserve always; the other two where they are named.

    `reserve` is app percent, or HOLD for "keep the present charge"; `at_least` is a floor under a
    hold. None of `grid_charging` and `export` means: leave alone, do not compare, do not confirm.
    """

    mode: Mode
    reserve: float | Hold
    grid_charging: GridCharging | None = None
    export: Export | None = None
    at_least: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The one form in the audit and in every view; a hold has no percentage yet. Keys that do
        not apply are left out, but for the first two."""
        held = isinstance(self.reserve, str)
        optional: dict[str, Any] = {
            "hold": True if held else None,
            "at_least_percent": self.at_least,
            "grid_charging": self.grid_charging and self.grid_charging.value,
            "export": self.export and self.export.value,
        }
        return {
            "mode": self.mode.value,
            "reserve_percent": None if held else self.reserve,
            **{key: value for key, value in optional.items() if value is not None},
        }

    def words(self) -> str:
        """As a person reads it: `Backup-only, 100 %, charging from the grid`."""
        return setting_words(self.to_json())


def setting_from_json(data: Mapping[str, Any]) -> Setting | None:
    """The setting of `Setting.to_json`; None where the data is not one."""
    reserve = HOLD if data.get("hold") else data.get("reserve_percent")
    floor = data.get("at_least_percent")
    try:
        return Setting(
            mode=Mode(data["mode"]),
            reserve=HOLD if reserve == HOLD else float(reserve),  # type: ignore[arg-type]
            grid_charging=_optional(GridCharging, data.get("grid_charging")),
            export=_optional(Export, data.get("export")),
            at_least=None if floor is None else float(floor),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _optional(kind: type[Word], value: Any) -> Word | None:
    return None if value is None else kind(value)


@dataclass(frozen=True, slots=True)
class SettingRead:
    """A setting as a gateway shows it. None: not offered, or not readable now; never a default.

    `mode` is the gateway's own word, known to us or not; `reserve` is app percent.
    """

    mode: str | None = None
    reserve: float | None = None
    grid_charging: GridCharging | None = None
    export: Export | None = None

    def differing(self, wanted: Setting, tolerance: float = RESERVE_TOLERANCE) -> tuple[str, ...]:
        """The names of the wanted parts that were read and are another value. An unresolved hold
        has no reserve to compare."""
        same: dict[str, bool] = {
            "mode": self.mode is None or self.mode == wanted.mode.value,
            "reserve": isinstance(wanted.reserve, str)
            or self.reserve is None
            or abs(self.reserve - wanted.reserve) <= tolerance,
            "grid_charging": None in {self.grid_charging, wanted.grid_charging}
            or self.grid_charging == wanted.grid_charging,
            "export": None in {self.export, wanted.export} or self.export == wanted.export,
        }
        return tuple(name for name, equal in same.items() if not equal)

    def missing(self, wanted: Setting) -> tuple[str, ...]:
        """The names of the wanted parts that could not be read: not verified, not different."""
        asked: dict[str, tuple[object, object]] = {
            "mode": (self.mode, wanted.mode),
            "reserve": (self.reserve, None if wanted.reserve == HOLD else wanted.reserve),
            "grid_charging": (self.grid_charging, wanted.grid_charging),
            "export": (self.export, wanted.export),
        }
        return tuple(
            name for name, (read, want) in asked.items() if read is None and want is not None
        )

    def shows(self, wanted: Setting, tolerance: float = RESERVE_TOLERANCE) -> bool:
        """Whether every wanted part was read and is equal; the only proof of a confirmation."""
        return not self.missing(wanted) and not self.differing(wanted, tolerance)

    def words(self) -> str:
        """As a person reads it: `Backup-only, 100 %`."""
        return setting_words(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """As `observed` of the audit has it: reserve on both scales; parts not read are left out,
        but for the first two."""
        optional: dict[str, Any] = {
            "raw_reserve": None if self.reserve is None else to_raw(self.reserve),
            "grid_charging": self.grid_charging and self.grid_charging.value,
            "export": self.export and self.export.value,
        }
        return {
            "mode": self.mode,
            "reserve_percent": None if self.reserve is None else round(self.reserve, 2),
            **{key: value for key, value in optional.items() if value is not None},
        }


def setting_read_from_json(data: Mapping[str, Any]) -> SettingRead:
    """The setting of `SettingRead.to_json`."""
    return SettingRead(
        mode=data.get("mode"),
        reserve=data.get("reserve_percent"),
        grid_charging=_optional(GridCharging, data.get("grid_charging")),
        export=_optional(Export, data.get("export")),
    )


def setting_words(data: Mapping[str, Any]) -> str:
    """The wording of a setting's JSON, wanted or read: `Self-Powered, 20 %`."""
    mode, reserve = data.get("mode"), data.get("reserve_percent")
    known = {each.value: each.app_name for each in Mode}
    words = [known.get(str(mode), str(mode)) if mode is not None else "mode unknown"]
    floor = data.get("at_least_percent")
    if data.get("hold"):
        words.append("hold the charge" + (f", at least {floor:g} %" if floor is not None else ""))
    else:
        words.append("reserve unknown" if reserve is None else f"{reserve:g} %")
    words += [
        text
        for text in (
            _GRID_WORDS.get(str(data.get("grid_charging"))),
            _EXPORT_WORDS.get(str(data.get("export"))),
        )
        if text
    ]
    return ", ".join(words)


_GRID_WORDS: Final = {"allow": "charging from the grid", "deny": "no charging from the grid"}
_EXPORT_WORDS: Final = {
    "battery": "selling battery and sun",
    "solar": "selling sun only",
    "none": "selling nothing",
}


def to_raw(app_percent: float) -> float:
    """The wire value of an app percentage, rounded to what the gateway keeps apart."""
    return round(app_percent * RAW_SCALE + RAW_OFFSET, 4)


def from_raw(raw_percent: float) -> float:
    """The app percentage of a wire value; below raw 5 there is none, so never under 0."""
    return max(0.0, round((raw_percent - RAW_OFFSET) / RAW_SCALE, 4))
