"""The life of an installation under a real systemd, in the order of the tests: an older version,
its upgrade, days of work with what goes wrong, removal; then each other way to install.
"""

from __future__ import annotations

import json
import re
import stat
from typing import Any

import pytest

from .conftest import Machine, words_of

ETC = "/etc/tou-scheduler"
TOU = "/opt/tou-scheduler/venv/bin/tou"
PASSWORD = "a-secret-of-the-house"
FAR = "203.0.113.7"
"""An address of the internet, by the books of it; here it is the machine itself."""
SCHEDULE = """\
schedule: the house
timezone: Etc/UTC
rules:
  - {name: run the house, mode: self_consumption, reserve: 20%}
"""
BROKEN = "schedule: the house\ntimezone: Etc/UTC\nrules:\n  - {name: run, mode: sideways}\n"
GUESTS = ("tou-web.service", "tou-notify.service", "tou-mqtt.service")


def pid(machine: Machine, unit: str = "tou-scheduler") -> int:
    return int(machine.show(unit, "MainPID")[0] or 0)


def is_well(machine: Machine) -> bool:
    return machine.run("tou", "status").returncode == 0


def runs(machine: Machine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(machine.do("tou", "audit", "--format", "json"))
    return found


def drop_in(machine: Machine, name: str, *lines: str, unit: str = "tou-scheduler.service") -> None:
    machine.write(f"/etc/systemd/system/{unit}.d/{name}.conf", "\n".join(["[Service]", *lines, ""]))
    machine.do("systemctl", "daemon-reload")


def undo(machine: Machine, name: str, unit: str = "tou-scheduler.service") -> None:
    (machine.root / f"etc/systemd/system/{unit}.d/{name}.conf").unlink()
    machine.do("systemctl", "daemon-reload")


def restart(machine: Machine) -> None:
    machine.do("systemctl", "reset-failed", "tou-scheduler")
    machine.do("systemctl", "restart", "tou-scheduler")


@pytest.fixture(scope="module")
def upgraded(machine: Machine) -> Machine:
    """Set up by the older version, at work, and then installed anew while it works."""
    machine.before_boot("make", "-C", "/mnt/older", "install")
    machine.write(f"{ETC}/settings.env", f"TOU_SCHEDULE={ETC}/schedules/home.yaml\n# mine\n")
    machine.write(f"{ETC}/schedules/home.yaml", SCHEDULE)
    machine.boot()
    machine.do("systemctl", "enable", "--now", "tou-scheduler")
    machine.until(lambda: runs(machine))
    machine.notes["pid"], machine.notes["runs"] = pid(machine), runs(machine)
    machine.notes["told"] = machine.do(
        "make", "-C", "/mnt/now", "install", PIP_NO_INDEX="1", PIP_FIND_LINKS="/mnt/wheels"
    )
    return machine


def test_an_upgrade_goes_on_with_the_new_program_and_the_old_audit(upgraded: Machine) -> None:
    older_pid, older_runs = upgraded.notes["pid"], upgraded.notes["runs"]

    upgraded.until(lambda: is_well(upgraded))

    assert pid(upgraded) not in {0, older_pid}
    assert runs(upgraded)[: len(older_runs)] == older_runs
    upgraded.do("tou", "audit", "verify")


def test_an_upgrade_keeps_what_a_person_wrote(upgraded: Machine) -> None:
    told = upgraded.notes["told"]

    assert upgraded.read(f"{ETC}/schedules/home.yaml") == SCHEDULE
    assert upgraded.read(f"{ETC}/settings.env").endswith("# mine\n")
    assert f"kept as it is: {ETC}/settings.env" in told
    assert "tou-scheduler.service runs on with the new program." in told
    assert upgraded.do("systemctl", "is-enabled", "tou-scheduler").strip() == "enabled"


def test_what_is_laid_down_is_whole(upgraded: Machine) -> None:
    upgraded.do("sha256sum", "--check", "--quiet", "/opt/tou-scheduler/laid")


@pytest.fixture(scope="module")
def working(upgraded: Machine) -> Machine:
    """Driving a local gateway, whose password it has from systemd."""
    serve = [TOU, "gateway", "simulate", "--port", "8443", "--password", PASSWORD]
    upgraded.do("systemd-run", "--unit=house", *serve, "--run-seconds", "0.5")
    said = upgraded.until(
        lambda: re.search(r"Fingerprint (\w{64})", upgraded.ask("journalctl", "-u", "house"))
    )
    upgraded.write(f"{ETC}/gateway_password", f"{PASSWORD}\n")
    settings(upgraded, TOU_GATEWAY_FINGERPRINT=said[1])
    restart(upgraded)
    upgraded.until(lambda: is_well(upgraded))
    return upgraded


def settings(machine: Machine, **more: str) -> None:
    named = {
        "TOU_SCHEDULE": f"{ETC}/schedules/home.yaml",
        "TOU_GATEWAY": "local",
        "TOU_GATEWAY_URL": "https://127.0.0.1:8443",
        "TOU_GATEWAY_PAUSE": "0",
        "TOU_PULSE": "1s",
        "TOU_RETRY_MAX": "2s",
    }
    paired = re.search("TOU_GATEWAY_(FINGERPRINT)=(.*)", machine.read(f"{ETC}/settings.env"))
    named |= {f"TOU_GATEWAY_{paired[1]}": paired[2]} if paired else {}
    named |= more
    machine.write(f"{ETC}/settings.env", "".join(f"{key}={text}\n" for key, text in named.items()))


def test_ready_comes_when_the_first_attempt_is_over_and_the_line_says_how_it_is(
    working: Machine,
) -> None:
    state, kind, line = working.show("tou-scheduler", "ActiveState", "Type", "StatusText")

    assert (state, kind) == ("active", "notify")
    assert "self_consumption" in line or "Self-Powered" in line
    assert working.status()["confirmed"]["reserve_percent"] == 20


def test_the_service_is_nobody_and_may_do_nothing(working: Machine) -> None:
    number = pid(working)
    found = dict(
        line.split(":\t", 1) for line in working.do("cat", f"/proc/{number}/status").splitlines()
    )
    owner = int(found["Uid"].split()[0])

    assert 61184 <= owner <= 65519, "the range of dynamic users"
    assert (found["CapEff"], found["CapBnd"]) == ("0" * 16, "0" * 16)
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")


def test_the_password_comes_from_systemd_and_is_nowhere_else(working: Machine) -> None:
    number = pid(working)

    private = working.do("ls", "-l", "/run/credentials/tou-scheduler.service/")
    assert re.search(r"-r-------- .* gateway_password", private)
    assert PASSWORD not in working.do("cat", f"/proc/{number}/environ")
    told = working.ask("journalctl", "-u", "tou-scheduler", "--output=cat")
    assert told
    assert PASSWORD not in told
    assert PASSWORD.encode() not in (working.root / "var/lib/tou-scheduler/tou.db").read_bytes()


def test_the_audit_belongs_to_the_service_and_its_readers(working: Machine) -> None:
    state = working.root / "var/lib/private/tou-scheduler"

    assert (working.root / "var/lib/tou-scheduler").is_symlink()
    assert stat.S_IMODE(state.stat().st_mode) == 0o750
    assert stat.S_IMODE((state / "tou.db").stat().st_mode) == 0o640
    group = working.do("getent", "group", "tou-readers").split(":")[2]
    assert (state / "tou.db").stat().st_gid == int(group)


def test_a_reload_puts_an_edited_schedule_in_force(working: Machine) -> None:
    number = pid(working)
    working.write(f"{ETC}/schedules/home.yaml", SCHEDULE.replace("20%", "35%"))

    working.do("systemctl", "reload", "tou-scheduler")

    working.until(lambda: (working.status()["confirmed"] or {}).get("reserve_percent") == 35)
    assert pid(working) == number


def test_a_reload_of_a_broken_file_keeps_the_last_good_one_and_says_where(
    working: Machine,
) -> None:
    good = working.read(f"{ETC}/schedules/home.yaml")
    working.write(f"{ETC}/schedules/home.yaml", BROKEN)

    working.do("systemctl", "reload", "tou-scheduler")

    working.until(lambda: not is_well(working))
    told = working.ask("journalctl", "-u", "tou-scheduler", "--output=cat")
    assert re.search(r"home\.yaml:4:\d+: rules\[0\]\.mode", told)
    assert working.status()["wanted"]["reserve_percent"] == 35
    working.write(f"{ETC}/schedules/home.yaml", good)
    working.do("systemctl", "reload", "tou-scheduler")
    working.until(lambda: is_well(working))


def test_a_start_with_a_broken_file_fails_once_and_is_not_tried_again(working: Machine) -> None:
    good = working.read(f"{ETC}/schedules/home.yaml")
    working.write(f"{ETC}/schedules/home.yaml", BROKEN)

    assert working.run("systemctl", "restart", "tou-scheduler").returncode != 0

    code, state, again = working.show("tou-scheduler", "ExecMainStatus", "ActiveState", "NRestarts")
    assert {code, state} <= {"78", "failed", "0"}
    assert working.ask("systemctl", "is-active", "tou-scheduler").strip() == "failed"
    assert again in {"0", "failed", "78"}
    working.write(f"{ETC}/schedules/home.yaml", good)
    restart(working)
    working.until(lambda: is_well(working))


def test_a_killed_service_is_back_by_itself(working: Machine) -> None:
    number = pid(working)

    working.do("kill", "-KILL", str(number))

    working.until(lambda: pid(working) not in {0, number} and is_well(working))
    working.do("tou", "audit", "verify")


def test_a_service_that_hangs_is_ended_by_the_watchdog_and_started_again(working: Machine) -> None:
    drop_in(working, "short", "WatchdogSec=4")
    restart(working)
    number = pid(working)

    working.do("kill", "-STOP", str(number))

    working.until(lambda: pid(working) not in {0, number} and is_well(working))
    assert "Watchdog timeout" in words_of(working.ask("journalctl", "-u", "tou-scheduler"))
    undo(working, "short")
    restart(working)


def test_the_service_reaches_no_address_of_the_internet_until_a_drop_in_opens_it(
    working: Machine,
) -> None:
    working.do("ip", "address", "add", f"{FAR}/32", "dev", "lo")
    look = [f"--property=IPAddress{each}" for each in ("Deny", "Allow")]
    filters = working.do("systemctl", "show", "tou-scheduler", *look, "--value").split("\n")
    settings(working, TOU_GATEWAY_URL=f"https://{FAR}:8443")

    restart(working)

    assert "::/0" in filters[0] + filters[1]
    refused = working.until(lambda: "not permitted" in reasons(working))
    drop_in(working, "open", f"IPAddressAllow={FAR}")
    restart(working)
    working.until(lambda: "refused" in reasons(working).lower())
    assert refused
    undo(working, "open")
    settings(working)
    restart(working)
    working.until(lambda: is_well(working))


def reasons(machine: Machine) -> str:
    return json.dumps(machine.status().get("health", {})) + json.dumps(runs(machine)[-1:])


def test_the_processes_beside_it_run_together_and_have_none_of_its_secrets(
    working: Machine,
) -> None:
    guests = [each for each in GUESTS if working.has(f"/etc/systemd/system/{each}")]
    working.write(f"{ETC}/ping_url", "http://127.0.0.1:9999/ping\n")
    working.do("systemctl", "enable", "--now", *(each for each in guests if "mqtt" not in each))

    page = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8765/').status)"
    working.until(lambda: working.run("python3", "-c", page).stdout.strip() == "200")
    for guest in guests:
        if "mqtt" in guest:
            continue
        number = pid(working, guest)
        inside = ["nsenter", "-t", str(number), "-m", "-S", "61999", "-G", "61999", "cat"]
        assert working.run(*inside, f"{ETC}/gateway_password").returncode != 0
        assert "gateway_password" not in working.ask("ls", f"/run/credentials/{guest}")
    assert working.ask("systemctl", "is-active", *guests[:2]).split() == ["active", "active"]
    assert is_well(working)


def test_a_removal_leaves_the_persons_files_and_a_purge_leaves_nothing(working: Machine) -> None:
    told = working.do("tou", "service", "uninstall")

    assert f"  {ETC}\n" in told
    assert not working.has("/opt/tou-scheduler")
    assert not working.has("/etc/systemd/system/tou-scheduler.service")
    assert not working.has("/usr/local/bin/tou")
    assert working.ask("systemctl", "is-active", "tou-scheduler").strip() == "inactive"
    assert working.has(f"{ETC}/settings.env")
    assert working.has("/var/lib/private/tou-scheduler/tou.db")
