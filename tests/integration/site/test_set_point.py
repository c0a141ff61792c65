"""A rule with `charge`: ordered, renewed, released, seen in the meters; and what a death leaves."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import pytest

from scheduler.audit.database import open_database
from scheduler.errors import GatewayRefusedError, GatewayUnreachableError
from scheduler.gateway.base import Limits, Part, Powers
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

    async def read(self, steps, *, spend, want=frozenset({Part.SETTING})):
        found = await super().read(steps, spend=spend, want=want)
        powers = Powers(battery=self.device.power) if Part.POWERS in want else None
        grid = self.device.grid if Part.HEALTH in want else None
        return dataclasses.replace(found, powers=powers, grid=grid)

    async def charge_with(self, steps, watts, seconds):
        await steps.settled()
        await self._exchange("dispatch", steps)
        self.device.orders.append((watts, seconds))
        self.device.order = (watts or 5000.0, self.device.clock.elapsed + seconds)
        return watts or 5000.0

    async def resume(self, steps):
        await steps.settled()
        await self._exchange("resume", steps)
        self.device.order = None


class ChargingHome(Home):
    def _gateway(self):
        assert isinstance(self.device, Charger)
        return ChargingGateway(self.device)


def with_charge(charge):
    plain = schedule()
    night = dataclasses.replace(plain.rules[0], charge=charge)
    return dataclasses.replace(plain, rules=(night, plain.rules[1]))


@pytest.fixture
async def home(tmp_path):
    clock = Clock()
    device = Charger(clock, limits=Limits(set_points=True))
    database = open_database(tmp_path / "tou.db", create=True)
    made = ChargingHome(tmp_path, clock, database, device, schedule=with_charge(3000.0))
    yield made
    await made.close()


async def by_night(home):
    home.at(22, 1)
    await home.look(Wake.BOUNDARY)
    return home.device


async def pulses(home, number):
    for _ in range(number):
        home.clock.move(seconds=PULSE)
        await home.look(Wake.PULSE)


def charges(home):
    return [run for run in home.runs() if run.kind == "charge"]


async def test_the_order_stands_beside_the_setting_for_three_pulses(home):
    device = await by_night(home)

    assert device.active.mode == "backup"
    assert device.orders == [(3000.0, 90)]
    assert home.site.state(home.clock.instant).charging["watts"] == 3000.0


async def test_a_process_that_ends_after_its_act_orders_nothing_and_leaves_no_run_open(home):
    home.site.acts_once()

    device = await by_night(home)

    assert device.active.mode == "backup"
    assert device.orders == []
    assert charges(home) == []


async def test_it_is_renewed_at_each_pulse_and_never_runs_out(home):
    device = await by_night(home)

    for _ in range(20):
        await pulses(home, 1)
        assert device.power == -3000.0

    assert len(device.orders) == 21


async def test_full_is_all_that_the_battery_takes(home):
    home.schedule = with_charge("full")
    device = await by_night(home)

    assert device.orders == [(None, 90)]
    assert home.site.state(home.clock.instant).charging["watts"] == 5000.0


async def test_the_meters_confirm_it_as_evidence(home):
    await by_night(home)
    await pulses(home, 1)

    (run,) = charges(home)
    assert run.outcome == "confirmed"
    assert home.site.state(home.clock.instant).charging["effect"] == "seen"


async def test_an_order_that_the_meters_do_not_show_is_not_called_confirmed(home):
    home.device.obeys = False
    await by_night(home)
    await pulses(home, 5)

    (run,) = charges(home)
    assert run.outcome == "unconfirmed"
    assert home.site.state(home.clock.instant).charging["effect"] == "not_seen"


async def test_leaving_the_window_releases_it_on_the_record(home):
    device = await by_night(home)
    await pulses(home, 2)

    home.at(8, 1)
    await home.look(Wake.BOUNDARY)

    assert device.order is None or device.power > 0
    assert home.site.state(home.clock.instant).charging is None
    assert device.active.mode == "self_consumption"


async def test_a_boundary_within_the_lease_sends_a_resume(home):
    home.at(7, 59)
    await home.look(Wake.START)
    home.at(8, 0)
    await home.look(Wake.BOUNDARY)

    assert home.device.done[-1] == "resume"
    assert [run.outcome for run in charges(home)][-1] == "completed"


async def test_when_we_die_it_ends_by_itself(home):
    device = await by_night(home)

    home.clock.move(seconds=91)

    assert device.power > 0


async def test_a_restart_within_the_window_orders_it_again(home):
    device = await by_night(home)

    site = await home.restart(gone_for=20)
    await site.look(Wake.START)

    assert len(device.orders) == 2
    assert device.power == -3000.0


async def test_nothing_is_ordered_off_the_grid(home):
    home.device.grid = False
    device = await by_night(home)
    await pulses(home, 3)

    assert device.orders == []
    assert charges(home) == []
    assert home.outcomes() == ["deferred"]


async def test_an_order_is_left_to_its_end_when_the_grid_goes(home):
    device = await by_night(home)
    device.grid = False
    await pulses(home, 4)

    assert len(device.orders) == 1
    assert device.power > 0


async def test_a_gateway_that_is_gone_for_a_pulse_costs_nothing(home):
    device = await by_night(home)
    device.fails("dispatch", GatewayUnreachableError(delivered="unknown"))
    await pulses(home, 3)

    assert len(device.orders) == 3
    assert device.power == -3000.0


async def test_a_gateway_that_stays_away_is_tried_ever_more_seldom(home):
    home.device.fails("dispatch", *(GatewayUnreachableError(delivered="no") for _ in range(50)))
    await by_night(home)
    await pulses(home, 60)

    assert 5 < len(charges(home)) < 20


async def test_a_firmware_that_lacks_it_falls_back_to_mode_and_reserve(home):
    device = home.device
    device.fails("dispatch", GatewayRefusedError("lacks it", delivered="no"))
    await by_night(home)
    device.limits = Limits(set_points=False)
    await pulses(home, 20)

    assert device.orders == []
    assert device.active.mode == "backup"
    assert [run.outcome for run in charges(home)] == ["refused"]


async def test_a_transport_without_set_points_never_hears_of_it(home):
    home.device.limits = Limits()
    device = await by_night(home)

    assert device.orders == []
    assert charges(home) == []


async def test_a_dry_run_orders_nothing(home):
    home.dry_run = True
    device = await by_night(home)

    assert device.orders == []


async def test_another_power_replaces_it_without_a_release(home):
    device = await by_night(home)
    home.change(rules=with_charge(1000.0).rules)
    await home.look(Wake.RELOAD)

    assert [watts for watts, _ in device.orders] == [3000.0, 1000.0]
    assert "resume" not in device.done


async def test_a_stop_leaves_no_run_open(home):
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
def test_the_effect_is_told_by_the_sign_and_half_the_size(watts, battery, charge, effect):
    from scheduler.gateway.base import Reading

    reading = Reading(at=Clock().now(), powers=Powers(battery=battery), charge=charge)

    assert effect_of(watts, reading) == effect
