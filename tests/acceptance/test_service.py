"""The service as a process: switches on time, survives what happens to it, tells its supervisor."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .conftest import Beside, House, Supervisor

PULSE = 1.0
"""Seconds; as the house has it."""

CHANGING = (
    ("POST", "/api/login/Basic"),
    ("POST", "/api/operation"),
    ("GET", "/api/config/completed"),
    ("GET", "/api/sitemaster/run"),
)

ALWAYS = """\
schedule: always
timezone: Etc/UTC
rules:
  - {name: run the house, mode: self_consumption, reserve: 5%}
"""


def seconds_away(*offsets: int, jobs: str = "") -> tuple[str, list[datetime]]:
    """A schedule that alternates at so many seconds from now."""
    now = datetime.now(UTC).replace(microsecond=0)
    edges = [now + timedelta(seconds=offset) for offset in offsets]
    windows = ", ".join(
        f"{start:%H:%M:%S}-{end:%H:%M:%S}"
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    )
    text = f"""\
schedule: seconds away
timezone: Etc/UTC
rules:
  - {{name: charge, during: [{windows}], mode: backup, reserve: 100%}}
  - {{name: run the house, mode: self_consumption, reserve: 5%}}
{jobs}"""
    return text, edges


def begin(house: House) -> None:
    """A service that has the usual setting in force; however long that takes, no boundary waits."""
    house.write(ALWAYS)
    house.run()
    house.until(lambda: house.ask("status").returncode == 0)


def reload(house: House, schedule: str) -> None:
    house.write(schedule)
    house.processes[-1].send_signal(signal.SIGHUP)


def lateness(run: dict[str, Any]) -> float:
    started = datetime.fromisoformat(run["started_at"])
    return (started - datetime.fromisoformat(run["planned_at"])).total_seconds()


def test_boundaries_seconds_away_are_applied_confirmed_and_on_time(
    house: House, gateway: Beside
) -> None:
    house.environment["TOU_PULSE"] = "1h"  # so that no pulse can find what a timer should
    begin(house)
    schedule, edges = seconds_away(6, 9, 12, 15)
    reload(house, schedule)

    house.until(lambda: datetime.now(UTC) > edges[-1] + timedelta(seconds=1), 60)
    house.until(lambda: all(run["outcome"] for run in house.json("audit")))

    runs = [run for run in house.json("audit") if run["wake"] == "boundary"]
    assert [run["outcome"] for run in runs] == ["confirmed"] * 4
    assert [run["wanted"]["mode"] for run in runs] == ["backup", "self_consumption"] * 2
    # Milliseconds by the benchmark.
    assert all(lateness(run) >= 0 for run in runs)
    # Pulses that found all well leave no steps; whatever changes something does.
    steps = [step for run in house.json("audit", "--limit", "1000") for step in run["steps"]]
    for method, path in CHANGING:
        recorded = sum((step["method"], step["path"]) == (method, path) for step in steps)
        assert recorded == gateway.sent(method, path) > 0, path
    assert gateway.sent("POST", "/api/operation") == 5


def test_a_job_runs_at_its_time_and_its_requests_are_recorded(house: House) -> None:
    begin(house)
    at = datetime.now(UTC) + timedelta(seconds=6)
    job = f"{{name: look for firmware, do: firmware_check, at: '{at:%H:%M:%S}'}}"
    reload(house, f"{ALWAYS}jobs:\n  - {job}\n")

    def ended() -> list[dict[str, Any]]:
        runs = house.json("audit", "--job", "look for firmware")
        return [run for run in runs if run["outcome"]]

    run = house.until(ended, 60)[0]
    assert (run["kind"], run["outcome"], run["wake"]) == ("firmware_check", "completed", "job")
    assert "/api/system/update/status" in {step["path"] for step in run["steps"]}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/login/Basic"),
        ("GET", "/api/sitemaster/run"),
        ("POST", "/api/operation"),
        ("GET", "/api/config/completed"),
    ],
)
def test_killed_in_the_middle_it_records_the_interruption_and_makes_the_setting_true(
    house: House, gateway: Beside, method: str, path: str
) -> None:
    house.write(ALWAYS)
    gateway.change("slow", 0.3)
    process = house.run()
    house.until(lambda: gateway.sent(method, path))
    process.send_signal(signal.SIGKILL)
    process.wait()
    gateway.change("slow", 0.0)

    house.run()

    def outcomes() -> list[str]:
        return [run["outcome"] for run in house.json("audit")]

    house.until(lambda: "confirmed" in outcomes() or "unchanged" in outcomes())
    assert outcomes()[0] == "interrupted"
    assert house.json("audit")[1]["kind"] == "sitemaster_run"
    assert gateway.gateway.device.sitemaster_running


def test_the_supervisor_hears_ready_status_watchdog_reloading_and_stopping(
    house: House, supervisor: Supervisor
) -> None:
    house.write(ALWAYS)
    process = house.run(NOTIFY_SOCKET=str(supervisor.path))
    house.until(lambda: "READY=1" in supervisor.heard())
    status = next(line for line in supervisor.heard() if line.startswith("STATUS="))
    assert "Self-Powered, 5 % (confirmed)" in status
    house.until(lambda: "WATCHDOG=1" in supervisor.heard())

    house.write(ALWAYS.replace("5%", "30%"))
    process.send_signal(signal.SIGHUP)
    house.until(lambda: "RELOADING=1" in supervisor.heard())
    house.until(lambda: any("30 % (confirmed)" in line for line in supervisor.heard()))
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0

    assert "STOPPING=1" in supervisor.heard()


def test_the_status_names_the_next_boundary_in_words(house: House, supervisor: Supervisor) -> None:
    schedule, _ = seconds_away(600, 1200)
    house.write(schedule)
    house.run(NOTIFY_SOCKET=str(supervisor.path))

    house.until(lambda: "READY=1" in supervisor.heard())

    status = next(line for line in supervisor.heard() if line.startswith("STATUS="))
    assert "next Backup-only, 100 % at " in status


def test_a_broken_schedule_never_replaces_a_good_one(house: House, supervisor: Supervisor) -> None:
    house.write(ALWAYS)
    process = house.run(NOTIFY_SOCKET=str(supervisor.path))
    house.until(lambda: "READY=1" in supervisor.heard())
    house.write("schedule: broken\nrules: 5\n")

    process.send_signal(signal.SIGHUP)

    house.until(lambda: any("broken; the last good one" in line for line in supervisor.heard()))
    reloads = [each for each in house.json("audit", "--entries") if each["kind"] == "reload"]
    assert reloads[-1]["name"] == "failed"
    assert "home.yaml:2:8" in str(reloads[-1]["detail"])
    assert process.poll() is None


def test_the_watchdog_is_not_fed_while_the_process_hangs_and_is_fed_afterwards(
    house: House, supervisor: Supervisor
) -> None:
    """That a turn alone hangs is tested where its time can be told to it."""
    house.write(ALWAYS)
    process = house.run(NOTIFY_SOCKET=str(supervisor.path))
    house.until(lambda: "WATCHDOG=1" in supervisor.heard())

    process.send_signal(signal.SIGSTOP)
    house.until(lambda: stopped(process.pid))
    before = supervisor.heard().count("WATCHDOG=1")
    time.sleep(2.5 * PULSE)
    hung = supervisor.heard().count("WATCHDOG=1")
    process.send_signal(signal.SIGCONT)

    assert hung == before
    house.until(lambda: supervisor.heard().count("WATCHDOG=1") > hung)


def stopped(pid: int) -> bool:
    """By the kernel's word."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_two_services_on_one_database_are_refused(house: House) -> None:
    house.write(ALWAYS)
    house.run()
    house.until((house.folder / "tou.db").exists)

    second = house.tou("run")

    assert second.returncode == 1
    assert "Another service already runs" in second.stderr


def test_apply_works_beside_the_service_without_a_second_login(
    house: House, gateway: Beside
) -> None:
    house.write(ALWAYS)
    house.run()
    house.until(lambda: gateway.sent("POST", "/api/operation"))

    applied = house.tou("apply")

    assert applied.returncode == 0, applied.stderr
    assert applied.stdout.startswith("unchanged: Self-Powered, 5 %")
    assert gateway.sent("POST", "/api/login/Basic") == 1
