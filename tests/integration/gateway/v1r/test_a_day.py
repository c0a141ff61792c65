"""A day in the life: every boundary applied over v1r, confirmed, audited; a charge that is ordered,
seen and given back; and a night in which things go wrong."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from scheduler import clock
from scheduler.audit import review
from scheduler.audit.database import Database, open_database
from scheduler.audit.recorder import Recorder
from scheduler.audit.views import RunView
from scheduler.audit.writer import Writer
from scheduler.gateway.v1r.client import V1rGateway
from scheduler.gateway.v1r.key import Key
from scheduler.schedule.load import load_schedule
from scheduler.simulated.house import House
from scheduler.simulated.v1r import SimulatedV1r
from scheduler.site.backoff import Backoff
from scheduler.site.shown import state_of
from scheduler.site.site import Site
from scheduler.site.state import SiteState
from scheduler.site.wish import Conduct
from scheduler.words import Wake

from .conftest import PASSWORD

TEXT = """\
schedule: a day over v1r
timezone: America/Los_Angeles
rules:
  - name: fill up
    during: 00:00-06:00
    mode: backup
    reserve: 100%
    grid_charging: allow
    charge: 3 kW
  - name: sell the evening
    during: 16:00-21:00
    mode: autonomous
    reserve: 15%
    grid_charging: deny
    export: battery
  - name: run the house
    mode: self_consumption
    reserve: 85%
    grid_charging: deny
    export: solar
"""
MIDNIGHT = datetime(2026, 7, 7, 7, tzinfo=UTC)
PULSE = timedelta(seconds=30)


class Home:
    """One house, its unit, and time that is moved by hand."""

    def __init__(self, site: Site, unit: SimulatedV1r, database: Database, frozen: Any) -> None:
        self.site, self.unit, self.database, self.frozen = site, unit, database, frozen

    async def look_at(self, instant: datetime, wake: Wake = Wake.BOUNDARY) -> None:
        self.frozen.move_to(instant)
        await self.site.look(wake)
        await self.until_settled()

    async def until_settled(self) -> None:
        """Heed what is owed within the next minutes."""
        for _ in range(40):
            owed = [
                each
                for each in self.site.alarms(clock.now())
                if each.wake in (Wake.CONFIRM, Wake.RETRY)
            ]
            if not owed:
                return
            first = min(each.at for each in owed) + timedelta(milliseconds=1)
            self.frozen.move_to(max(first, clock.now()))
            await self.site.look(min(owed, key=lambda each: each.at).wake)

    async def pulses(self, number: int) -> None:
        for _ in range(number):
            self.frozen.tick(PULSE)
            await self.site.look(Wake.PULSE)

    @property
    def state(self) -> SiteState:
        return state_of(self.site, clock.now())

    @property
    def house(self) -> House:
        self.unit.unit.turn()
        return self.unit.unit.house

    def runs(self, kind: str) -> list[RunView]:
        self.site.recorder.writer.ask(int).result()
        return [run for run in review.runs(self.database) if run.kind == kind]


@pytest.fixture
async def home(tmp_path: Path, key: Key) -> AsyncIterator[Home]:
    path = tmp_path / "day.yaml"
    path.write_text(TEXT)
    unit = SimulatedV1r(password=PASSWORD, charge=30.0)
    with freeze_time(MIDNIGHT - timedelta(hours=1), real_asyncio=True) as frozen:
        async with unit:
            unit.keyring.verify(key.public_der)
            gateway = V1rGateway(
                host=unit.address, password=PASSWORD, key=key, refusal_file=tmp_path / "tou.v1r"
            )
            database = open_database(tmp_path / "tou.db", create=True)
            writer = Writer(database)
            recorder = Recorder(writer, "home")
            conduct = Conduct(Backoff(2.0, 60.0))
            site = Site(
                "home", load_schedule(path), gateway, recorder, conduct, synchronised=lambda: True
            )
            await site.start(alive_until=None)
            yield Home(site, unit, database, frozen)
            await site.stop()
            await gateway.close()
            recorder.close()
            writer.close()
            database.close()


async def test_every_boundary_of_a_day_is_applied_confirmed_and_recorded(home: Home) -> None:
    await home.look_at(MIDNIGHT - timedelta(hours=1), Wake.START)
    for hour, mode, reserve, denied, export in (
        (0, "backup", 100, False, "pv_only"),
        (6, "self_consumption", 85, True, "pv_only"),
        (16, "autonomous", 15, True, "battery_ok"),
        (21, "self_consumption", 85, True, "pv_only"),
    ):
        await home.look_at(MIDNIGHT + timedelta(hours=hour))

        house = home.house
        assert (house.active.mode, round(house.app_reserve)) == (mode, reserve)
        assert (house.grid_charging, house.export) == (not denied, export)

    runs = home.runs("switch")
    assert [run.outcome for run in runs] == ["confirmed"] * 5
    assert home.unit.unit.config.writes == 5
    assert home.unit.logins == 1


async def test_a_charge_is_ordered_seen_and_given_back(home: Home) -> None:
    await home.look_at(MIDNIGHT - timedelta(hours=1), Wake.START)
    before = home.house.app_charge
    await home.look_at(MIDNIGHT)
    await home.pulses(20)
    ordered = home.house.powers().battery
    filled = home.house.app_charge

    await home.look_at(MIDNIGHT + timedelta(hours=6))

    assert ordered == -3000
    assert filled > before
    assert home.runs("charge")[0].outcome == "confirmed"
    assert home.state.charging is None
    assert home.house.powers().battery > -1000


async def test_a_battery_whose_keeper_died_goes_back_to_its_mode(home: Home) -> None:
    await home.look_at(MIDNIGHT)
    await home.pulses(3)

    home.frozen.tick(timedelta(seconds=91))

    assert home.house.powers().battery == -5000  # backup fills up by itself


async def test_a_firmware_without_the_order_still_fills_up(home: Home) -> None:
    home.unit.faults.set_point_unknown = True
    await home.look_at(MIDNIGHT)
    await home.pulses(5)

    assert home.house.active.mode == "backup"
    assert [run.outcome for run in home.runs("charge")] == ["refused"]
    assert not home.site.gateway.limits.set_points


async def test_an_order_that_is_ignored_is_unconfirmed(home: Home) -> None:
    await home.look_at(MIDNIGHT - timedelta(hours=1), Wake.START)
    home.unit.faults.set_point_ignored = True
    home.unit.faults.no_effect = True
    await home.look_at(MIDNIGHT)
    await home.pulses(6)

    assert home.runs("charge")[0].outcome == "unconfirmed"
    assert home.state.charging is not None
    assert home.state.charging["effect"] == "not_seen"


@pytest.mark.parametrize(
    "fault",
    ["lock_conflict", "answer_lost", "busy", "limited", "drop", "update_ignored", "garbage"],
)
async def test_a_fault_that_strikes_a_boundary_once_is_mended_within_the_window(
    home: Home, fault: str
) -> None:
    await home.look_at(MIDNIGHT - timedelta(hours=1), Wake.START)
    setattr(home.unit.faults, fault, 1)

    await home.look_at(MIDNIGHT)

    assert home.state.confirmed.setting.mode == "backup"
    assert home.house.active.mode == "backup"


async def test_a_gateway_that_is_gone_over_a_boundary_is_served_when_it_is_back(home: Home) -> None:
    await home.look_at(MIDNIGHT - timedelta(hours=1), Wake.START)
    home.unit.faults.refuse = True
    home.frozen.move_to(MIDNIGHT)
    await home.site.look(Wake.BOUNDARY)
    reached = home.state.gateway.reachable
    home.unit.faults.refuse = False

    await home.until_settled()

    assert reached is False
    assert home.house.active.mode == "backup"


async def test_another_program_that_puts_the_old_setting_back_is_seen(home: Home) -> None:
    await home.look_at(MIDNIGHT - timedelta(hours=1), Wake.START)
    await home.look_at(MIDNIGHT)
    unit = home.unit.unit
    unit.config.put("self_consumption", 85.75, unit.turn())
    await home.pulses(2)

    assert [reason.id for reason in home.state.reasons] != []


async def test_a_clock_that_is_wrong_is_said_and_mended(home: Home) -> None:
    await home.look_at(MIDNIGHT - timedelta(hours=1), Wake.START)
    home.unit.faults.clock_offset = 3600.0
    home.frozen.move_to(MIDNIGHT)
    await home.site.look(Wake.BOUNDARY)
    told = [reason.text for reason in home.state.reasons]
    written = home.unit.unit.config.writes
    home.unit.faults.clock_offset = 0.0

    await home.until_settled()

    assert any("clock" in text for text in told)
    assert written == 1
    assert home.house.active.mode == "backup"
