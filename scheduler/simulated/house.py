"""One battery and the house around it, whatever door its gateway is asked through.

A door (the local API, the cloud, a proxy) shows and sets what is here in its own protocol; several
may stand before the same house. Percentages are on the battery's own (raw) scale, but where a
name says app.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from scheduler.setting import from_raw, to_raw
from scheduler.simulated.battery import FULL_PACK, Battery, Flows, WireSetting
from scheduler.simulated.options import Options
from scheduler.simulated.site import SimulatedSite
from scheduler.simulated.timepiece import Instant

METERS: Final = ("site", "battery", "load", "solar")


class House:
    """Moves only when it is asked something, to the moment it is then told."""

    def __init__(self, options: Options, moment: Instant) -> None:
        self.zone = options.zone()
        self.active = WireSetting(options.mode, to_raw(options.reserve))
        """The setting in force; the battery follows it some seconds later."""
        self.export = "battery_ok"
        self.awake: Callable[[float, float], float] = lambda since, until: 1.0
        """Which share of a stretch the battery was run; the sitemaster's, where there is one."""
        self._settle = timedelta(seconds=options.settle_seconds)
        self._last = moment
        self.battery = Battery(
            self.active,
            self.zone,
            moment.instant,
            FULL_PACK * to_raw(options.charge) / 100,
            SimulatedSite(options.solar, options.load),
            options.speed,
        )

    @property
    def app_charge(self) -> float:
        return from_raw(self.battery.charge)

    @property
    def app_reserve(self) -> float:
        return from_raw(self.active.reserve)

    @property
    def grid_charging(self) -> bool:
        return self.battery.grid_charging

    @grid_charging.setter
    def grid_charging(self, allowed: bool) -> None:
        self.battery.grid_charging = allowed

    def turn(self, moment: Instant) -> None:
        share = self.awake(self._last.elapsed, moment.elapsed)
        self.battery.advance(moment.instant, share=share)
        self._last = moment

    def take(self, setting: WireSetting, moment: Instant) -> None:
        """Put a setting in force: followed at once into backup, after about 30 s out of it
        (PW2 #26)."""
        leaves_backup = self.battery.setting.mode == "backup" != setting.mode
        self.active = setting
        self.battery.follow(
            setting, moment.instant + (self._settle if leaves_backup else timedelta())
        )

    def powers(self, *, awake: bool = True) -> Flows:
        return self.battery.powers(awake=awake)

    def meters(self) -> dict[str, dict[str, float]]:
        """Power and counters of each meter, by the words of the API."""
        powers, energies = self.powers(), self.battery.energies
        return {
            name: {
                "instant_power": getattr(powers, name),
                "energy_exported": energies.exported[name],
                "energy_imported": energies.imported[name],
            }
            for name in METERS
        }

    def grid_status(self) -> dict[str, object]:
        """/api/system_status/grid_status, as all doors tell it."""
        word = "SystemIslandedActive" if self.battery.islanded else "SystemGridConnected"
        return {"grid_status": word, "grid_services_active": False}
