"""What the cloud knows of the house, and what it has been told: commands that take their time, a
picture that lags behind, and a count of what is billed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from scheduler.setting import from_raw, to_raw
from scheduler.simulated.battery import WireSetting
from scheduler.simulated.fleet.faults import FleetFaults
from scheduler.simulated.house import House
from scheduler.simulated.timepiece import Instant

SITE: Final = 2252012345678901
"""16 digits: a float keeps them, one more digit it would not."""
_MOST_PICTURES: Final = 200


@dataclass(frozen=True, slots=True)
class Picture:
    """The settings as they were in force; reserve in app percent."""

    mode: str
    reserve: float
    charging_denied: bool = False
    export: str | None = None
    """None: never set."""
    storm_mode: bool = True


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime
    fields: dict[str, object]


class Cloud:
    """One account with one site that has a battery. Moves only when it is asked something."""

    def __init__(self, house: House, faults: FleetFaults, read: Callable[[], Instant]) -> None:
        self.house, self.faults = house, faults
        self.reads = self.commands = 0
        self.name = "Simulated House"
        self.more_sites: tuple[tuple[int, str], ...] = ()
        """Further sites with a battery in the account."""
        self.rate_plan: dict[str, object] | None = None
        """The tariff that is set in the app."""
        self._read = read
        self._coming: list[_Change] = []
        start = Picture(house.active.mode, round(house.app_reserve, 2))
        self._pictures: list[tuple[datetime, Picture]] = [(read().instant, start)]

    @property
    def in_force(self) -> Picture:
        """What the gateway at the house has."""
        return self._pictures[-1][1]

    def turn(self) -> datetime:
        moment = self._read()
        self._apply(moment)
        self.house.battery.islanded = self.faults.islanded
        self.house.turn(moment)
        return moment.instant

    def shown(self) -> Picture:
        """What `site_info` tells: the present, or what was some time ago."""
        until = self.turn() - timedelta(seconds=self.faults.stale)
        earlier = [picture for at, picture in self._pictures if at <= until]
        return earlier[-1] if earlier else self._pictures[0][1]

    def take(self, **fields: object) -> None:
        """Take a command; in force after the lag."""
        now, faults = self.turn(), self.faults
        self._coming.append(_Change(now + timedelta(seconds=faults.lag), fields))
        if faults.rival is not None:
            before = self.in_force
            back = {name: getattr(before, name) for name in fields}
            self._coming.append(_Change(now + timedelta(seconds=faults.rival), back))
        self.turn()

    def _apply(self, moment: Instant) -> None:
        due = sorted(
            (each for each in self._coming if each.at <= moment.instant), key=lambda each: each.at
        )
        self._coming = [each for each in self._coming if each.at > moment.instant]
        for change in due:
            self._put(replace(self.in_force, **change.fields), moment, change.at)  # type: ignore[arg-type]

    def _put(self, picture: Picture, moment: Instant, at: datetime) -> None:
        self._pictures = [*self._pictures[-_MOST_PICTURES:], (at, picture)]
        house = self.house
        house.grid_charging = not picture.charging_denied
        house.export = picture.export or "battery_ok"
        if (house.active.mode, from_raw(house.active.reserve)) != (picture.mode, picture.reserve):
            house.take(WireSetting(picture.mode, to_raw(picture.reserve)), moment)
