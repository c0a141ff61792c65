"""The gateway of a rehearsal: the simulated house behind the protocol, without a wire between.

Every exchange moves the clock, and meets what is wrong at that moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayIdentityError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.abilities import Identity, Update, UpdateState
from scheduler.gateway.base import (
    SETTING_ONLY,
    Limits,
    Part,
    Powers,
    Reading,
    Receipt,
    Spend,
    Step,
    Steps,
)
from scheduler.rehearsal.fast_clock import FastClock
from scheduler.rehearsal.strikes import ONCE, Edge
from scheduler.setting import Export, GridCharging, Mode, Setting, SettingRead, from_raw, to_raw
from scheduler.simulated.battery import WireSetting
from scheduler.simulated.house import House
from scheduler.simulated.options import Options
from scheduler.simulated.timepiece import Instant

LATENCY: Final = 0.2
SLOW: Final = 20.0
LATE: Final = timedelta(minutes=2)
_IN_THE_WAY: Final = {"storm": "storm_watch"}

_TROUBLE: Final[dict[str, Callable[[], GatewayError]]] = {
    "unreachable": lambda: GatewayUnreachableError("Nothing answers.", delivered="no"),
    "busy": lambda: GatewayBusyError("It is busy.", delivered="no", retry_after=60.0),
    "refused": lambda: GatewayRefusedError("The password is refused.", delivered="no"),
    "stranger": lambda: GatewayIdentityError("Another certificate answers.", delivered="no"),
    "garbage": lambda: GatewayProtocolError("The answer is not understood.", delivered="no"),
}


class RehearsedGateway:
    """One battery; lives on over restarts of the service."""

    # Its clock is to be doubted as that of a real house would be.
    name, simulated = "simulated rehearsal", False
    limits = Limits(grid_charging=True, exports=frozenset(Export))

    def __init__(self, clock: FastClock, timezone: str) -> None:
        self._clock = clock
        self.house = House(Options(timezone=timezone, settle_seconds=0.0), self._moment())
        self.faults: Counter[str] = Counter()
        """What is wrong now, and by how many strikes; see `strikes.KINDS`."""
        self.running = True
        self.writes = 0
        self.changed_at = clock.true
        """When the setting in force last became another, by the true time."""
        self.clock_ahead: float | None = None
        """As its last answer showed it."""
        self._clock_wrong = timedelta()
        self._firmware = 49
        self._export = Export.BATTERY
        self._coming: tuple[datetime, Setting] | None = None
        self._checked_at = clock.true

    @property
    def unsafe(self) -> str | None:
        """Nothing of ours ever stops this battery."""
        return None

    # --- the device, as it is

    def in_force(self) -> SettingRead:
        """The setting in force now."""
        if self._coming is not None and self._coming[0] <= self._clock.true:
            (at, setting), self._coming = self._coming, None
            self._set(setting, at)
        active = self.house.active
        charging = GridCharging.ALLOW if self.house.grid_charging else GridCharging.DENY
        return SettingRead(active.mode, from_raw(active.reserve), charging, self._export)

    @property
    def amiss(self) -> bool:
        """Whether anything is wrong now that may be over at the next look."""
        return any(number for fault, number in self.faults.items() if fault != "gateway_clock")

    def meets(self, edge: Edge) -> None:
        """A fault begins or ends."""
        fault = edge.fault
        if fault not in ONCE:
            self.faults[fault] += edge.by
        if fault == "gateway_clock":
            self._clock_wrong += edge.by * edge.strike.by
        if edge.by < 0:
            self._firmware += fault == "update"
            return
        if fault in ("standing", "stopped"):
            self._run(running=False)
        if fault == "app":
            backup = self.house.active.mode == Mode.BACKUP.value
            contrary = Setting(Mode.SELF_CONSUMPTION, 30) if backup else Setting(Mode.BACKUP, 100)
            self._set(contrary, self._clock.true)

    def _set(self, setting: Setting, at: datetime) -> None:
        before = self.house.active
        after = WireSetting(setting.mode.value, to_raw(float(setting.reserve)))
        if before != after:
            self.changed_at = at
        self.house.turn(self._moment())
        self.house.take(after, self._moment())
        if setting.grid_charging is not None:
            self.house.grid_charging = setting.grid_charging is GridCharging.ALLOW
        self._export = setting.export or self._export

    def _run(self, *, running: bool) -> None:
        self.house.turn(self._moment())
        self.running = running
        share = 1.0 if running else 0.0
        self.house.awake = lambda since, until: share

    def _charge(self) -> float:
        self.house.turn(self._moment())
        return self.house.app_charge

    def _powers(self) -> Powers:
        self.house.turn(self._moment())
        now = self.house.powers(awake=self.running)
        return Powers(now.battery, now.site, now.solar, now.load)

    @property
    def _version(self) -> str:
        return f"1.{self._firmware}.0"

    def _moment(self) -> Instant:
        return Instant(self._clock.true, self._clock.lived())

    # --- the protocol

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = SETTING_ONLY
    ) -> Reading:
        """What is in force; everything is free here."""
        del spend
        await self._exchange("observe", steps)
        health = Part.HEALTH in want
        return Reading(
            at=self._clock.now(),
            setting=self.in_force() if Part.SETTING in want else None,
            charge=self._charge() if Part.CHARGE in want else None,
            powers=self._powers() if Part.POWERS in want else None,
            running=self.running if health or Part.RUNNING in want else None,
            grid=not self.faults["grid_down"] if health else None,
            updating=self.faults["update"] > 0 if health else None,
            firmware=self._version if health else None,
            in_the_way=tuple(word for fault, word in _IN_THE_WAY.items() if self.faults[fault])
            if health
            else (),
        )

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        """Put a setting in force, if nothing is wrong."""
        del before
        await self._exchange("write", steps, changes=True)
        self.writes += 1
        if self.faults["half"]:
            mode = Mode(self.house.active.mode)
            setting = Setting(mode, setting.reserve, setting.grid_charging, setting.export)
        if not self.faults["deaf"]:
            late = LATE if self.faults["late"] else timedelta()
            self._coming = (self._clock.true + late, setting)
            self.in_force()
        if self.faults["answer_lost"]:
            raise GatewayUnreachableError("The answer was lost.", delivered="unknown")
        return Receipt(sent=("mode", "reserve"))

    async def make_safe(self, steps: Steps) -> None:
        """Run the battery."""
        await self.run_sitemaster(steps)
        if not self.running:
            raise GatewayUnreachableError("The battery does not come back.", delivered="yes")

    async def close(self) -> None:
        """Nothing is open."""

    # --- abilities

    async def commit(self, steps: Steps) -> None:
        """Answer; nothing waits for a commit here."""
        await self._exchange("commit", steps, changes=True)

    async def run_sitemaster(self, steps: Steps) -> None:
        """Run the battery, unless it cannot be run."""
        await self._exchange("run", steps, changes=True)
        if not self.faults["standing"]:
            self._run(running=True)

    async def identify(self, steps: Steps) -> Identity:
        """Another firmware after each update."""
        await self._exchange("version", steps)
        return Identity(self._version, self._clock.lived())

    async def start_update_check(self, steps: Steps) -> None:
        """Look for an update."""
        await self._exchange("check", steps, changes=True)
        self._checked_at = self._clock.true

    async def update(self, steps: Steps) -> Update:
        """There is never one."""
        await self._exchange("poll", steps)
        news = round(self._checked_at.timestamp() * 1000)
        state = UpdateState.FAILED
        return Update(state, state.value, "nonactionable", news, None)

    async def install_update(self, steps: Steps) -> None:
        """Nothing is staged."""
        await self._exchange("install", steps, changes=True)

    async def _exchange(self, step: str, steps: Steps, *, changes: bool = False) -> None:
        if changes:
            await steps.settled()
        took = SLOW if self.faults["slow"] else LATENCY
        self._clock.move(took)
        error = next((make() for fault, make in _TROUBLE.items() if self.faults[fault]), None)
        status = None if error else 200
        told = str(error) if error else None
        await steps.ended(Step(self._clock.now(), step, "ASK", "/", status, took * 1000, told))
        if error is not None:
            raise error
        wrong = self._clock_wrong - self._clock.ahead
        self.clock_ahead = wrong.total_seconds()
