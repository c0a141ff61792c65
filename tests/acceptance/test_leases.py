"""What a person asks for a while, by the installed command, of a service that comes and goes."""

from __future__ import annotations

import json
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

from scheduler import clock

from .conftest import Beside, House

ALWAYS = """\
schedule: always
timezone: Etc/UTC
rules:
  - {name: charge overnight, during: "00:00-23:59:59", mode: backup, reserve: 100%}
  - {name: run the house, mode: self_consumption, reserve: 5%}
jobs:
  - {name: put in force, do: commit, at: "03:00"}
"""


def running(house: House) -> subprocess.Popen[bytes]:
    process = house.run()
    house.until(lambda: at_work(house.json("status")))
    return process


def at_work(state: dict[str, Any]) -> bool:
    """Whether the service itself says so: without one, the audit knows the last proof too."""
    return bool(state["service"]["running"] and state["confirmed"])


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(20)


def events(house: House) -> list[tuple[str, str, str]]:
    found = house.json("audit", "--events")
    leases = [each for each in found if each["kind"] == "lease"]
    return [(each["name"], each["detail"]["kind"], each["detail"].get("how")) for each in leases]


def until(**ahead: float) -> str:
    return clock.iso(datetime.now(UTC) + timedelta(**ahead))


def test_an_override_wins_at_once_outlives_a_restart_and_lapses_by_itself(
    house: House, gateway: Beside
) -> None:
    house.write(ALWAYS)
    process = running(house)
    asked = ("override", "--mode", "autonomous", "--reserve", "40", "--reason", "guests")
    end = until(hours=3)

    done = house.tou(*asked, "--until", end, "--format", "json")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["outcome"], told["lease"]["reason"]) == ("confirmed", "guests")
    assert told["lease"]["who"]
    state = house.json("status")
    assert (state["wanted"]["rule"], state["confirmed"]["reserve_percent"]) == ("override", 40)
    assert state["override"]["until"] == end
    assert "override: Time-Based Control, 40 %" in house.tou("status", COLUMNS="400").stdout
    assert [each["name"] for each in house.json("plan")["entries"]][:2] == [
        "override",
        "charge overnight",
    ]

    stop(process)
    process = running(house)
    state = house.json("status")
    assert (state["wanted"]["rule"], state["wanted"]["reserve_percent"]) == ("override", 40)

    house.tou(*asked, "--until", "6s")
    house.until(lambda: len(events(house)) == 4)
    house.until(lambda: house.json("status")["confirmed"]["reserve_percent"] == 100)
    assert events(house) == [
        ("begun", "override", None),
        ("ended", "override", "replaced"),
        ("begun", "override", None),
        ("ended", "override", "lapsed"),
    ]


def test_a_pause_defers_and_resume_catches_up(house: House, gateway: Beside) -> None:
    house.write(ALWAYS)
    running(house)

    assert house.tou("pause", "--until", "2h", "--reason", "installer").returncode == 0
    done = house.tou("override", "--mode", "autonomous", "--reserve", "40", "--until", "next")
    assert done.returncode == 1
    assert "paused until" in done.stdout
    state = house.json("status")
    assert state["health"]["word"] == "waiting"
    assert state["confirmed"]["reserve_percent"] == 100
    assert house.tou("job", "put in force").returncode == 1

    done = house.tou("resume")
    assert done.returncode == 0, done.stderr
    assert house.json("status")["confirmed"]["reserve_percent"] == 40
    done = house.tou("override", "clear")
    assert done.returncode == 0, done.stderr
    assert house.json("status")["confirmed"]["reserve_percent"] == 100
    assert house.tou("resume").stdout == "There is no pause.\n"


def test_a_rule_and_a_job_are_skipped_once(house: House, gateway: Beside) -> None:
    house.write(ALWAYS)
    running(house)

    done = house.tou("skip", "charge overnight")
    assert done.returncode == 0, done.stderr
    state = house.json("status")
    assert (state["wanted"]["rule"], state["confirmed"]["reserve_percent"]) == ("run the house", 5)
    before = state["next_job"]["at"]
    assert house.tou("skip", "put in force").returncode == 0
    after = house.json("status")["next_job"]["at"]
    assert datetime.fromisoformat(after) - datetime.fromisoformat(before) == timedelta(days=1)

    wrong = house.tou("skip", "charge over night")
    assert (wrong.returncode, "Did you mean charge overnight?" in wrong.stderr) == (2, True)
    assert house.tou("skip", "clear").returncode == 0
    assert house.json("status")["confirmed"]["reserve_percent"] == 100


def test_what_is_asked_while_nothing_runs_counts_from_the_next_start(
    house: House, gateway: Beside
) -> None:
    house.write(ALWAYS)

    done = house.tou("override", "--mode", "autonomous", "--reserve", "40", "--until", "3h")
    assert done.returncode == 1
    assert "No service runs: it is kept" in done.stdout
    assert house.json("status")["wanted"]["rule"] == "override"

    running(house)
    assert house.json("status")["confirmed"]["reserve_percent"] == 40


def test_why_tells_over_a_real_audit_what_was_wanted_proven_and_unwatched(
    house: House, gateway: Beside
) -> None:
    house.write(ALWAYS)
    process = running(house)

    told = house.json("why")
    assert (told["word"], told["wanted"]["rule"]) == ("in_force", "charge overnight")
    assert told["wanted"]["line"] == 4
    assert told["proof"]["outcome"] == "confirmed"
    assert told["schedule"]["name"] == "always"
    assert told["answer"].startswith("It was as wanted: Backup-only, 100 %, read back equal at ")

    stop(process)
    house.write(ALWAYS.replace("100%", "90%"))
    words = house.tou("why", "--at", "1s").stdout
    assert "Backup-only, 100 %" in words
    assert "line 4 of the schedule" in words
    house.until(lambda: house.json("why", "--at", "now")["word"] in {"in_force", "unwatched"})
