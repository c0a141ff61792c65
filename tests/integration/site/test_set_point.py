"""A rule with `charge`: ordered, renewed, released, seen in the meters; and what a death leaves."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from scheduler.audit.database import open_database
from scheduler.audit.views import RunView
from scheduler.errors import GatewayRefusedError, GatewayUnreachableError
from scheduler.gateway.base import Limits, Part, Powers, Reading, Spend, Steps
from scheduler.schedule.values import Schedule
from scheduler.site.set_point import effect_of
from scheduler.words import Wake

from .conftest import Clock, Device, Home, MemoryGateway, schedule

PULSE = 30.0


@dataclass
class Charger(Device):
    """A battery that takes orders, each of which ends by itself."""

    order: tuple[float, float] | None = None
    """Watts, and until when by elapsed time."""
    orders: list[tuple[float | None, int]] = field(default_factory=list)
    obeys: bool = True
    grid: bool = True

    @property
    def power(self) -> float:
        watts, until = self.order or (0.0, 0.0)
        return -watts if self.clock.elapsed < until and self.obeys else 300.0


class ChargingGateway(MemoryGateway):
    device: Charger

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = frozenset({Part.SETTING})
    ) -> Reading:
        found = await super().read(steps, spend=spend, want=want)
        powers = Powers(battery=self.device.power) if Part.POWERS in want else None
        grid = self.device.grid if Part.HEALTH in want else None
        return dataclasses.replace(found, powers=powers, grid=grid)

    async def charge_with(self, steps: Steps, watts: float | None, seconds: int) -> float:
        await steps.settled()
        await self._exchange("dispatch", steps)
        self.device.orders.append((watts, seconds))
        self.device.order = (watts or 5000.0, self.device.clock.elapsed + seconds)
        return watts or 5000.0

    async def resume(self, steps: Steps) -> None:
        await steps.settled()
        await self._exchange("resume", steps)
        self.device.order = None


class ChargingHome(Home):
    def _gateway(self) -> ChargingGateway:
        assert isinstance(self.device, Charger)
        return ChargingGateway(self.device)


def with_charge(charge: float | Literal["full"]) -> Schedule:
    plain = schedule()
    night = dataclasses.replace(plain.rules[0], charge=charge)
    return dataclasses.replace(plain, rules=(night, plain.rules[1]))


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[ChargingHome]:
    clock = Clock()
    device = Charger(clock, limits=Limits(set_points=True))
    database = open_database(tmp_path / "tou.db", create=True)
    made = ChargingHome(tmp_path, clock, database, device, schedule=with_charge(3000.0))
    yield made
    await made.close()


async def by_night(home: ChargingHome) -> Charger:
    home.at(22, 1)
    await home.look(Wake.BOUNDARY)
    assert isinstance(home.device, Charger)
    return home.device


async def pulses(home: ChargingHome, number: int) -> None:
    for _ in range(number):
        home.clock.move(seconds=PULSE)
        await home.look(Wake.PULSE)


def charging(home: ChargingHome) -> Mapping[str, Any]:
    found = home.state().charging
    assert found is not None
    return found


def charges(home: ChargingHome) -> list[RunView]:
    return [run for run in home.runs() if run.kind == "charge"]


async def test_the_order_stands_beside_the_setting_for_three_pulses(home: ChargingHome) -> None:
    device = await by_night(home)

    assert device.active.mode == "backup"
    assert device.orders == [(3000.0, 90)]
    assert charging(home)["watts"] == 3000.0


async def test_a_process_that_ends_after_its_act_orders_nothing_and_leaves_no_run_open(
    home: ChargingHome,
) -> None:
    home.site.acts_once()

    device = await by_night(home)

    assert device.active.mode == "backup"
    assert device.orders == []
    assert charges(home) == []


async def test_it_is_renewed_at_each_pulse_and_never_runs_out(home: ChargingHome) -> None:
    device = await by_night(home)

    for _ in range(20):
        await pulses(home, 1)
        assert device.power == -3000.0

    assert len(device.orders) == 21


async def test_full_is_all_that_the_battery_takes(home: ChargingHome) -> None:
    home.schedule = with_charge("full")
    device = await by_night(home)

    assert device.orders == [(None, 90)]
    assert charging(home)["watts"] == 5000.0


async def test_the_meters_confirm_it_as_evidence(home: ChargingHome) -> None:
    await by_night(home)
    await pulses(home, 1)

    (run,) = charges(home)
    assert run.outcome == "confirmed"
    assert charging(home)["effect"] == "seen"


async def test_an_order_that_the_meters_do_not_show_is_not_called_confirmed(
    home: ChargingHome,
) -> None:
    home.device.obeys = False
    await by_night(home)
    await pulses(home, 5)

    (run,) = charges(home)
    assert run.outcome == "unconfirmed"
    assert charging(home)["effect"] == "not_seen"


async def test_leaving_the_window_releases_it_on_the_record(home: ChargingHome) -> None:
    device = await by_night(home)
    await pulses(home, 2)

    home.at(8, 1)
    await home.look(Wake.BOUNDARY)

    assert device.order is None or device.power > 0
    assert home.state().charging is None
    assert device.active.mode == "self_consumption"


async def test_a_boundary_within_the_lease_sends_a_resume(home: ChargingHome) -> None:
    home.at(7, 59)
    await home.look(Wake.START)
    home.at(8, 0)
    await home.look(Wake.BOUNDARY)

    assert home.device.done[-1] == "resume"
    assert [run.outcome for run in charges(home)][-1] == "completed"


async def test_when_we_die_it_ends_by_itself(home: ChargingHome) -> None:
    device = await by_night(home)

    home.clock.move(seconds=91)

    assert device.power > 0


async def test_a_restart_within_the_window_orders_it_again(home: ChargingHome) -> None:
    device = await by_night(home)

    site = await home.restart(gone_for=20)
    await site.look(Wake.START)

    assert len(device.orders) == 2
    assert device.power == -3000.0


async def test_nothing_is_ordered_off_the_grid(home: ChargingHome) -> None:
    home.device.grid = False
    device = await by_night(home)
    await pulses(home, 3)

    assert device.orders == []
    assert charges(home) == []
    assert home.outcomes() == ["deferred"]


async def test_an_order_is_left_to_its_end_when_the_grid_goes(home: ChargingHome) -> None:
    device = await by_night(home)
    device.grid = False
    await pulses(home, 4)

    assert len(device.orders) == 1
    assert device.power > 0


async def test_a_gateway_that_is_gone_for_a_pulse_costs_nothing(home: ChargingHome) -> None:
    device = await by_night(home)
    device.fails("dispatch", GatewayUnreachableError(delivered="unknown"))
    await pulses(home, 3)

    assert len(device.orders) == 3
    assert device.power == -3000.0


async def test_a_gateway_that_stays_away_is_tried_ever_more_seldom(home: ChargingHome) -> None:
    home.device.fails("dispatch", *(GatewayUnreachableError(delivered="no") for _ in range(50)))
    await by_night(home)
    await pulses(home, 60)

    assert 5 < len(charges(home)) < 20


async def test_a_firmware_that_lacks_it_falls_back_to_mode_and_reserve(home: ChargingHome) -> None:
    device = home.device
    device.fails("dispatch", GatewayRefusedError("lacks it", delivered="no"))
    await by_night(home)
    device.limits = Limits(set_points=False)
    await pulses(home, 20)

    assert device.orders == []
    assert device.active.mode == "backup"
    assert [run.outcome for run in charges(home)] == ["refused"]


async def test_a_transport_without_set_points_never_hears_of_it(home: ChargingHome) -> None:
    home.device.limits = Limits()
    device = await by_night(home)

    assert device.orders == []
    assert charges(home) == []


async def test_a_dry_run_orders_nothing(home: ChargingHome) -> None:
    home.dry_run = True
    device = await by_night(home)

    assert device.orders == []


async def test_another_power_replaces_it_without_a_release(home: ChargingHome) -> None:
    device = await by_night(home)
    home.change(rules=with_charge(1000.0).rules)
    await home.look(Wake.RELOAD)

    assert [watts for watts, _ in device.orders] == [3000.0, 1000.0]
    assert "resume" not in device.done


async def test_a_stop_leaves_no_run_open(home: ChargingHome) -> None:
    await by_night(home)
    await home.site.stop()

    assert [run.outcome for run in charges(home)] == ["unconfirmed"]


@pytest.mark.parametrize(
    ("watts", "battery", "charge", "effect"),
    [
        (3000, -3000.0, 50, "seen"),
        (3000, -1500.0, 50, "seen"),
        (3000, -1400.0, 50, "not_seen"),
        (3000, 400.0, 50, "not_seen"),
        (3000, 0.0, 50, "not_seen"),
        (3000, -700.0, 97, "cannot_tell"),
        (3000, 0.0, 100, "cannot_tell"),
        (3000, None, 50, "cannot_tell"),
        (3000, -3000.0, None, "seen"),
    ],
)
def test_the_effect_is_told_by_the_sign_and_half_the_size(
    watts: int, battery: float | None, charge: int | None, effect: str
) -> None:
    from scheduler.gateway.base import Reading

    reading = Reading(at=Clock().now(), powers=Powers(battery=battery), charge=charge)

    assert effect_of(watts, reading) == effect
