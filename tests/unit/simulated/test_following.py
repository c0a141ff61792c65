"""From a commit to the battery: at once into backup, half a minute out of it, never while down."""

from datetime import timedelta
from typing import Any

import pytest

from .conftest import Bench


def switched(gateway: Bench, mode: str, reserve: int) -> None:
    gateway.put(mode, reserve)
    gateway.get("config/completed")


def power(gateway: Bench) -> Any:
    return gateway.get("meters/aggregates").json["battery"]["instant_power"]


@pytest.fixture
def running(bench: type[Bench]) -> Bench:
    return bench(profile="1.49", settle_seconds=30.0).enter().up()


def test_backup_is_followed_at_once(running: Bench) -> None:
    assert power(running) > 0
    switched(running, "backup", 100)

    assert power(running) == -5000


def test_leaving_backup_takes_half_a_minute(running: Bench) -> None:
    switched(running, "backup", 100)
    running.wait(60)
    switched(running, "self_consumption", 24)
    running.wait(29)
    assert power(running) == -5000

    running.wait(2)

    assert power(running) > 0


def test_a_write_alone_moves_nothing(running: Bench) -> None:
    running.put("backup", 100)
    running.wait(600)

    assert power(running) > 0


def test_nothing_moves_while_the_sitemaster_is_down(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49").enter()
    before = gateway.device.raw_charge
    switched(gateway, "backup", 100)

    gateway.wait(3600)

    assert gateway.device.raw_charge == before
    assert gateway.device.powers.battery == 0


def test_a_start_long_ago_counts_from_when_it_was(bench: type[Bench]) -> None:
    """Nobody asks for an hour; the battery has charged for that hour all the same."""
    gateway = bench(profile="1.49", run_seconds=3.0).enter()
    switched(gateway, "backup", 100)
    before = gateway.device.battery.energy
    gateway.get("sitemaster/run")

    gateway.wait(3603)
    gateway.device.turn()

    assert gateway.device.battery.energy - before == pytest.approx(5000, rel=1e-3)


def test_a_wall_clock_that_jumps_moves_the_battery_without_machine_time(running: Bench) -> None:
    """A test that holds the clock in its hand sees hours pass; no machine time has."""
    switched(running, "backup", 100)
    before = running.device.raw_charge
    moment = running.device.turn()
    running.moment = type(moment)(moment.instant + timedelta(hours=1), moment.elapsed)

    assert running.device.raw_charge - before == pytest.approx(100 * 5000 / 14061, abs=0.1)


def test_the_charge_at_the_start_is_on_the_apps_scale(bench: type[Bench]) -> None:
    gateway = bench(profile="1.15", charge=80)

    assert gateway.get("system_status/soe").json["percentage"] == pytest.approx(81, abs=0.01)
    assert gateway.device.charge == pytest.approx(80, abs=0.01)
