"""What can be wanted of a battery, or read from it: a mode and a reserve, on the app's scale.

The gateway's own API uses another scale ("raw") for reserve and charge alike. It is converted
here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

# app = (raw - 5) / 0.95. Data points (app, raw) seen on real gateways: 20/24 and 5/9.75
# (powerwall2 README, 2018), 25/28.75 (home-assistant/core #136957), 80/81 (23.28.2), 0/5.00002,
# 100/100.
RAW_SCALE: Final = 0.95
RAW_OFFSET: Final = 5.0

HOLD: Final = "hold"
Hold = Literal["hold"]


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


@dataclass(frozen=True, slots=True)
class Setting:
    """A mode and its reserve: app percent, or HOLD for "keep the present charge"."""

    mode: Mode
    reserve: float | Hold


def to_raw(app_percent: float) -> float:
    """The wire value of an app percentage, rounded to what the gateway keeps apart."""
    return round(app_percent * RAW_SCALE + RAW_OFFSET, 4)


def from_raw(raw_percent: float) -> float:
    """The app percentage of a wire value; below raw 5 there is none, so never under 0."""
    return max(0.0, round((raw_percent - RAW_OFFSET) / RAW_SCALE, 4))
