"""The sitemaster: how it stops and comes back, and who falls silent meanwhile."""

import pytest

from scheduler.simulated.sitemaster import SimulatedSitemaster

from .conftest import Bench

SILENT = (
    "meters/aggregates",
    "system_status",
    "system_status/soe",
    "system_status/grid_status",
    "system_status/grid_faults",
)
# 200 while stopped in the captures of 21.39.1.
SPEAKING = (
    "auth/toggle/supported", "config", "config/completed", "customer", "customer/registration",
    "generators", "installer", "meters", "networks", "operation", "powerwalls",
    "powerwalls/status", "site_info", "site_info/site_name", "sitemaster", "solars", "status",
    "system/update/status", "troubleshooting/problems",
)  # fmt: skip


@pytest.fixture
def stopped(bench: type[Bench]) -> Bench:
    gateway = bench(profile="21.44").enter("customer")
    gateway.post("sitemaster/stop", {"force": True})
    gateway.wait(1.5)
    return gateway


@pytest.mark.parametrize("path", SILENT)
def test_data_is_502_and_empty_while_the_sitemaster_is_down(stopped: Bench, path: str) -> None:
    seen = stopped.get(path)

    assert (seen.status, seen.body) == (502, b"")


@pytest.mark.parametrize("path", SPEAKING)
def test_the_rest_goes_on_answering_while_the_sitemaster_is_down(stopped: Bench, path: str) -> None:
    assert stopped.get(path).status == 200


@pytest.mark.parametrize("path", SILENT)
def test_data_comes_back_with_the_sitemaster(stopped: Bench, path: str) -> None:
    stopped.up()

    assert stopped.get(path).status == 200


def test_a_run_is_accepted_at_once_and_up_seconds_later(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49", run_seconds=3.0).enter()
    assert gateway.get("sitemaster/run").status == 202
    gateway.wait(2.9)
    assert gateway.get("sitemaster").json["running"] is False

    gateway.wait(0.2)

    assert gateway.get("sitemaster").json["running"] is True


def test_a_second_run_does_not_put_off_the_first(bench: type[Bench]) -> None:
    gateway = bench(profile="1.49", run_seconds=3.0).enter()
    gateway.get("sitemaster/run")
    gateway.wait(2)
    gateway.get("sitemaster/run")
    gateway.wait(1.1)

    assert gateway.device.sitemaster_running


def test_a_run_of_a_running_sitemaster_changes_nothing(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44").enter("customer")

    assert gateway.get("sitemaster/run").status == 202
    assert gateway.device.sitemaster_running


def test_a_run_during_a_stop_starts_after_it(bench: type[Bench]) -> None:
    gateway = bench(profile="21.44", stop_seconds=1.0, run_seconds=3.0).enter("customer")
    gateway.post("sitemaster/stop", {"force": True})
    gateway.get("sitemaster/run")
    seen = []
    for _ in range(5):
        seen.append(gateway.device.sitemaster_running)
        gateway.wait(1.001)

    assert seen == [True, False, False, False, True]


def test_a_stop_against_a_reason_needs_force(bench: type[Bench]) -> None:
    gateway = bench("can_reboot:Power flow is too high", profile="21.44").enter("customer")
    assert gateway.get("sitemaster").json["can_reboot"] == "Power flow is too high"
    assert gateway.post("sitemaster/stop", {}).json == {
        "code": 500,
        "error": "Cannot Start Wizard",
        "message": "Unable to stop sitemaster",
    }

    assert gateway.post("sitemaster/stop", {"force": True}).status == 202


def test_the_old_body_has_its_literal_oddities(bench: type[Bench]) -> None:
    gateway = bench(profile="1.40")
    gateway.wait(802459)
    assert gateway.get("sitemaster").json == {
        "running": True,
        "uptime": "802459s,",
        "connected_to_tesla": True,
    }

    gateway.enter()

    assert gateway.get("sitemaster").json == {
        "running": False,
        "uptime": "log:",
        "connected_to_tesla": False,
    }


def test_the_new_body_stays_connected_while_stopped(stopped: Bench) -> None:
    assert stopped.get("sitemaster").json == {
        "status": "StatusDown",
        "running": False,
        "connected_to_tesla": True,
        "power_supply_mode": False,
        "can_reboot": "",
    }


def test_the_run_flag_goes_with_the_stop(stopped: Bench) -> None:
    assert "run_sitemaster" not in stopped.get("installer").json

    stopped.get("sitemaster/run")

    assert stopped.get("installer").json["run_sitemaster"] is True


def test_the_share_of_a_stretch_that_it_was_up() -> None:
    sitemaster = SimulatedSitemaster()
    sitemaster.halt(10.0)
    sitemaster.run(20.0, seconds=5.0)

    assert sitemaster.share_up(0.0, 50.0) == pytest.approx((10 + 25) / 50)
    assert sitemaster.share_up(50.0, 60.0) == 1.0


def test_without_a_given_time_a_start_takes_two_to_ten_seconds(bench: type[Bench]) -> None:
    options = bench(run_seconds=None).device.options
    times = {options.start_seconds() for _ in range(50)}

    assert len(times) > 1
    assert all(2 <= each <= 10 for each in times)
