"""A service and the commands beside it: what they say of each other through all that happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import Any

import pytest

from .conftest import TOU, Beside, House

ALWAYS = """\
schedule: always
timezone: Etc/UTC
rules:
  - {name: run the house, mode: self_consumption, reserve: 5%}
jobs:
  - {name: put in force, do: commit, at: "03:00"}
"""


def status(house: House) -> tuple[int, dict[str, Any]]:
    done = house.ask("status", "--format", "json")
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def words(house: House) -> str:
    """As a process, which its exit code has to say as well."""
    done = house.tou("status", COLUMNS="500")
    assert done.returncode == status(house)[0]
    return done.stdout


def running(house: House) -> subprocess.Popen[bytes]:
    """A service that has made its setting true."""
    process = house.run()
    house.until(lambda: (found := status(house)[1])["confirmed"] and found["service"]["running"])
    return process


def test_status_tells_the_service_and_not_the_file(house: House) -> None:
    house.write(ALWAYS)
    assert status(house)[0] == 3
    assert words(house).startswith("health     failing: the service is not running")

    process = running(house)
    house.until(lambda: status(house)[0] == 0)
    assert status(house)[1]["wanted"]["reserve_percent"] == 5

    house.write(ALWAYS.replace("5%", "30%"))
    code, state = house.until(
        lambda: (found := status(house))[1]["schedule_in_force"]["file_differs"] and found
    )
    assert (code, state["wanted"]["reserve_percent"]) == (1, 5)
    assert "differs from the schedule in force" in words(house).splitlines()[0]

    house.write(ALWAYS.replace("5%", "much"))
    code, state = house.until(
        lambda: (found := status(house))[1]["schedule_in_force"]["file_problems"] and found
    )
    assert (code, state["wanted"]["reserve_percent"]) == (1, 5)
    assert "home.yaml:4" in words(house)

    house.write(ALWAYS.replace("5%", "30%"))
    process.send_signal(signal.SIGHUP)
    house.until(lambda: status(house)[1]["wanted"]["reserve_percent"] == 30)
    house.until(lambda: (status(house)[1]["confirmed"] or {}).get("reserve_percent") == 30)
    house.until(lambda: status(house)[0] == 0)

    process.send_signal(signal.SIGKILL)
    process.wait()
    code, state = status(house)
    assert (code, state["service"]["running"]) == (3, False)
    assert state["confirmed"]["reserve_percent"] == 30


def test_a_gateway_that_is_gone_or_another_one_is_no_good_health(
    house: House, gateway: Beside
) -> None:
    """The last proof is still true; that nobody can look any more comes first all the same."""
    house.write(ALWAYS)
    running(house)
    house.until(lambda: status(house)[0] == 0)

    gateway.change("refuse", True)
    code, state = house.until(lambda: (found := status(house))[0] == 1 and found)
    assert (code, state["gateway"]["reachable"]) == (1, False)
    assert "The gateway does not answer" in words(house).splitlines()[0]

    gateway.change("stranger", -1)
    gateway.change("refuse", False)
    _, state = house.until(
        lambda: (found := status(house))[1]["health"]["word"] == "failing" and found
    )
    assert state["health"]["details"][0]["id"] == "certificate"
    told = " ".join(words(house).split())
    assert told.startswith("health failing: The gateway")
    assert "tou gateway trust" in told

    gateway.change("stranger", 0)
    house.until(lambda: status(house)[0] == 0)


def test_with_no_service_a_broken_schedule_is_told_beside_that(house: House) -> None:
    house.write("schedule: broken\ntimezone: Etc/UTC\nrules: 5\n")

    code, state = status(house)

    assert (code, state["schedule"]) == (3, None)
    assert "not running" in state["health"]["reasons"][0]
    assert "home.yaml:3:8" in state["health"]["reasons"][1]
    assert "home.yaml:3:8" in words(house)


def test_the_built_in_simulation_is_new_at_each_start_also_after_a_kill(house: House) -> None:
    """The second service must not take what the first one left for a gateway that answers."""
    house.write(ALWAYS)
    for name in [name for name in house.environment if name.startswith("TOU_GATEWAY")]:
        del house.environment[name]
    first = running(house)
    house.until(lambda: status(house)[1]["service"]["running"])
    good = {"confirmed", "unchanged"}
    house.until(lambda: good & {run["outcome"] for run in house.json("audit")})
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = house.json("audit")[-1]["run"]

    running(house)

    def outcomes() -> list[str]:
        return [run["outcome"] for run in house.json("audit") if run["run"] > before]

    house.until(lambda: good & set(outcomes()))
    assert "unreachable" not in outcomes()


def test_apply_and_job_are_done_by_the_service_and_their_steps_are_shown(
    house: House, gateway: Beside
) -> None:
    house.write(ALWAYS)
    running(house)
    house.until(lambda: status(house)[0] == 0)

    applied = house.tou("apply")
    done = house.tou("job", "put in force")
    unknown = house.tou("job", "paint the house")

    assert (applied.returncode, done.returncode, unknown.returncode) == (0, 0, 2)
    assert applied.stdout.startswith("unchanged: Self-Powered, 5 %")
    assert "GET /api/operation" in applied.stderr
    assert "GET /api/config/completed" in done.stderr
    assert "put in force" in unknown.stderr
    assert gateway.sent("POST", "/api/login/Basic") == 1


def test_beside_a_service_that_hangs_a_command_says_so_and_names_it(house: House) -> None:
    house.write(ALWAYS)
    process = running(house)
    process.send_signal(signal.SIGSTOP)
    try:
        applied = house.tou("apply")
        code, state = status(house)
    finally:
        process.send_signal(signal.SIGCONT)

    assert applied.returncode == 1
    assert f"process {process.pid}" in applied.stderr
    assert code == 1
    assert f"process {process.pid}" in state["health"]["reasons"][0]


def test_a_stop_while_a_setting_is_being_confirmed_takes_two_seconds(
    house: House, gateway: Beside
) -> None:
    house.write(ALWAYS)
    running(house)
    process = house.processes[-1]
    house.until(lambda: status(house)[0] == 0)
    gateway.change("shows_active", True)
    gateway.change("commit_lost", 1000)
    house.write(ALWAYS.replace("5%", "40%"))
    sent = gateway.sent("POST", "/api/operation")
    process.send_signal(signal.SIGHUP)
    house.until(lambda: gateway.sent("POST", "/api/operation") > sent)

    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)

    # Of the two minutes that it may wait for; the rest is for a machine that is busy.
    assert process.wait(60) == 0
    assert time.monotonic() - begun < 30
    assert gateway.gateway.device.sitemaster_running


def test_a_stop_in_the_middle_of_the_start_takes_two_seconds(house: House, gateway: Beside) -> None:
    house.write(ALWAYS)
    # Not so slow that a login under way, and the battery it stops, take longer than the bound.
    gateway.change("slow", 0.3)
    process = house.run()
    house.until(lambda: len(gateway.gateway.device.requests) >= 1)

    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)

    assert process.wait(60) == 0
    assert time.monotonic() - begun < 30


def test_a_removed_lock_file_ends_no_service_and_is_put_back(house: House) -> None:
    house.write(ALWAYS)
    process = running(house)
    house.until(lambda: status(house)[0] == 0)

    (house.folder / "tou.service.lock").unlink()

    house.until((house.folder / "tou.service.lock").exists, 40)
    house.until(lambda: status(house)[0] == 0)
    assert process.poll() is None


def test_two_databases_that_drive_one_gateway_are_told_by_both(house: House) -> None:
    house.write(ALWAYS)
    first = running(house)
    house.environment["TOU_DATABASE"] = "other.db"
    second = house.run()

    state = house.until(
        lambda: (
            (found := status(house)[1])["service"]["running"]
            and found["health"]["reasons"]
            and found
        )
    )

    assert any(str(first.pid) in reason for reason in state["health"]["reasons"])
    assert "another database" in house.journal()
    del house.environment["TOU_DATABASE"]
    house.until(lambda: str(second.pid) in str(status(house)[1]["health"]["reasons"]))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_stranger_may_neither_ask_nor_act(house: House) -> None:
    house.write(ALWAYS)
    running(house)
    asked = [*TOU, "status"]

    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *asked],
        cwd=house.folder,
        env=house.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
