"""The battery and the meters around it: power from mode, reserve and charge; energy from time.

Watts and watt-hours; battery + is discharge, site + is import, load + is use. All percentages
are on the wire's own scale. Time comes in as instants; nothing here reads a clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from scheduler import clock
from scheduler.simulated.site import SimulatedSite

# One unit of 21.44: 13.5 kWh nominal, 14.06 kWh full pack, 5 kW.
FULL_PACK: Final = 14061
MAX_POWER: Final = 5000.0
# Below its reserve, self_consumption charges slowly, the other modes fast (BJReplay/
# PowerwallService cf4fe7d, one unit, 2023).
SLOW_CHARGE: Final = 1700.0
# A reserve "about equal" to the charge holds it; half a percent.
_STANDBY: Final = FULL_PACK * 0.005
_LONGEST_STEP: Final = timedelta(seconds=60)
_MOST_STEPS: Final = 400
_MOST_PARTS: Final = 8
# Hours; carries the energy over a bound that floating point would leave it just short of.
_SHORTEST_PART: Final = 1e-7


@dataclass(frozen=True, slots=True)
class WireSetting:
    """Mode and reserve as the gateway keeps them; the reserve on its own scale."""

    mode: str
    reserve: float


@dataclass(frozen=True, slots=True)
class Flows:
    """Watts at one instant; site + battery + solar = load."""

    site: float
    battery: float
    load: float
    solar: float


@dataclass(slots=True)
class Energies:
    """Watt-hours since the meters were fitted, out of and into each."""

    exported: dict[str, float] = field(
        default_factory=lambda: {"site": 348463.5, "battery": 567740, "load": 0, "solar": 1269175.5}
    )
    imported: dict[str, float] = field(
        default_factory=lambda: {
            "site": 752045.9,
            "battery": 642500,
            "load": 1595342,
            "solar": 2655,
        }
    )

    def add(self, powers: Flows, hours: float) -> None:
        """Count `hours` at these powers; what a battery or a roof gives is exported."""
        for name in ("site", "battery", "load", "solar"):
            watts = getattr(powers, name)
            gives = watts < 0 if name in ("site", "load") else watts > 0
            table = self.exported if gives else self.imported
            table[name] += abs(watts) * hours


@dataclass(slots=True)
class Battery:
    """Charge and meters as of `at`. `speed` makes its time run faster than the wall's."""

    setting: WireSetting
    zone: ZoneInfo
    at: datetime
    energy: float
    """Watt-hours in the pack."""
    site: SimulatedSite = field(default_factory=SimulatedSite)
    speed: float = 1.0
    islanded: bool = False
    grid_charging: bool = True
    energies: Energies = field(default_factory=Energies)
    _coming: tuple[datetime, WireSetting] | None = None
    _ordered: tuple[float, datetime] | None = None
    """Watts that were asked for, and until when."""

    @property
    def charge(self) -> float:
        """Percent on the wire's scale: the quotient of two whole numbers, as on the device."""
        return 100 * self.remaining / FULL_PACK

    @property
    def remaining(self) -> int:
        return round(self.energy)

    def follow(self, setting: WireSetting, at: datetime) -> None:
        """Obey another setting from an instant on."""
        self._coming = (at, setting)

    def order(self, watts: float, until: datetime) -> None:
        """Give (or take, where negative) a power until an instant, whatever the mode says."""
        self._ordered = (watts, until)

    def resume(self) -> None:
        self._ordered = None

    def advance(self, until: datetime, *, share: float) -> None:
        """Live until an instant, of which only a share is spent awake. A clock that steps back
        moves nothing."""
        if until <= self.at:
            self.at = until
            self._take_up()
            return
        step = max(_LONGEST_STEP, (until - self.at) / _MOST_STEPS)
        while self.at < until:
            self._take_up()
            end = min(until, self.at + step, *self._change_ahead())
            self._live((end - self.at) * share)
            self.at = end
        self._take_up()

    def powers(self, *, awake: bool = True) -> Flows:
        """Watts now; asleep the battery gives and takes nothing."""
        local = clock.localise(self.at, self.zone)
        load, solar = self.site.load_power(local), self.site.solar_power(local)
        battery = round(self._power(load - solar), 2) if awake else 0.0
        if self.islanded:
            return Flows(0.0, battery, round(battery + solar, 2), solar)
        return Flows(round(load - solar - battery, 2), battery, load, solar)

    def _power(self, net: float) -> float:
        """Watts out of the battery while the house needs `net` more than the roof gives."""
        if self.islanded:
            return self._within(net, floor=0.0)
        surplus = max(0.0, -net)
        if self._ordered:
            return self._obeying(self._ordered[0], surplus)
        floor = self._floor()
        if self.energy >= FULL_PACK and net <= 0:
            return 0.0
        if self.energy < floor - 1:
            from_grid = self._charge_rate() if self.grid_charging else 0.0
            return -min(MAX_POWER, max(from_grid, surplus))
        if self.energy <= floor + _STANDBY:
            return -min(MAX_POWER, surplus) if self.energy < FULL_PACK else 0.0
        return self._within(net, floor=floor)

    def _obeying(self, watts: float, surplus: float) -> float:
        """What becomes of an order: within the pack's bounds, and of the grid only where it may."""
        if watts < 0 and not self.grid_charging:
            watts = max(watts, -surplus)
        return self._within(watts, floor=0.0)

    def _within(self, net: float, *, floor: float) -> float:
        least = -MAX_POWER if self.energy < FULL_PACK else 0.0
        most = MAX_POWER if self.energy > floor else 0.0
        return min(most, max(least, net))

    def _floor(self) -> float:
        """Watt-hours that are kept; backup keeps all, whatever its reserve says."""
        percent = 100.0 if self.setting.mode == "backup" else self.setting.reserve
        return FULL_PACK * percent / 100

    def _charge_rate(self) -> float:
        return SLOW_CHARGE if self.setting.mode == "self_consumption" else MAX_POWER

    def _live(self, awake: timedelta) -> None:
        """Spend some waking time, in parts where the rule changes on the way."""
        hours = awake.total_seconds() / 3600 * self.speed
        for _ in range(_MOST_PARTS):
            if hours <= 0:
                return
            powers = self.powers()
            part = min(hours, self._hours_to_bound(powers.battery))
            self.energies.add(powers, part)
            self.energy = min(FULL_PACK, max(0.0, self.energy - powers.battery * part))
            hours -= part

    def _hours_to_bound(self, power: float) -> float:
        """How long this power can last: to the reserve, to full or to empty."""
        if power == 0:
            return math.inf
        floor = self._floor()
        if power > 0:
            bound = 0.0 if self.islanded or self._ordered else floor + _STANDBY
        else:
            bound = floor if self.energy < floor - 1 else float(FULL_PACK)
        return max((self.energy - bound) / power, _SHORTEST_PART)

    def _change_ahead(self) -> tuple[datetime, ...]:
        changes = [each for each in (self._coming and self._coming[0], self._ends) if each]
        return tuple(each for each in changes if each > self.at)

    @property
    def _ends(self) -> datetime | None:
        return self._ordered[1] if self._ordered else None

    def _take_up(self) -> None:
        if self._coming and self._coming[0] <= self.at:
            self.setting = self._coming[1]
            self._coming = None
        if self._ends and self._ends <= self.at:
            self._ordered = None
